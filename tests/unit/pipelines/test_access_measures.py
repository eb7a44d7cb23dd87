"""The measures of access on a few rows: medians hidden with their count, ratios per one, groups and references."""

from __future__ import annotations

import csv
from typing import Any

import pytest

from portal.applications.series import COLUMNS
from portal.pipelines.engine import connect
from portal.pipelines.figures import cells_of, code_lists_of, protected_of
from portal.pipelines.medians import medians_of
from portal.pipelines.observations import observations_of
from portal.pipelines.snapshots import write_snapshot
from portal.pipelines.specification import specification_of

PERIOD = "2026-03"
SERIES = "opportunities-access"
COVERAGE = {PERIOD: {"expected": 9, "accepted": 8, "expected_by_region": {}, "accepted_by_region": {}}}


def rows_of(quantity: str, number: int, *, nano: int = 0, **columns: Any) -> list[dict[str, Any]]:
    """Return so many rows of one application each, spread over five hosts."""
    base = {"noise_key": 0, "kind": "aggregate", "family": "opportunities", "time_period": PERIOD}
    base |= {"collection_code": f"opportunities-{PERIOD}", "quantity": quantity, "weight_count": 1, "fte_nano": nano}
    return [
        base
        | {key: value(place) if callable(value) else value for key, value in columns.items()}
        | {"record_key": f"{quantity}-{place}-{sorted(map(str, columns.values()))}"}
        | {"organisation_key": f"h{place % 5}", "organisation_group_key": f"h{place % 5}"}
        for place in range(number)
    ]


def people(number: int, **columns: Any) -> list[dict[str, Any]]:
    """Return so many people, each with one application."""
    rows = rows_of("person", number, **columns)
    return [row | {"kind": "record", "worker_key": f"w-{row['record_key']}"} for row in rows]


@pytest.fixture
def figures(tmp_path):
    """Return England's values by measure and group of rows that are sealed, counted and protected."""

    def work(rows: list[dict[str, Any]]) -> dict[tuple[str, str], tuple[float | None, str]]:
        specification = specification_of(SERIES)
        copied, sealed = tmp_path / "copied.csv", tmp_path / "sealed.parquet"
        with copied.open("w", newline="") as sink:
            writer = csv.DictWriter(sink, COLUMNS, restval="")
            writer.writeheader()
            writer.writerows(rows)
        populations = specification.populations({})
        with connect(tmp_path) as connection:
            write_snapshot(
                connection, specification.kind.layout.csv_relation(copied), sealed, specification.kind.layout
            )
            cells = cells_of(connection, sealed, specification, populations)
            lists = code_lists_of(specification, [cells])
            protected = protected_of(specification, cells, period=PERIOD, lists=lists, perspectives=list(populations))
            medians = medians_of(
                connection, specification, snapshot=sealed, predicates=populations, protected=protected
            )
        table = observations_of(specification, [protected], COVERAGE, medians)
        return {
            (row["measure"], row["group_code"]): (row["value"], row["status"])
            for row in table.to_pylist()
            if row["geography_level"] == "country"
        }

    return work


def test_medians_ratios_and_references(figures) -> None:
    home = {"decile": "decile-1", "fifth": "fifth-1", "distance": "distance-20-or-more"}
    found = figures(
        [
            *rows_of("application", 40, outcome="offered", relationship="related-yes", days=lambda n: n, **home),
            *rows_of("application", 60, outcome="not_offered", relationship="related-no", days=lambda n: 40 + n),
            *rows_of("application", 40, outcome="offered", relationship="related-no", reason="x"),
            *rows_of("place", 50),
            *rows_of("draw_entry", 20, nano=500_000_000, fifth="fifth-1"),
            *rows_of("draw_variance", 20, nano=1_250_000_000, fifth="fifth-1"),
            *rows_of("drawn", 12, fifth="fifth-1"),
        ]
    )
    assert found["applications_per_place", "all"] == (2.8, "")
    # The median is of the hundred that were decided, the other forty have no first decision.
    assert found["days_to_decision", "all"] == (50.0, "")
    assert found["offer_rate", "distance-20-or-more"] == (100.0, "")
    assert found["group_ratio", "related-yes"] == (2.5, "")
    assert ("group_ratio", "related-no") not in found
    # Ten entries are expected among the twenty, with a variance of twenty-five.
    assert [found[name, "fifth-1"][0] for name in ("draw_entries", "drawn", "drawn_expected")] == [20, 10, 10]
    assert [found[name, "fifth-1"][0] for name in ("drawn_low", "drawn_high")] == [0, 20]
    # Rows of other things have no relationship; of applications all is known, so nothing says that it is not.
    assert ("offers", "not_known") in found
    assert not [measure for measure, group in figures(rows_of("draw", 30)) if group == "not_known"]


def test_a_median_is_hidden_with_its_count_and_below_ten_values(figures) -> None:
    few = figures(rows_of("application", 9, outcome="offered", days=lambda n: n))
    assert few["days_to_decision", "all"] == few["considered", "all"] == (None, "c")
    undecided = rows_of("application", 9, outcome="offered", days=lambda n: n) + rows_of(
        "application", 30, outcome="no_decision"
    )
    found = figures(undecided)
    assert found["considered", "all"] == (40.0, "")
    assert found["days_to_decision", "all"] == (None, "c")


def test_attendance_is_of_those_whose_host_recorded_it(figures) -> None:
    found = figures(
        [
            *people(60, placed="yes", attended="yes"),
            *people(20, placed="yes", attended="no"),
            *people(40, placed="yes", attended="not_known"),
            *people(100, placed="no", attended="not_known"),
        ]
    )
    assert [found[name, "all"] for name in ("placed", "attendance_recorded", "attended")] == [
        (120.0, ""),
        (80.0, ""),
        (60.0, ""),
    ]
    assert found["attendance_rate", "all"] == (75.0, "")
