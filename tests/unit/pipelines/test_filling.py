"""What is put where a return or an answer is missing: nothing in the returned figures, everything marked."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from portal.pipelines.engine import connect
from portal.pipelines.estimate_sums import Sums
from portal.pipelines.estimates import estimate_period
from portal.pipelines.estimation_quality import estimation_of
from portal.pipelines.figures import cells_of
from portal.pipelines.filling import Sealed, fill_records, sources_of
from portal.pipelines.periods import months_between
from portal.pipelines.specification import EVERYBODY, Estimation, specification_of

NOW, HALF, YEAR, LONG = "2026-03", "2025-09", "2025-03", "2024-09"
SMALL_LAYOUT = [
    "record_key", "worker_key", "noise_key", "organisation_key", "organisation_group_key", "provider_type", "role_group",
    "role_code", "region_code", "age_band", "fte_nano", "kind", "weight_count", "time_period",
]  # fmt: skip


def record(worker: str, organisation: str, age: str, *, period: str, fte: float = 1, post: str = "1") -> dict:
    values = [
        f"{period}{worker}{post}", worker, 7, organisation, organisation, "trust", "nurses", "nur-oh-pract", "Y56", age,
        int(fte * 10**9), "record", 1, period,
    ]  # fmt: skip
    return dict(zip(SMALL_LAYOUT, values, strict=True))


def asked(answered: str, silent: str = "") -> list[dict]:
    """Return a frame of organisations, each a letter, ten people each."""
    return [
        {"organisation_key": key, "provider_type": "trust", "organisation_size": "any", "region_code": "Y56",
         "quantity": quantity, "weight_count": number}
        for key in answered + silent
        for quantity, number in (("asked", 1), ("staff_asked", 10), *((("answered", 1),) if key in answered else ()))
    ]  # fmt: skip


@pytest.fixture
def sealed(tmp_path):
    """Return four periods: B misses the last, C the last two, D answered only too long ago."""
    records = {
        LONG: [record("w9", "D", "60_64", period=LONG), record("w5", "A", "35_39", period=LONG)],
        YEAR: [record("w8", "C", "55_59", period=YEAR), record("w4", "A", "40_44", period=YEAR)],
        HALF: [record("w7", "B", "30_34", period=HALF), record("w4", "A", "45_49", period=HALF)],
        NOW: [
            record("w1", "A", "50_54", period=NOW, fte=0.5),
            record("w2", "A", "55_59", period=NOW, fte=1.0),
            record("w3", "A", "not_known", period=NOW, fte=0.4),  # nearest by time: w1
            record("w4", "A", "not_known", period=NOW),  # the last return said 45 to 49
            record("w5", "A", "not_known", period=NOW, fte=0.9),  # said so too long ago; nearest by time: w2
            record("w6", "A", "60_64", period=NOW, fte=0.1),
            record("w6", "A", "not_known", period=NOW, fte=0.1, post="2"),  # the other post says it
        ],
    }
    frames = {LONG: asked("AD", "BC"), YEAR: asked("AC", "BD"), HALF: asked("ABE", "CD"), NOW: asked("A", "BCDE")}
    found = {}
    for period, rows in records.items():
        snapshot, frame = tmp_path / f"records-{period}", tmp_path / f"frame-{period}"
        pq.write_table(pa.Table.from_pylist(rows), snapshot)
        pq.write_table(pa.Table.from_pylist(frames[period]), frame)
        found[period] = Sealed(snapshot, frame)
    return found


def filled(sealed, folder, **rule: object) -> tuple[dict[str, tuple[str, str]], object]:
    with connect(folder) as connection:
        specification = specification_of("oh-headcount").model_copy(
            update={"estimation": Estimation(method="ratio", **rule)}
        )
        found = fill_records(connection, specification, sealed=sealed, period=NOW, seed=0)
        rows = connection.sql(f"SELECT * FROM {found.relation}").to_arrow_table().to_pylist()
    assert {row["time_period"] for row in rows} == {NOW}
    return {row["record_key"]: (row["age_band"], row.get("source", "")) for row in rows}, found


def test_months_are_counted_over_the_turn_of_the_year(sealed) -> None:
    assert (months_between(YEAR, NOW), months_between("2025-11", "2026-02"), months_between(NOW, NOW)) == (12, 3, 0)
    assert sources_of(sealed, NOW, Estimation(carried_months=12)) == [HALF, YEAR]
    assert sources_of(sealed, NOW, Estimation(carried_months=11)) == [HALF]
    assert sources_of(sealed, NOW, Estimation(carried_months=0)) == []


def test_without_a_rule_the_records_are_those_returned(sealed, tmp_path) -> None:
    rows, found = filled(sealed, tmp_path)
    assert (len(rows), found.anything, found.carried) == (7, False, frozenset())


def test_organisations_are_carried_forward_from_their_last_return_of_at_most_so_many_months(sealed, tmp_path) -> None:
    rows, found = filled(sealed, tmp_path, carried_months=12)
    assert found.carried == {"B", "C", "E"}, "E's last return was of nobody, and D's is too old"
    assert {key: row for key, row in rows.items() if row[1] == "carried_forward"} == {
        f"{HALF}w71": ("30_34", "carried_forward"), f"{YEAR}w81": ("55_59", "carried_forward"),
    }  # fmt: skip
    assert filled(sealed, tmp_path, carried_months=11)[1].carried == {"B", "E"}


def test_items_are_filled_by_logic_then_the_last_return_then_a_donor(sealed, tmp_path) -> None:
    rows, found = filled(sealed, tmp_path, carried_months=12, items=("age_band",))
    now = {key.removeprefix(NOW): row for key, row in rows.items() if key.startswith(NOW)}
    assert now == {
        "w11": ("50_54", "returned"), "w21": ("55_59", "returned"), "w61": ("60_64", "returned"),
        "w62": ("60_64", "logical"), "w41": ("45_49", "carried_forward"), "w31": ("50_54", "imputed"),
        "w51": ("55_59", "imputed"),
    }  # fmt: skip
    assert found.items == {"age_band": {"returned": 4, "carried_forward": 1, "logical": 1, "imputed": 2, "": 0}}


def test_an_estimate_says_how_far_it_went_and_the_returned_figure_sees_nothing_of_it(sealed, tmp_path) -> None:
    """A answered with 6 people, of whom 2 say that they are 55 or over; B, C and E are carried, D is weighted for."""
    specification = specification_of("oh-age")
    rule = specification.estimation.model_copy(update={"minimum": 2, "rake": ()})
    predicates = specification.populations({"D2": "TRUE"})
    with connect(tmp_path) as connection:
        cells = cells_of(connection, sealed[NOW].snapshot, specification, predicates)
        options = {"period": NOW, "sealed": sealed, "predicates": predicates, "cells": cells, "seed": 0}
        made, how = estimate_period(connection, specification.model_copy(update={"estimation": rule}), **options)
        whole = sealed | {NOW: Sealed(sealed[NOW].snapshot, sealed[LONG].frame)}  # D answered now
        pq.write_table(pa.Table.from_pylist(asked("AD", "BCE")), sealed[LONG].frame)
        unweighted, _ = estimate_period(
            connection, specification.model_copy(update={"estimation": rule}), **(options | {"sealed": whole})
        )
    aged = f"D2|{specification.counted()[1].id}"
    row = next(r for r in made.table.to_pylist() if r["breakdown"] == "time_period" and r["perspective"] == aged)
    assert (row["returned"], row["filled"], row["source"]) == (2.0, 4.0, "weighted")  # and w5 by a donor, w8 carried
    assert row["estimate"] == pytest.approx(4 * 50 / 40)
    assert (how["asked"], how["answered"], how["carried_returns"], how["largest_weight"]) == (5, 1, 3, 1.25)
    assert (how["unit_response"], how["coverage"]) == (0.2, 0.2)
    by_perspective = {r["perspective"]: r for r in unweighted.table.to_pylist() if r["breakdown"] == "time_period"}
    assert [by_perspective[aged][name] for name in ("estimate", "source")] == [4.0, "imputed"]
    # From A and D alone: 3 and 0 of 5 asked make 7.5, and 3.5 away from 4; one of the 4 is there by a donor's age.
    alone = 5**2 * (1 - 2 / 5) * 4.5 / 2
    assert by_perspective[aged]["standard_error"] == pytest.approx((alone + 3.5**2 + 1 * (2 + 1 / 3)) ** 0.5)
    assert row["standard_error"] >= row["estimate"], "one organisation alone shows no error, so nothing may be shown"


def test_an_age_that_was_filled_makes_those_uncertain_who_are_there_by_it_and_nobody_else(sealed, tmp_path) -> None:
    """All who were asked answered. Of 3 aged 55 or over one is there by a donor's age; w6 is there by the other post."""
    pq.write_table(pa.Table.from_pylist(asked("A")), sealed[NOW].frame)
    specification = specification_of("oh-age")
    rule = specification.estimation.model_copy(update={"rake": (), "minimum": 2})
    predicates = specification.populations({"D2": "TRUE"})
    with connect(tmp_path) as connection:
        cells = cells_of(connection, sealed[NOW].snapshot, specification, predicates)
        options = {"period": NOW, "sealed": sealed, "predicates": predicates, "cells": cells, "seed": 0}
        made, _ = estimate_period(connection, specification.model_copy(update={"estimation": rule}), **options)
    england = {row["perspective"]: row for row in made.table.to_pylist() if row["breakdown"] == "time_period"}
    aged = england[f"D2|{specification.counted()[1].id}"]
    assert (aged["returned"], aged["estimate"]) == (2.0, 3.0)
    assert aged["standard_error"] == pytest.approx((1 * (2 + 1 / 2)) ** 0.5)
    assert aged["high"] == pytest.approx(3 + 1.959966 * 2.5**0.5, rel=1e-5), "as many degrees of freedom as people"
    assert (england["D2"]["estimate"], england["D2"]["standard_error"]) == (6.0, 0.0), "everybody is there at any age"


