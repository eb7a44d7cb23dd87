"""Planted leaks are found wherever they stand, and the offered suppression closes them."""

from __future__ import annotations

import json

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from portal.methods.audit import (
    AuditError,
    AuditOptions,
    SystemBuilder,
    audit_publication,
    compute_contributions,
    examine,
    facts_from_published,
    hierarchies_in,
    join_facts,
    smallest_remedy,
    stated_fact,
)
from portal.methods.measures import compute_atoms, compute_cells, union_versions
from portal.methods.protection import protect_cells
from tests.factories.audit import EXACT, RULE, look, people, publish, without

ONE_TABLE = {("E1", "nurse"): 3, ("E1", "doctor"): 40, ("E2", "nurse"): 30, ("E2", "doctor"): 50}
TWO_WAY = [(), ("region_code",), ("role_code",), ("region_code", "role_code")]


def test_a_clean_publication_passes_with_rounding():
    groups = {(f"E{region}", f"r{role}"): (region * 13 + role * 7) % 29 for region in range(6) for role in range(5)}
    connection, facts = publish(people(groups), TWO_WAY, measures=("headcount", "posts", "fte"))
    report = look(connection, facts, TWO_WAY)
    assert report.passed, report.failures[:3]
    assert report.counts["small_groups"] > 0
    assert report.certificate["passed"]
    assert report.remedy == ()


def test_a_leak_in_one_table():
    """One small cell is hidden and the totals are exact: it is the difference."""
    connection, facts = publish(people(ONE_TABLE), TWO_WAY, rule=EXACT)
    report = look(connection, facts, TWO_WAY)
    assert not report.passed
    assert [(item.cell, item.low, item.high) for item in report.failures] == [("all: E1, nurse (headcount)", 3, 3)]
    words = " ".join(report.failures[0].explanation)
    assert "one possible value" in words
    assert "shows 40 for all: E1, doctor" in words
    assert look(connection, without(facts, report.remedy_rows), TWO_WAY).passed


def test_a_leak_between_two_linked_tables():
    """Regions by role, and areas by role over the same people: each hides two, together they tell."""
    groups = {("E1", "a"): 2, ("E1", "b"): 2, ("E1", "c"): 11, ("E2", "a"): 3, ("E2", "b"): 14, ("E2", "c"): 12}
    rows = people(groups)
    for row in rows:
        row["area_code"] = {"a": "A1", "b": "A1", "c": "A2"}[row["role_code"]] + (
            "x" if row["region_code"] == "E2" else ""
        )
    first, second = [("region_code",), ("region_code", "role_code")], [("area_code",)]
    relation = "(SELECT * FROM records)"
    connection, one = publish(rows, first, rule=EXACT, where="Table 1")
    _, two = publish(rows, second, rule=EXACT, where="Table 2")
    everything = [*first, *second, ("area_code", "role_code"), ("area_code", "region_code", "role_code")]
    assert all("A1x" not in item.cell for item in look(connection, one, first).failures)
    facts = join_facts(one, two)
    report = look(connection, facts, everything, relation=relation)
    assert not report.passed
    assert {"Table 1", "Table 2"} <= {
        word for item in report.failures for text in item.explanation for word in (text[:7],)
    }
    assert look(connection, without(facts, report.remedy_rows), everything, relation=relation).passed


def test_a_region_is_known_to_be_the_sum_of_its_areas():
    """No table shows both columns; the one hidden area is the region less the others."""
    rows = people({("E1", "a"): 15, ("E1", "b"): 3, ("E1", "c"): 20, ("E2", "d"): 12})
    breakdowns = [("region_code",), ("role_code",)]
    connection, facts = publish(rows, breakdowns, rule=EXACT)
    atoms = compute_atoms(connection, "records", breakdowns=breakdowns, perspectives={"all": "TRUE"})
    assert audit_publication(atoms, facts, perspectives=["all"]).passed
    within = hierarchies_in(connection, "records", [("role_code", "region_code")])
    report = audit_publication(atoms, facts, perspectives=["all"], hierarchies=within)
    assert [(item.cell, item.low, item.high) for item in report.failures] == [("all: b (headcount)", 3, 3)]
    assert audit_publication(atoms, without(facts, report.remedy_rows), perspectives=["all"], hierarchies=within).passed


