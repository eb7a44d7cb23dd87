"""Sources other than posts: what a provider left out counts nowhere, and rates come from what is published."""

from __future__ import annotations

import pyarrow as pa
import pytest

from portal.pipelines.engine import connect
from portal.pipelines.figures import cells_of, protected_of
from portal.pipelines.layouts import FLOWS, RESPONSE
from portal.pipelines.medians import medians_of
from portal.pipelines.observations import observations_of
from portal.pipelines.snapshots import write_snapshot
from portal.pipelines.sources import SOURCES
from portal.pipelines.specification import specification_of

PERIOD = "2026-03"
COVERAGE = {PERIOD: {"expected": 9, "accepted": 8, "expected_by_region": {}, "accepted_by_region": {}}}
FLOW_COLUMNS = (
    "flow_key,organisation_key,organisation_group_key,provider_type,organisation_size,region_code,family,role_code,"
    "role_group,staff_in_post,posts_filled,fte_nano,vacant_posts,vacant_posts_over_three_months,starters,leavers,"
    "time_period,collection_code"
)
FRAME_COLUMNS = (
    "organisation_key,organisation_group_key,family,provider_type,organisation_size,region_code,declared_size,"
    "has_answered,items_asked,items_answered,time_period,collection_code"
)


def figures(tmp_path, series: str, header: str, rows: list[str], lists: dict[str, list[str]]) -> dict:
    """Seal a small file, compute, protect, and return England's values by measure and role, type and size."""
    specification = specification_of(series)
    copied, sealed = tmp_path / "copied.csv", tmp_path / "sealed.parquet"
    copied.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    populations = specification.populations({})
    with connect(tmp_path) as connection:
        write_snapshot(connection, specification.kind.relation(copied), sealed, specification.kind.layout)
        cells = cells_of(connection, sealed, specification, populations)
    protected = protected_of(specification, cells, period=PERIOD, lists=lists, perspectives=list(populations))
    table = observations_of(specification, [protected], COVERAGE)
    assert "perspective" not in table.column_names
    names = [name for name in table.column_names if name.endswith("_code") and name != "geography_code"]
    return {
        (row["measure"], *(row[name] for name in names if row[name] != "all")): (row["value"], row["status"])
        for row in table.to_pylist()
        if row["geography_level"] == "country"
    }


def flow(number: int, *, role: str, staff: int, vacant="", long="", joined="", left="") -> str:
    return (
        f"k{number},o{number},o{number},nhs_internal,10-24,Y56,oh,{role},nurses,{staff},{staff},0,"
        f"{vacant},{long},{joined},{left},{PERIOD},oh-{PERIOD}"
    )


def test_rates_leave_out_who_did_not_answer_and_are_worked_from_rounded_numbers(tmp_path) -> None:
    found = figures(
        tmp_path,
        "oh-vacancies-turnover",
        FLOW_COLUMNS,
        [
            flow(1, role="nurse", staff=51, vacant=6, long=2, joined=8, left=7),
            flow(2, role="nurse", staff=37, vacant=8, long=1, joined=5, left=4),
            flow(3, role="nurse", staff=900, joined=3, left=2),
            flow(4, role="doctor", staff=10, vacant=0, long=0, joined=0, left=0),
        ],
        {
            "region_code": ["Y56"],
            "provider_type": ["nhs_internal"],
            "role_code": ["doctor", "nurse"],
            "role_group": ["nurses"],
        },
    )
    assert found["filled_posts", "nurse"] == (90.0, "")  # 51 + 37; the third did not answer
    assert found["vacancies", "nurse"] == (15.0, "")
    assert found["vacancy_rate", "nurse"] == (round(100 * 15 / 105, 1), "")
    assert found["long_vacancies", "nurse"] == (None, "c")
    assert found["staff", "nurse"] == (990.0, "")
    assert found["leavers", "nurse"] == (15.0, "")
    assert found["leaver_rate", "nurse"] == (round(100 * 15 / 990, 1), "")
    assert found["vacancy_rate", "doctor"] == (None, "c")


