"""Tables from the literature whose disclosures and remedies are known."""

from __future__ import annotations

import csv
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from portal.methods.audit import AuditOptions, SystemBuilder, examine, smallest_remedy
from portal.methods.audit.programmes import Solver, blocks_of
from portal.methods.audit.propagation import propagate
from portal.methods.protection import PTable, dominance_fails, p_percent_fails


def read(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / "disclosure" / name).open() as file:
        return list(csv.DictReader(file))


def whole_table(rows: list[dict[str, str]], dimensions: list[str], value: str, hidden: set[tuple[str, ...]]):
    """A table with margins: 'Total' is the sum over the other codes; hidden cells are stated nowhere."""
    builder = SystemBuilder()
    numbers = {tuple(row[name] for name in dimensions): float(row[value]) for row in rows}
    leaves = [sorted({key[at] for key in numbers} - {"Total"}) for at in range(len(dimensions))]
    place = {key: builder.unknown(" ".join(key), number) for key, number in numbers.items()}
    for key, number in numbers.items():
        for at, code in enumerate(key):
            if code == "Total":
                builder.total(place[key], [place[(*key[:at], leaf, *key[at + 1 :])] for leaf in leaves[at]])
        if key not in hidden:
            builder.state(place[key], number, number)
    return builder.build(), place


def with_margins(cells: dict[tuple[str, ...], float]) -> dict[tuple[str, ...], float]:
    """Add every total of a table."""
    size = len(next(iter(cells)))
    whole: dict[tuple[str, ...], float] = {}
    for key, number in cells.items():
        for kept in product((True, False), repeat=size):
            margin = tuple(code if keep else "Total" for code, keep in zip(key, kept, strict=True))
            whole[margin] = whole.get(margin, 0.0) + number
    return whole


def interval(system, unknown: int) -> tuple[float, float]:
    """The exact interval of one unknown, by linear programs."""
    bounds = propagate(system, *system.bounds())
    if bounds.low[unknown] == bounds.high[unknown]:
        return float(bounds.low[unknown]), float(bounds.high[unknown])
    for block in blocks_of(system, bounds):
        if unknown in block.unknowns:
            place = int(np.flatnonzero(block.unknowns == unknown)[0])
            costs = np.zeros(len(block.unknowns))
            ends = []
            for sign in (1.0, -1.0):
                costs[place] = sign
                ends.append(round(float(Solver(block).solve(costs)[place]), 6))
            return ends[0], ends[1]
    raise AssertionError(unknown)


def test_a_cell_recovered_although_every_line_hides_two(shared_data):
    rows = read(shared_data, "sdctable_hidden_recovery_4x4.csv")
    cells = {(row["v1"], row["v2"]): float(row["freq"]) for row in rows}
    hidden = {(row["v1"], row["v2"]) for row in rows if row["suppressed"] == "1"}
    table = [{"a": key[0], "b": key[1], "n": str(number)} for key, number in with_margins(cells).items()]
    for line in "wxyz":
        assert sum(key[0] == line for key in hidden) >= 2
    system, place = whole_table(table, ["a", "b"], "n", hidden)
    assert interval(system, place["w", "b"]) == (47.0, 47.0)
    system, place = whole_table(table, ["a", "b"], "n", hidden | {("x", "d")})
    assert interval(system, place["w", "b"]) == (0.0, 78.0)
    system, place = whole_table(table, ["a", "b"], "n", hidden | {("x", "b")})
    assert interval(system, place["w", "b"]) == (0.0, 141.0)


def linked(rows: list[dict[str, str]], tables: tuple[str, ...]) -> tuple:
    builder = SystemBuilder()
    place = {row["region"]: builder.unknown(row["region"], float(row["n"])) for row in rows}
    for table in tables:
        for code in sorted({row[table] for row in rows}):
            parts = [row for row in rows if row[table] == code]
            size = sum(float(row["n"]) for row in parts)
            total = builder.unknown(code, size)
            builder.total(total, [place[row["region"]] for row in parts])
            builder.state(total, size, size, where=f"Table by {table}")
    for row in rows:
        if row["primary_le3"] == "0":
            builder.state(place[row["region"]], float(row["n"]), float(row["n"]), where="Both tables")
    return builder.build(), place