def test_a_code_in_several_regions_belongs_to_none():
    rows = people({("E1", "a"): 15, ("E2", "not_known"): 3, ("E1", "not_known"): 11})
    connection, _ = publish(rows, [()])
    within = hierarchies_in(connection, "records", [("role_code", "region_code")])
    assert within == {"role_code": ("region_code", {"a": "E1"})}


def test_a_group_that_no_finer_code_places_is_no_sum_that_a_reader_knows():
    """Three people of whom no area is known: that nobody of E1 stands in a known area says nothing of how many there are."""
    rows = people({("E1", "not_known"): 3, ("E2", "b"): 15, ("E3", "not_known"): 12})
    connection, facts = publish(rows, [("region_code",), ("role_code",)])
    atoms = compute_atoms(
        connection, "records", breakdowns=[("region_code",), ("role_code",)], perspectives={"all": "TRUE"}
    )
    within = hierarchies_in(connection, "records", [("role_code", "region_code")])
    assert audit_publication(atoms, facts, perspectives=["all"], hierarchies=within).passed


def test_a_leak_between_two_perspectives_without_any_small_cell():
    groups = {("E1", "nurse"): 40, ("E1", "adviser"): 3, ("E2", "nurse"): 50, ("E2", "adviser"): 20}
    perspectives = {"D1": "role_code = 'nurse'", "D2": "TRUE"}
    breakdowns = [("region_code",)]
    connection, facts = publish(people(groups), breakdowns, perspectives, rule=EXACT)
    assert min(row["low"] for row in facts.to_pylist()) >= 10
    report = look(connection, facts, breakdowns, perspectives)
    assert [item.cell for item in report.failures] == ["D2 but not D1: E1 (headcount)"]
    assert look(connection, without(facts, report.remedy_rows), breakdowns, perspectives).passed
    connection, rounded = publish(people(groups), breakdowns, perspectives)
    assert look(connection, rounded, breakdowns, perspectives).passed


@pytest.mark.parametrize("others", [0, pytest.param(80, marks=pytest.mark.slow)])
def test_a_leak_between_two_versions(others):
    """A correction adds two people to one region; both versions are exact, and other versions change nothing."""
    first = people({("E1", "nurse"): 40, ("E2", "nurse"): 50})
    second = [*first, *people({("E1", "nurse"): 2}, start=len(first))]
    breakdowns = [("region_code",)]
    connection = duckdb.connect()
    connection.register("one", pa.Table.from_pylist(first))
    connection.register("records", pa.Table.from_pylist(second))
    relation = union_versions({"v1": "one", "v2": "records"})
    perspectives = {f"other {number}": "role_code = 'doctor'" for number in range(others)}
    perspectives |= {"1.0.0 all": "in_v1", "1.1.0 all": "in_v2"}
    for rule, passes in ((EXACT, False), (RULE, True)):
        cells = compute_cells(connection, relation, breakdowns=breakdowns, perspectives=perspectives)
        facts = facts_from_published(
            protect_cells(cells, rule=rule, measures=("headcount",)), rule=rule, where="Table", hidden_is_small=False
        )
        report = look(connection, facts, breakdowns, perspectives, relation=relation)
        assert report.passed == passes
        if not passes:
            assert [item.cell for item in report.failures] == ["1.1.0 all but not 1.0.0 all: E1 (headcount)"]
            assert look(
                connection, without(facts, report.remedy_rows), breakdowns, perspectives, relation=relation
            ).passed


