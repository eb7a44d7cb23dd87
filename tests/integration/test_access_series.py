"""The statistics of access: the bias built into the demo is found, and is not found where there is none."""

from __future__ import annotations

import datetime as dt
from io import StringIO
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest
from django.core.management import call_command
from django.utils import timezone

from portal.applications import demo, series
from portal.applications.enums import ApplicationState as S
from portal.applications.models import Application, EqualityAnswers
from portal.core.storage import private_files
from portal.datasets.models import DatasetVersion
from portal.methods import equity
from portal.opportunities.models import PublishedDraw
from portal.pipelines import actions
from portal.pipelines.enums import RunState
from portal.pipelines.runner import execute_run
from portal.publications.models import PublicationSeriesPage, ReleasePage

if TYPE_CHECKING:
    from portal.pipelines.models import PipelineRun

pytestmark = [pytest.mark.django_db(databases=["default", "submissions"]), pytest.mark.slow]
#: Both rounds lie in quarters that are over.
NOW = dt.datetime(2026, 11, 1, 12, tzinfo=dt.UTC)
ENGLAND = {"geography_code": "E92000001", "group_code": "all"}


@pytest.fixture(autouse=True)
def _now(monkeypatch) -> None:
    """Whenever this runs, later quarters of the demo are not over."""
    monkeypatch.setattr(timezone, "now", lambda: NOW)


def run_series() -> tuple[PipelineRun, list[dict[str, Any]]]:
    run = actions.request_run(by=None, series="opportunities-access", send=False)
    execute_run(run.pk)
    run.refresh_from_db()
    assert run.state == RunState.SUCCEEDED, run.failure
    version = DatasetVersion.objects.get(pk=run.dataset_version_id)
    digest = version.lineage["outputs"]["auditing"]["observations"]
    return run, pq.read_table(private_files.local_path(digest)).to_pylist()


def value_of(rows: list[dict[str, Any]], measure: str, **cell: str) -> float | None:
    cell = {**ENGLAND, "time_period": max(row["time_period"] for row in rows), **cell}
    found = [row for row in rows if row["measure"] == measure and all(row[key] == code for key, code in cell.items())]
    assert len(found) == 1, (measure, cell, len(found))
    return found[0]["value"]


def test_the_published_statistics_find_the_bias_that_is_built_in() -> None:
    call_command("load_starting_content", stdout=StringIO())
    demo.load_demo(by=None, listings=700, applications=9_000, now=NOW)
    run, rows = run_series()
    assert series.quarters() == ["opportunities-2026-03", "opportunities-2026-09"]
    # Reviewers put applicants from deprived areas below the line more often; a draw alone treats all alike.
    for period in sorted({row["time_period"] for row in rows}):
        ends = [value_of(rows, f"review_ratio{end}", time_period=period) for end in ("_low", "", "_high")]
        assert ends == sorted(ends)
        assert ends[-1] < 1, period
        low, high = (value_of(rows, f"draw_ratio_{end}", time_period=period) for end in ("low", "high"))
        assert low < 1 < high, period
    assert value_of(rows, "adjusted_ratio_low") < value_of(rows, "adjusted_ratio_high")
    # Less deprived districts have more listings: more of their young people have a place.
    assert value_of(rows, "slope_index") > 0
    assert value_of(rows, "relative_index") > 0
    assert value_of(rows, "concentration_index") > 0
    assert 0 < value_of(rows, "supply_hoover_regions") < 1
    assert 0 < value_of(rows, "openness") < 100
    # Nobody sees the reasons of those who were placed below the line without their number being large enough.
    assert value_of(rows, "turned_down", group_code="reason-below_line") > 100
    _the_rest_of_the_list(rows)
    # Each published measure follows from published counts.
    fifths = {n: [value_of(rows, m, group_code=f"fifth-{n}") for m in ("offers", "considered")] for n in (1, 5)}
    ratio = equity.rate_ratio(*fifths[1], *fifths[5])
    assert value_of(rows, "offer_ratio") == round(ratio.estimate, 3)
    # Funnel limits stand beside every area's rate, and hold their order.
    last = max(row["time_period"] for row in rows)
    limits = [row for row in rows if row["measure"] == "supply_rate_low" and row["time_period"] == last]
    areas = {row["geography_code"] for row in limits}
    assert len(areas) >= 30
    for code in areas:
        assert value_of(rows, "supply_rate_low", geography_code=code) <= value_of(
            rows, "supply_rate_high", geography_code=code
        )
    _protected_and_traced(run, rows)