def test_rates_with_estimates_bear_the_lowest_mark_and_the_farthest_source_of_their_parts() -> None:
    specification = specification_of("oh-vacancies-turnover")
    names = ["breakdown", "perspective", "region_code", "provider_type", "role_code", "role_group", "time_period"]

    def table(rows: list[tuple], more: list[str]) -> pa.Table:
        cell = ["time_period", "everybody", "all", "all", "all", "all", PERIOD]
        return pa.Table.from_pylist([dict(zip([*names, *more], [*cell, *row], strict=True)) for row in rows])

    counted = table([("headcount", 40.0, "")], ["measure", "value", "status"])
    estimates = table(
        [
            ("vacancies_estimate", 50.0, "e", "imputed"), ("filled_posts_estimate", 450.0, "e", "weighted"),
            ("joiners_estimate", 30.0, "u", "carried_forward"), ("leavers_estimate", 20.0, "e", "returned"),
            ("staff_estimate", 205.0, "e", "returned"),
        ],
        ["measure", "value", "status", "source"],
    )  # fmt: skip
    rows = observations_of(specification, [counted], COVERAGE, [estimates]).to_pylist()
    found = {row["measure"]: (row["value"], row["status"], row["source"]) for row in rows}
    assert found["vacancy_rate_estimate"] == (10.0, "e", "weighted")
    assert found["joiner_rate_estimate"] == (15.0, "u", "carried_forward")
    assert found["leaver_rate_estimate"] == (10.0, "u", "carried_forward")
    hidden = estimates.set_column(
        8, "value", pa.array([None, 450.0, 30.0, 20.0, None])
    ).set_column(9, "status", pa.array(["x", "e", "u", "e", "c"]))  # fmt: skip
    rows = observations_of(specification, [counted], COVERAGE, [hidden]).to_pylist()
    found = {row["measure"]: (row["value"], row["status"]) for row in rows}
    assert found["vacancy_rate_estimate"] == (None, "x")
    assert found["joiner_rate_estimate"] == (None, "c")


def test_response_and_coverage_are_of_everybody_who_was_asked(tmp_path) -> None:
    rows = [
        f"o{n},o{n},oh,nhs_internal,10-24,Y56,17,{'t' if n < 15 else 'f'},{40 if n < 15 else 0},{30 if n < 15 else 0},"
        f"{PERIOD},oh-{PERIOD}"
        for n in range(20)
    ]
    found = figures(
        tmp_path,
        "oh-response",
        FRAME_COLUMNS,
        rows,
        {"region_code": ["Y56"], "provider_type": ["nhs_internal", "charity"], "organisation_size": ["10-24"]},
    )
    assert found["asked",] == (20.0, "")
    assert found["answered",] == (15.0, "")
    assert found["response_rate",] == (75.0, "")
    assert found["coverage",] == (round(100 * 255 / 340, 1), "")
    assert found["item_response",] == (75.0, "")
    assert found["response_rate", "charity"] == (None, "c")


@pytest.mark.parametrize("layout", [FLOWS, RESPONSE])
def test_every_layout_has_what_counting_needs(layout) -> None:
    assert set(layout.columns) >= {"record_key", "worker_key", "noise_key", "organisation_group_key", "weight_count"}
    assert "quantity" in layout.categories


def test_every_source_is_known_by_its_own_name() -> None:
    assert all(code == source.code for code, source in SOURCES.items())


CAREER_COLUMNS = (
    "record_key,worker_key,noise_key,organisation_key,organisation_group_key,family,kind,weight_count,fte_nano,time_period,"
    "collection_code,provider_type,organisation_size,region_code,role_code,role_group,leaving_intention,quantity,stayed,age"
)


def career(number: int, quantity: str, *, age: int | str = "", leaving: str = "not_known", stayed: str = "") -> str:
    return (
        f"{quantity}{number},w{quantity}{number},{number},o{number % 4},o{number % 4},oh,record,1,1000000000,{PERIOD},oh-{PERIOD},"
        f"nhs_internal,10-24,Y56,nur,nurses,{leaving},{quantity},{stayed},{age}"
    )


def test_stability_intention_and_median_age(tmp_path) -> None:
    """40 a year ago of whom 30 stayed; now 41, of whom 40 said when they expect to leave and 12 mean this year."""
    rows = [career(number, "opening", stayed="yes" if number < 30 else "no") for number in range(40)]
    rows += [
        career(n, "in_post", age=20 + n, leaving=("under_1" if n < 12 else "over_5") if n < 40 else "not_known")
        for n in range(41)
    ]
    specification = specification_of("oh-retention")
    copied, sealed = tmp_path / "copied.csv", tmp_path / "sealed.parquet"
    copied.write_text("\n".join([CAREER_COLUMNS, *rows]) + "\n", encoding="utf-8")
    populations = specification.populations({})
    with connect(tmp_path) as connection:
        write_snapshot(connection, specification.kind.layout.csv_relation(copied), sealed, specification.kind.layout)
        cells = cells_of(connection, sealed, specification, populations)
        lists = {"region_code": ["Y56"], "role_group": ["nurses"]}
        protected = protected_of(specification, cells, period=PERIOD, lists=lists, perspectives=list(populations))
        medians = medians_of(connection, specification, snapshot=sealed, predicates=populations, protected=protected)
    found = observations_of(specification, [protected], COVERAGE, medians).to_pylist()
    england = {
        row["measure"]: row["value"]
        for row in found
        if (row["geography_level"], row["role_level"]) == ("country", "all")
    }
    assert england == {
        "in_post": 40.0, "median_age": 40.0, "expectation_known": 40.0, "leaving_within_a_year": 10.0,
        "share_leaving": 25.0, "opening": 40.0, "stayers": 30.0, "stability_index": 75.0,
    }  # fmt: skip