def test_a_corrected_record_that_keeps_its_key_is_another_group():
    """The same people, other hours: both versions are borne out, and neither stands for the other."""
    first = people({("E1", "nurse"): 40, ("E2", "nurse"): 50})
    second = [{**row, "fte_nano": row["fte_nano"] // (2 if number < 10 else 1)} for number, row in enumerate(first)]
    connection = duckdb.connect()
    connection.register("one", pa.Table.from_pylist(first))
    connection.register("records", pa.Table.from_pylist(second))
    relation = union_versions({"v1": "one", "v2": "records"})
    perspectives = {"1.0.0 all": "in_v1", "1.1.0 all": "in_v2"}
    cells = compute_cells(connection, relation, breakdowns=[("region_code",)], perspectives=perspectives)
    facts = facts_from_published(protect_cells(cells, rule=RULE), rule=RULE, where="Table", hidden_is_small=False)
    assert look(connection, facts, [("region_code",)], perspectives, relation=relation).passed


def test_what_was_published_before_is_not_offered_for_hiding():
    """The earlier version stands for ever, so only the new figure can be hidden, though both cost the same."""
    groups = {("E1", "nurse"): 40, ("E1", "adviser"): 3}
    perspectives = {"before": "role_code = 'nurse'", "now": "TRUE"}
    connection, facts = publish(people(groups), [("region_code",)], perspectives, rule=EXACT)
    place = facts.column_names.index("where")
    names = [f"Version {name}" for name in facts.column("perspective").to_pylist()]
    facts = facts.set_column(place, "where", pa.array(names))
    report = look(connection, facts, [("region_code",)], perspectives, hidable=frozenset({"Version now"}))
    assert [row["where"] for row in report.remedy_rows] == ["Version now"]
    report = look(connection, facts, [("region_code",)], perspectives, hidable=frozenset({"elsewhere"}))
    assert not report.passed
    assert report.remedy_rows == ()


def test_what_an_earlier_version_says_as_well_is_not_offered_for_hiding():
    """Nurses are the cheapest to hide, but the earlier version stands; only the total of now takes anything back."""
    builder = SystemBuilder()
    nurses, others, total = builder.unknown("nurses", 20), builder.unknown("others", 3), builder.unknown("total", 23)
    builder.total(total, [nurses, others])
    builder.state(nurses, 20, 20, where="Version 1.0.0")
    builder.state(nurses, 20, 20, where="Now")
    builder.state(total, 23, 23, where="Now")
    options = AuditOptions(hidable=frozenset({"Now"}))
    system = builder.build()
    assert smallest_remedy(system, options, examine(system, options)) == {total}


@pytest.mark.parametrize("where", ["Chart 2", "Headline 1"])
def test_a_leak_in_a_chart_or_a_headline(where):
    """The table is rounded; an exact figure elsewhere is the one too many."""
    groups = {("E1", "nurse"): 3, ("E2", "nurse"): 21, ("E3", "nurse"): 60}
    breakdowns = [(), ("region_code",)]
    connection, table = publish(people(groups), breakdowns)
    assert look(connection, table, breakdowns).passed
    leak = stated_fact(
        perspective="all", breakdown=("region_code",), codes={"region_code": "E1"}, measure="headcount", value=3,
        where=where,
    )  # fmt: skip
    facts = join_facts(table, leak)
    report = look(connection, facts, breakdowns)
    assert not report.passed
    assert any(text.startswith(f"{where} shows 3 ") for item in report.failures for text in item.explanation)
    assert look(connection, without(facts, report.remedy_rows), breakdowns).passed


def test_exact_fte_beside_rounded_headcount_is_found():
    """Thirteen and seventeen people are both shown as 15; exact FTE of 13.0 and 17.0 leaves four in between."""
    rows = people({("E1", "nurse"): 13, ("E1", "adviser"): 4})
    for row in rows:
        row["fte_nano"] = 1_000_000_000
    perspectives = {"D1": "role_code = 'nurse'", "D2": "TRUE"}
    breakdowns = [("region_code",)]
    connection, facts = publish(rows, breakdowns, perspectives)
    assert look(connection, facts, breakdowns, perspectives).passed
    exact = [
        stated_fact(
            perspective=code, breakdown=("region_code",), codes={"region_code": "E1"}, measure="fte", value=value,
            where="Chart 1",
        )
        for code, value in (("D1", 13.0), ("D2", 17.0))
    ]  # fmt: skip
    report = look(connection, join_facts(facts, *exact), breakdowns, perspectives)
    assert [item.cell for item in report.failures] == ["D2 but not D1: E1 (headcount)"]
    assert report.failures[0].low == 4


def test_a_contributor_that_takes_itself_away():
    rows = people({("E1", "nurse"): 12})
    for number, row in enumerate(rows):
        row["organisation_group_key"] = "large" if number < 10 else f"small{number}"
    breakdowns = [("region_code",)]
    connection, facts = publish(rows, breakdowns)
    atoms = compute_atoms(connection, "records", breakdowns=breakdowns, perspectives={"all": "TRUE"})
    own = compute_contributions(connection, "records", breakdowns=breakdowns, perspectives={"all": "TRUE"})
    assert audit_publication(atoms, facts, perspectives=["all"]).passed
    assert audit_publication(atoms, facts, perspectives=["all"], contributions=own).passed
    exact = stated_fact(
        perspective="all", breakdown=("region_code",), codes={"region_code": "E1"}, measure="headcount", value=12,
        where="Headline 1",
    )  # fmt: skip
    report = audit_publication(atoms, join_facts(facts, exact), perspectives=["all"], contributions=own)
    assert not report.passed
    assert (report.failures[0].low, report.failures[0].high) == (2, 2)
    assert "without its own people: 2." in report.failures[0].explanation[-1]


def test_people_with_two_posts_do_not_break_the_equations():
    rows = people({("E1", "nurse"): 30, ("E1", "doctor"): 30, ("E2", "nurse"): 30})
    for number in range(5):
        rows[30 + number]["worker_key"] = rows[number]["worker_key"]
        rows[30 + number]["noise_key"] = rows[number]["noise_key"]
    perspectives = {"nurses": "role_code = 'nurse'", "all": "TRUE"}
    connection, facts = publish(rows, TWO_WAY, perspectives, measures=("headcount", "posts", "fte"))
    assert look(connection, facts, TWO_WAY, perspectives).passed


def test_a_cell_below_nothing_does_not_break_the_audit():
    """Real returns hold corrections: one person whose full-time equivalent is negative."""
    rows = people({("E1", "nurse"): 30, ("E1", "doctor"): 1, ("E2", "nurse"): 30})
    rows[30]["fte_nano"] = -26_666_667
    connection, facts = publish(rows, TWO_WAY, measures=("headcount", "fte"))
    assert look(connection, facts, TWO_WAY).passed


def test_what_the_records_do_not_bear_out_is_refused():
    connection, facts = publish(people(ONE_TABLE), TWO_WAY)
    wrong = stated_fact(perspective="all", breakdown=(), codes={}, measure="headcount", value=500, where="Headline 1")
    with pytest.raises(AuditError, match="Headline 1 shows 500"):
        look(connection, join_facts(facts, wrong), TWO_WAY)


def test_facts_the_audit_has_no_records_for_are_refused():
    connection, facts = publish(people(ONE_TABLE), TWO_WAY)
    with pytest.raises(AuditError, match="perspective D9"):
        look(
            connection,
            stated_fact(perspective="D9", breakdown=(), codes={}, measure="headcount", value=1, where="x"),
            TWO_WAY,
        )
    with pytest.raises(AuditError, match="age_band"):
        look(connection, join_facts(facts, stated_fact(
            perspective="all", breakdown=("age_band",), codes={"age_band": "x"}, measure="headcount", value=1, where="x",
        )), TWO_WAY)  # fmt: skip


def test_the_certificate_names_the_facts_and_nothing_of_the_truth():
    connection, facts = publish(people(ONE_TABLE), TWO_WAY)
    first, second = (
        look(connection, facts, TWO_WAY),
        look(connection, facts.take(list(range(facts.num_rows - 1, -1, -1))), TWO_WAY),
    )
    assert first.certificate_sha256 == second.certificate_sha256
    other = join_facts(
        facts, stated_fact(perspective="all", breakdown=(), codes={}, measure="headcount", value=123, where="H")
    )
    assert look(connection, other, TWO_WAY).certificate_sha256 != first.certificate_sha256
    json.dumps(first.certificate)


def random_groups(seed: int, most: int = 30) -> dict[tuple[str, str], int]:
    rng = np.random.default_rng(seed)
    return {(f"E{region}", f"r{role}"): int(rng.integers(0, most)) for region in range(5) for role in range(5)}


def test_an_incremental_audit_solves_nothing_again():
    breakdowns = [("region_code",), ("region_code", "role_code")]
    connection, facts = publish(people(random_groups(2)), breakdowns)
    first = look(connection, facts, breakdowns)
    assert first.counts["programmes"] > 0
    again = look(connection, facts, breakdowns, witnesses=first.witnesses)
    assert again.passed
    assert again.counts["programmes"] == 0
    hidden = facts.take([row for row in range(facts.num_rows) if row % 3])
    assert look(connection, hidden, breakdowns, witnesses=first.witnesses).counts["programmes"] == 0


def test_an_incremental_audit_of_other_records_takes_nothing_on_trust():
    """One region is corrected: its part is solved again, the rest is not, and a planted leak is found."""
    breakdowns = [("region_code",), ("region_code", "role_code")]
    groups = random_groups(2)
    first = look(*publish(people(groups), breakdowns), breakdowns)
    groups["E1", "r1"] += 4
    connection, facts = publish(people(groups), breakdowns)
    alone, again = look(connection, facts, breakdowns), look(connection, facts, breakdowns, witnesses=first.witnesses)
    assert again.passed == alone.passed
    assert again.certificate_sha256 == alone.certificate_sha256
    assert again.counts["programmes"] < alone.counts["programmes"]
    small = min((size, cell) for cell, size in groups.items() if 1 <= size <= 4)
    leak = stated_fact(
        perspective="all", breakdown=("region_code", "role_code"), measure="headcount", value=small[0], where="Chart",
        codes=dict(zip(("region_code", "role_code"), small[1], strict=True)),
    )  # fmt: skip
    assert not look(connection, join_facts(facts, leak), breakdowns, witnesses=first.witnesses).passed


@pytest.mark.parametrize("seed", range(6))
def test_programmes_find_what_an_exhaustive_search_finds(seed):
    """A 2 by 3 table with some totals: every table of whole numbers that fits is listed."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 5, (2, 3))
    builder = SystemBuilder()
    cells = [[builder.unknown(f"{row}{column}", int(truth[row, column])) for column in range(3)] for row in range(2)]
    flat = [unknown for line in cells for unknown in line]
    limits = []
    for group in [*cells, *([line[column] for line in cells] for column in range(3)), flat]:
        total = sum(builder.truth[unknown] for unknown in group)
        width = int(rng.integers(0, 3))
        low, high = total - int(rng.integers(0, width + 1)), total + int(rng.integers(0, width + 1))
        unknown = builder.unknown("total", total, people=False)
        builder.total(unknown, group)
        builder.state(unknown, max(0, low), high)
        limits.append(([flat.index(member) for member in group], low, high))
    system = builder.build()
    tables = np.indices((11,) * 6).reshape(6, -1).T
    for group, low, high in limits:
        tables = tables[(tables[:, group].sum(axis=1) >= low) & (tables[:, group].sum(axis=1) <= high)]
    expected = {
        at for at in range(6)
        if 1 <= truth.reshape(-1)[at] <= 4 and tables[:, at].min() >= 1 and tables[:, at].max() <= 4
    }  # fmt: skip
    assert {failure.unknown for failure in examine(system, AuditOptions()).failures} == expected