def _the_rest_of_the_list(rows: list[dict[str, Any]]) -> None:
    """Time, distance, draws and their audit, feedback, references: what the rules name beside rates and gradients."""
    assert 5 <= value_of(rows, "days_to_decision") <= 25
    assert value_of(rows, "applications_per_place") == pytest.approx(
        value_of(rows, "applications") / value_of(rows, "places"), abs=0.05
    )
    far = {band: value_of(rows, "offer_rate", group_code=f"distance-{band}") for band in ("under-5", "20-or-more")}
    assert all(0 < rate < 100 for rate in far.values())
    assert value_of(rows, "draws") == value_of(rows, "draws_verified") > 100
    # Honest draws: at most one fifth in two quarters lies outside the limits that hold 95 of 100.
    quarters = sorted({row["time_period"] for row in rows})
    outside = [
        (quarter, fifth)
        for quarter in quarters
        for fifth in range(1, 6)
        for drawn, low, high in [
            [
                value_of(rows, name, group_code=f"fifth-{fifth}", time_period=quarter)
                for name in ("drawn", "drawn_low", "drawn_high")
            ]
        ]
        if not low - 5 <= drawn <= high + 5
    ]
    assert len(outside) <= 1, outside
    assert 0 < value_of(rows, "feedback_likely_rate") < 100
    # Attendance is of those whose host recorded it, in the quarter whose places are all over.
    came = {name: value_of(rows, name, time_period=quarters[0]) for name in ("attended", "attendance_recorded")}
    assert 0 < came["attended"] < came["attendance_recorded"] <= value_of(rows, "placed", time_period=quarters[0])
    share = 100 * came["attended"] / came["attendance_recorded"]
    assert value_of(rows, "attendance_rate", time_period=quarters[0]) == pytest.approx(share, abs=0.05)
    assert value_of(rows, "wagstaff_index") > 0
    assert value_of(rows, "erreygers_index") > 0
    # Those with free school meals come from deprived areas more often, and are turned down in reviews.
    assert value_of(rows, "answer_ratio", group_code="free_school_meals-yes") < 1
    assert value_of(rows, "residents") == 3_149_440


def _protected_and_traced(run: PipelineRun, rows: list[dict[str, Any]]) -> None:
    counted = {"applications", "people", "considered", "offers", "placed", "places", "equality_offers"}
    values = [row["value"] for row in rows if row["measure"] in counted and row["value"] is not None]
    assert min(values) >= 10
    assert {value % 5 for value in values} == {0}
    assert any(row["status"] == "c" for row in rows)
    version = DatasetVersion.objects.get(pk=run.dataset_version_id)
    assert version.lineage["audit"]["passed"] is True
    assert version.metadata["synthetic"] is True
    assert "Deprivation in the quarter to 2026-09 is that of the local authority" in " ".join(version.metadata["notes"])
    charts = {chart["id"]: chart["kind"] for chart in version.metadata["charts"]}
    assert charts == {
        "review-by-deprivation": "bar",
        "draw-by-deprivation": "bar",
        "participation-by-deprivation": "bar",
        "supply-map": "tile_map",
        "offers-by-distance": "bar",
        "days-by-region": "bar",
        "supply-funnel": "range",
        "drawn-by-deprivation": "range",
        "offer-rate-by-deprivation": "bar",
    }
    page = PublicationSeriesPage.objects.get(slug="access-to-opportunities")
    assert ReleasePage.objects.child_of(page).count() == 1
    # The equality answers are long gone; what is published stands on tallies.
    assert not EqualityAnswers.objects.exists()
    first = min(row["time_period"] for row in rows)
    assert value_of(rows, "completeness", group_code="question-sex", time_period=first) == pytest.approx(77, abs=3)
    text = b"".join(snapshot.path.read_bytes() for snapshot in run.snapshots.all())
    codes = Application.objects.values_list("entry_code", flat=True)[:50]
    assert not [code for code in codes if code.encode() in text]


def test_without_a_bias_none_is_found(monkeypatch) -> None:
    monkeypatch.setattr(demo, "BELOW_LINE_TILT", 0.0)
    monkeypatch.setattr(demo, "BELOW_LINE_BASE", 0.4)
    call_command("load_starting_content", stdout=StringIO())
    demo.load_demo(by=None, listings=250, applications=3_000, now=NOW)
    _run, rows = run_series()
    assert value_of(rows, "review_ratio_low") < 1 < value_of(rows, "review_ratio_high")


def test_a_quarter_is_counted_when_its_rounds_are_decided() -> None:
    demo.load_demo(by=None, listings=60, applications=300, now=NOW)
    summary = series.summary("opportunities-2026-09")
    assert summary["expected"] == summary["accepted"] > 0
    draw = PublishedDraw.objects.filter(opportunity__closes_at__month=9).first()
    type(draw.opportunity).objects.filter(pk=draw.opportunity_id).update(state="closed")
    assert series.summary("opportunities-2026-09")["accepted"] == summary["accepted"] - 1
    assert Application.objects.filter(state=S.DRAFT).count() == 0