def test_two_linked_tables_give_away_what_neither_does_alone(shared_data):
    rows = read(shared_data, "sdctable_linked_tables.csv")
    for table in ("county", "group"):
        system, _ = linked(rows, (table,))
        bounds = propagate(system, *system.bounds())
        hidden = [at for at, row in enumerate(rows) if row["primary_le3"] == "1"]
        assert all(bounds.low[at] < bounds.high[at] for at in hidden)
    system, place = linked(rows, ("county", "group"))
    assert interval(system, place["K"]) == (3.0, 3.0)
    outcome = examine(system, AuditOptions())
    assert place["K"] in {failure.unknown for failure in outcome.failures if failure.kind == "single"}


def test_hiding_n_repairs_the_linked_tables(shared_data):
    rows = read(shared_data, "sdctable_linked_tables.csv")
    for row in rows:
        row["primary_le3"] = "1" if row["region"] == "N" else row["primary_le3"]
    system, place = linked(rows, ("county", "group"))
    assert interval(system, place["K"]) == (0.0, 10.0)


MICRO_CELLS = [(region, gender) for region in ("Total", "A", "B", "C", "D") for gender in ("Total", "male", "female")]


def micro_cells(folder: Path) -> dict[int, list[float]]:
    """Contributions by the cell numbers of the source: region by gender, totals first."""
    values: dict[int, list[float]] = {number: [] for number in range(1, 16)}
    for row in read(folder, "microdata1.csv"):
        for number, (region, gender) in enumerate(MICRO_CELLS, start=1):
            if region in {"Total", row["region"]} and gender in {"Total", row["gender"]}:
                values[number].append(float(row["val"]))
    return values


def test_primary_rules_on_a_hundred_records(shared_data):
    cells = micro_cells(shared_data)
    assert [number for number, values in cells.items() if len(values) <= 2] == [6]
    assert [number for number, values in cells.items() if dominance_fails(values, largest=2, percent=75)] == [6, 14]
    ordered = {number: sorted((int(value) for value in values), reverse=True) for number, values in cells.items()}
    unsafe = [
        number
        for number, values in ordered.items()
        if p_percent_fails(np.array([sum(values)]), np.array([values[0]]), np.array([values[1]]), 70)[0]
    ]
    assert unsafe == [6, 14]


def test_the_cheapest_pattern_is_found(shared_data):
    counts = {number: len(values) for number, values in micro_cells(shared_data).items()}
    rows = [
        {"region": region, "gender": gender, "n": str(counts[number])}
        for number, (region, gender) in enumerate(MICRO_CELLS, start=1)
    ]
    system, place = whole_table(rows, ["region", "gender"], "n", {("A", "female")})
    number_of = {place[cell]: number for number, cell in enumerate(MICRO_CELLS, start=1)}
    hidden = {
        number_of[unknown] for unknown in smallest_remedy(system, AuditOptions(), examine(system, AuditOptions()))
    }
    assert hidden | {6} == {5, 6, 11, 12}
    assert sum(counts[number] for number in hidden | {6}) == 42


@pytest.mark.parametrize(("size", "number"), [("10x12", 69), ("10x8x6", 296), ("20x30", 410)])
def test_patterns_of_gauss_suppression_leave_no_exact_cell(shared_data, size, number):
    rows = read(shared_data, f"gauss_rand_{size}_out.csv")
    dimensions = [name for name in rows[0] if name.startswith("v")]
    hidden = {tuple(row[name] for name in dimensions) for row in rows if row["suppressed"] == "TRUE"}
    system, place = whole_table(rows, dimensions, "freq", hidden)
    bounds = propagate(system, *system.bounds())
    width = {key: bounds.high[place[key]] - bounds.low[place[key]] for key in hidden}
    assert sum(value == 0 for value in width.values()) == 0
    primary = [row for row in rows if row["primary"] == "TRUE"]
    assert all(float(row["freq"]) < 10 for row in primary)
    assert len(hidden) == number
    single = [failure for failure in examine(system, AuditOptions()).failures if failure.kind == "single"]
    assert single == []