def test_contracted_services_have_nobody_whose_item_was_filled() -> None:
    assert Sums({}, {}, {("service",): {"people": 0}}, {}).item_error([("service",)]).tolist() == [0.0]


def test_shares_of_what_was_not_returned_are_worked_from_published_values(tmp_path) -> None:
    specification = specification_of("oh-headcount")

    def row(level: str, code: str, measure: str, value: float | None, perspective: str = "D2") -> dict:
        place = {"geography_level": level, "geography_code": code, "role_level": "all", "role_code": "all"}
        return {"time_period": NOW, **place, "perspective": perspective, "measure": measure, "value": value}

    rows = [
        row("country", "E92000001", "headcount", 800), row("country", "E92000001", "headcount_estimate", 1000),
        row("country", "E92000001", "headcount", 10, "D1"), row("country", "E92000001", "headcount_estimate", 90, "D1"),
        row("region", "Y56", "headcount", 90), row("region", "Y56", "headcount_estimate", 100),
        row("region", "Y57", "headcount", 60), row("region", "Y57", "headcount_estimate", None),
    ]  # fmt: skip
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "observations")
    items = {"age_band": {"returned": 92, "carried_forward": 10, "logical": 9, "imputed": 0, "": 2}}
    found = estimation_of(
        specification, {"estimation": {NOW: {"carried_returns": 3, "items": items}}}, tmp_path / "observations"
    )["estimation"]
    assert found["headlines"] == [
        {"id": "people-estimate", "label": "People, with estimates for providers that did not answer", "share": 0.2}
    ]
    assert {(item["id"], item["measure"]): item["share"] for item in found["tables"]} == {
        ("england-by-role", "headcount_estimate"): 0.2, ("region-by-group", "headcount_estimate"): 0.1,
    }  # fmt: skip
    assert found["by_period"][NOW]["items"]["age_band"] == {
        "of": "people", "item_response": 0.783, "logical": None, "carried_forward": 10, "imputed": None, "missing": None,
    }  # fmt: skip
    assert estimation_of(specification_of("pcn-headcount"), {}, tmp_path / "observations") == {}


def flow(organisation: str, role: str, *, period: str, **numbers: int) -> list[dict]:
    """Return what an organisation says of a role, a record for each quantity."""
    return [
        {"record_key": f"{period}{organisation}{role}{quantity}", "worker_key": None, "noise_key": 0,
         "organisation_key": organisation, "organisation_group_key": organisation, "provider_type": "trust",
         "role_group": "nurses" if role.startswith("nur") else "doctors", "role_code": role, "region_code": "Y56",
         "fte_nano": 0, "kind": "aggregate", "weight_count": number, "time_period": period, "quantity": quantity}
        for quantity, number in numbers.items()
    ]  # fmt: skip


@pytest.fixture
def flows(tmp_path):
    """Return three periods: now A and D answered about vacancies, B and C left them out, and C answered twice before."""
    records = {
        YEAR: [
            *flow("C", "nur1", period=YEAR, filled_post=18, vacancy=4, long_vacancy=1),
            *flow("B", "nur1", period=YEAR, filled_post_not_answered=9),
        ],
        HALF: flow("C", "nur1", period=HALF, filled_post=19, vacancy=5),
        NOW: [
            *flow("A", "nur1", period=NOW, filled_post=10, vacancy=3, long_vacancy=2),
            *flow("D", "nur1", period=NOW, filled_post=40, vacancy=9, staff=44, joiner=5, leaver=4),
            *flow("B", "nur2", period=NOW, filled_post_not_answered=30),  # nearest by posts: D
            *flow("B", "doc1", period=NOW, filled_post_not_answered=2),  # no doctors are like it
            *flow("C", "nur1", period=NOW, filled_post_not_answered=20),  # said so half a year ago
        ],
    }
    found = {}
    for period, rows in records.items():
        snapshot, frame = tmp_path / f"flows-{period}", tmp_path / f"frame-{period}"
        pq.write_table(pa.Table.from_pylist(rows), snapshot)
        pq.write_table(pa.Table.from_pylist(asked("ABCD") if period == NOW else asked("C", "ABD")), frame)
        found[period] = Sealed(snapshot, frame)
    return found