def test_the_small_counts_of_z3_and_their_pattern(shared_data):
    rows = read(shared_data, "gauss_z3_smallcounts_maxN3.csv")
    dimensions = ["region", "hovedint", "mnd"]
    primary = {tuple(row[name] for name in dimensions) for row in rows if 0 < float(row["ant"]) <= 3}
    assert primary == {tuple(row[name] for name in dimensions) for row in rows if row["primary"] == "TRUE"}
    assert len(primary) == 230
    hidden = {tuple(row[name] for name in dimensions) for row in rows if row["suppressed"] == "TRUE"}
    assert (len(hidden), len(rows)) == (315, 740)
    leaves = [row for row in rows if "Total" not in {row[name] for name in dimensions}]
    sums = with_margins({tuple(row[name] for name in dimensions): float(row["ant"]) for row in leaves})
    assert sums == {tuple(row[name] for name in dimensions): float(row["ant"]) for row in rows}
    system, _ = whole_table(rows, dimensions, "ant", hidden)
    single = [
        failure for failure in examine(system, AuditOptions(largest_small=3)).failures if failure.kind == "single"
    ]
    assert single == []
    system, _ = whole_table(rows, dimensions, "ant", primary)
    assert any(failure.kind == "single" for failure in examine(system, AuditOptions(largest_small=3)).failures)


def test_one_small_count_and_three_more_hidden(shared_data):
    rows = read(shared_data, "gauss_example1_smallcounts_maxN1.csv")
    assert [(row["age"], row["geo"]) for row in rows if row["primary"] == "TRUE"] == [("young", "Portugal")]
    countries = [row for row in rows if row["geo"] not in {"EU", "nonEU"}]
    hidden = {(row["age"], row["geo"]) for row in rows if row["suppressed"] == "TRUE"}
    system, place = whole_table(countries, ["age", "geo"], "freq", hidden)
    assert examine(system, AuditOptions(largest_small=1)).failures == ()
    system, place = whole_table(countries, ["age", "geo"], "freq", {("young", "Portugal")})
    found = smallest_remedy(system, AuditOptions(largest_small=1), examine(system, AuditOptions(largest_small=1)))
    assert len(found) + 1 == len(hidden) == 4
    assert place["young", "Portugal"] not in found


MAGNITUDES = {
    "dominance_n1_k80": lambda values: dominance_fails(values, largest=1, percent=80),
    "few_contributors_maxN1": lambda values: 0 < len(values) <= 1,
    "hier_dominance_n12_k80_99": lambda values: (
        dominance_fails(values, largest=1, percent=80) or dominance_fails(values, largest=2, percent=99)
    ),
}


@pytest.mark.parametrize("name", MAGNITUDES)
def test_primary_rules_for_magnitudes(shared_data, name):
    records = read(shared_data, "ssbtools_magnitude1_micro.csv")
    for row in read(shared_data, f"gauss_magnitude1_{name}.csv"):
        inside = [
            float(record["value"])
            for record in records
            if row["sector4"] in {"Total", record["sector4"], record["sector2"]}
            and row["geo"] in {"Total", record["geo"], record["eu"]}
        ]
        assert MAGNITUDES[name](inside) == (row["primary"] == "TRUE"), row


def test_weighted_dominance(shared_data):
    rows = read(shared_data, "gauss_test_dominance_micro.csv")
    unsafe, totals = [], []
    for group in sorted({row["v1"] for row in rows}):
        inside = [(float(row["num"]), float(row["sw2"])) for row in rows if row["v1"] == group]
        values, weights = zip(*inside, strict=True)
        totals.append(sum(value * weight for value, weight in inside))
        unsafe.append(
            dominance_fails(values, largest=1, percent=70, weights=weights)
            or dominance_fails(values, largest=2, percent=90, weights=weights)
        )
    assert totals == [100, 190, 180, 170, 180, 170, 160]
    assert unsafe == [True, False, False, False, False, False, False]


def test_rows_of_the_ons_guide(shared_data):
    rows = read(shared_data, "ons_ckp_doc_example_rows.csv")
    counts = np.array([int(row["pre_sdc_count"]) for row in rows])
    change = PTable.ten_five().look_up(counts, np.array([int(row["ckey"]) for row in rows]))
    assert change.tolist() == [int(row["pvalue"]) for row in rows]
    shown = [int(count) if count >= 10 else None for count in counts + change]
    assert shown == [10, 10, None, 15, 10]


def test_the_cell_key_example_of_the_handbook(shared_data):
    """Record keys 0.9, 0.3 and 0.6 make the cell key 0.8, which adds one to a count of three."""
    rows = read(shared_data, "handbook_ckm_ptable.csv")
    triples = [
        (int(row["original"]), key, int(row["noise"]))
        for row in rows
        for key in range(10)
        if float(row["lb"]) <= key / 10 < float(row["ub"])
    ]
    table = PTable.from_rows(triples, keys=10)
    key = (9 + 3 + 6) % table.keys
    assert key == 8
    assert 3 + table.look_up(np.array([3]), np.array([key]))[0] == 4