def test_a_question_that_was_left_out_is_filled_role_by_role_from_the_last_return_or_a_donor(flows, tmp_path) -> None:
    others = [row | {"provider_type": "gp"} for row in flow("G", "nur2", period=NOW, filled_post=30, vacancy=1)]
    held = pq.read_table(flows[NOW].snapshot)
    pq.write_table(pa.concat_tables([held, pa.Table.from_pylist(others, held.schema)]), flows[NOW].snapshot)
    with connect(tmp_path) as connection:
        found = fill_records(connection, specification_of("oh-vacancies-turnover"), sealed=flows, period=NOW, seed=0)
        rows = connection.sql(f"SELECT * FROM {found.relation}").to_arrow_table().to_pylist()
    said = {
        (row["organisation_key"], row["role_code"], row["quantity"]): (row["weight_count"], row["source"])
        for row in rows
    }
    assert len({row["record_key"] for row in rows}) == len(rows)
    assert {key: value for key, value in said.items() if key[0] in "BC"} == {
        ("B", "nur2", "filled_post"): (30, "returned"), ("B", "nur2", "vacancy"): (9, "imputed"),
        ("B", "doc1", "filled_post_not_answered"): (2, "returned"),
        ("C", "nur1", "filled_post"): (20, "returned"), ("C", "nur1", "vacancy"): (5, "carried_forward"),
    }  # fmt: skip
    assert found.items == {
        "vacancies": {"returned": 3, "carried_forward": 1, "imputed": 1, "": 1},
        "movements": {"returned": 1, "carried_forward": 0, "imputed": 0, "": 0},
    }
    assert found.left_out_by == dict.fromkeys(
        ("filled_post", "vacancy", "long_vacancy"), frozenset("BC")
    ) | dict.fromkeys(("staff", "joiner", "leaver"), frozenset())


def test_an_answer_that_was_filled_counts_in_the_estimate_and_not_as_an_answer_in_its_error(flows, tmp_path) -> None:
    """A says 3 and D 9; B and C are filled with 9 and 5: 26. From A and D alone, of four of one size: 12 × 4 ÷ 2 = 24."""
    specification = specification_of("oh-vacancies-turnover")
    rule = specification.estimation.model_copy(update={"minimum": 2, "rake": ()})
    predicates = specification.populations({})
    with connect(tmp_path) as connection:
        cells = cells_of(connection, flows[NOW].snapshot, specification, predicates)
        options = {"period": NOW, "sealed": flows, "predicates": predicates, "cells": cells, "seed": 0}
        made, _ = estimate_period(connection, specification.model_copy(update={"estimation": rule}), **options)
    england = {row["perspective"]: row for row in made.table.to_pylist() if row["breakdown"] == "time_period"}
    vacancies = england[specification.population_of(EVERYBODY, specification.measure("vacancies"))]
    assert [vacancies[name] for name in ("returned", "filled", "estimate", "source")] == [12.0, 26.0, 26.0, "imputed"]
    alone = 4**2 * (1 - 2 / 4) * 18 / 2  # N² (1 − n/N) s²/n, with s² of 3 and 9
    assert vacancies["standard_error"] == pytest.approx((alone + 2**2) ** 0.5)
    leavers = england[specification.population_of(EVERYBODY, specification.measure("leavers"))]
    assert (leavers["estimate"], leavers["standard_error"], leavers["source"]) == (4.0, 0.0, "returned")
