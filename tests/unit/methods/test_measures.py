"""Cells equal a slow count with sets, whatever the number of threads and of posts that people have."""

from __future__ import annotations

from itertools import combinations

import duckdb
import pyarrow as pa
import pytest

from portal.methods.measures import (
    MeasureError,
    compute_atoms,
    compute_cells,
    compute_contributions,
    union_versions,
)
from portal.methods.measures.plan import plan_blocks

from .records import PERSPECTIVES, PREDICATES, plain_count, random_records

DIMENSIONS = ("role_code", "region_code", "sex")
NUMBERS = ("people", "posts", "fte_nano", "cell_key", "organisations", "largest_fte_nano", "second_fte_nano")


def breakdowns_of(fixed: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    return [fixed + names for size in range(4) for names in combinations(DIMENSIONS, size)]


def by_cell(table: pa.Table) -> dict:
    cells = {}
    for row in table.to_pylist():
        names = row["breakdown"].split(",") if row["breakdown"] else []
        key = (row["perspective"], row["breakdown"], tuple(row[name] for name in names))
        cells[key] = tuple(row[name] for name in NUMBERS if name in row)
    return cells


def connect(records: pa.Table, threads: int = 2) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(config={"threads": threads})
    connection.register("records", records)
    return connection


@pytest.mark.parametrize("fixed", [(), ("time_period",)])
@pytest.mark.parametrize(("seed", "several"), [(0, 0.0), (1, 0.1), (2, 0.5), (3, 0.9)])
def test_cells_equal_a_plain_count(fixed, seed, several):
    records = random_records(300, seed, several_posts=several)
    breakdowns = breakdowns_of(fixed)
    table = compute_cells(connect(records), "records", breakdowns=breakdowns, perspectives=PREDICATES)
    expected = plain_count(records, breakdowns, {code: test for code, (_, test) in PERSPECTIVES.items()})
    assert by_cell(table) == expected


def test_same_bytes_with_any_number_of_threads_and_any_order_of_rows():
    records = random_records(2_000, 5, several_posts=0.4)
    tables = []
    for threads, rows in ((1, records), (2, records), (4, records.slice(700).take(list(range(1_299, -1, -1))))):
        whole = rows if rows.num_rows == 2_000 else pa.concat_tables([rows, records.slice(0, 700)])
        tables.append(
            compute_cells(connect(whole, threads), "records", breakdowns=breakdowns_of(), perspectives=PREDICATES)
        )
    assert tables[0].equals(tables[1])
    assert tables[0].equals(tables[2])


def test_rows_stand_in_the_order_of_perspectives_and_breakdowns():
    breakdowns = [("sex",), (), ("region_code", "sex")]
    table = compute_cells(
        connect(random_records(200, 1)), "records", breakdowns=breakdowns, perspectives={"b": "TRUE", "a": "sex = 'f'"}
    )
    places = [
        (["b", "a"].index(row["perspective"]), ["sex", "", "region_code,sex"].index(row["breakdown"]))
        for row in table.to_pylist()
    ]
    assert places == sorted(places)
    assert table.column_names[:4] == ["perspective", "breakdown", "sex", "region_code"]


#: More than one integer has bits: the membership is then kept in another way, and nothing else changes.
MANY = PREDICATES | {f"all but {number}": f"record_key <> 'r{number}'" for number in range(70)}


@pytest.mark.parametrize(
    "perspectives",
    [pytest.param(PREDICATES, id="few"), pytest.param(MANY, id="many", marks=pytest.mark.slow)],
)
def test_atoms_add_up_to_perspectives_and_split_people_by_union_of_their_posts(perspectives):
    records = random_records(400, 7, several_posts=0.6)
    breakdowns = breakdowns_of()[:6]
    connection = connect(records)
    atoms = compute_atoms(connection, "records", breakdowns=breakdowns, perspectives=perspectives)
    cells = by_cell(compute_cells(connection, "records", breakdowns=breakdowns, perspectives=perspectives))
    added: dict = {}
    for row in atoms.to_pylist():
        assert row["people"] >= 0
        names = row["breakdown"].split(",") if row["breakdown"] else []
        for bit, perspective in enumerate(perspectives):
            if row["members"][bit] == "1":
                key = (perspective, row["breakdown"], tuple(row[name] for name in names))
                people, posts, fte = added.get(key, (0, 0, 0))
                added[key] = (people + row["people"], posts + row["posts"], fte + row["fte_nano"])
    assert added == {key: numbers[:3] for key, numbers in cells.items()}
    few = by_cell(compute_cells(connection, "records", breakdowns=breakdowns, perspectives=PREDICATES))
    assert {key: numbers for key, numbers in cells.items() if key[0] in PREDICATES} == few


def test_the_record_hash_tells_equal_groups_of_records():
    records = random_records(200, 3)
    connection = connect(records)
    relation = "(SELECT *, region_code AS area FROM records)"
    atoms = compute_atoms(
        connection, relation, breakdowns=[("region_code",), ("area",), ("sex",)], perspectives={"all": "TRUE"}
    )
    hashes: dict[str, set] = {}
    for row in atoms.to_pylist():
        hashes.setdefault(row["breakdown"], set()).add(row["record_hash"])
    assert hashes["region_code"] == hashes["area"]
    assert not hashes["region_code"] & hashes["sex"]


def test_versions_become_flags_and_a_corrected_row_stands_twice():
    first = random_records(50, 1)
    second = first.slice(1).set_column(
        first.column_names.index("sex"), "sex", pa.array(["f", *first.column("sex").to_pylist()[2:]])
    )
    connection = duckdb.connect()
    connection.register("one", first)
    connection.register("two", second)
    rows = connection.sql(
        f"SELECT record_key, in_v1, in_v2 FROM {union_versions({'v1': 'one', 'v2': 'two'})}"
    ).fetchall()
    assert ("r0", True, False) in rows
    both = [row for row in rows if row[1] and row[2]]
    changed = first.column("sex")[1].as_py() != "f"
    assert len(both) == 48 + (not changed)
    assert len(rows) == 50 + changed


def test_contributions_are_the_people_of_each_group_in_each_cell():
    records = random_records(300, 2)
    table = compute_contributions(
        connect(records), "records", breakdowns=[("role_code",), ()], perspectives={"all": "TRUE"}
    )
    expected = plain_count(records, [("role_code", "organisation_group_key")], {"all": bool})
    got = {
        (row["role_code"], row["organisation_group_key"]): row["people"]
        for row in table.to_pylist()
        if row["breakdown"] == "role_code"
    }
    assert got == {codes: numbers[0] for (_, _, codes), numbers in expected.items()}
    assert {row["breakdown"] for row in table.to_pylist()} == {"", "role_code"}


def test_a_service_alone_and_a_negative_correction_are_kept():
    records = random_records(4, 1, several_posts=0).slice(0, 2)
    records = records.set_column(records.column_names.index("worker_key"), "worker_key", pa.array([None, "w"]))
    records = records.set_column(records.column_names.index("kind"), "kind", pa.array(["service", "record"]))
    records = records.set_column(
        records.column_names.index("weight_count"), "weight_count", pa.array([0, 1], pa.int32())
    )
    records = records.set_column(records.column_names.index("fte_nano"), "fte_nano", pa.array([5, -26_666_667]))
    table = compute_cells(connect(records), "records", breakdowns=[("record_key",)], perspectives={"all": "TRUE"})
    rows = [(row["people"], row["posts"], row["fte_nano"]) for row in table.to_pylist()]
    assert rows == [(0, 0, 5), (1, 1, -26_666_667)]
    atoms = compute_atoms(connect(records), "records", breakdowns=[("record_key",)], perspectives={"all": "TRUE"})
    assert atoms.num_rows == 2


def test_an_empty_relation_has_no_cells():
    table = compute_cells(
        connect(random_records(5, 1).slice(0, 0)), "records", breakdowns=[("sex",), ()], perspectives={"all": "TRUE"}
    )
    assert table.num_rows == 0


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("sex", None, "not_known"),
        ("sex", "all", "not_known"),
        ("noise_key", 256, "0 to 255"),
        ("noise_key", -1, "0 to 255"),
        ("weight_count", -1, "no posts"),
    ],
)
def test_records_that_would_be_measured_wrongly_are_refused(column, value, message):
    records = random_records(20, 1)
    values = [value, *records.column(column).to_pylist()[1:]]
    records = records.set_column(
        records.column_names.index(column), column, pa.array(values, records.schema.field(column).type)
    )
    with pytest.raises(MeasureError, match=message):
        compute_cells(connect(records), "records", breakdowns=[("sex",)], perspectives={"all": "TRUE"})


@pytest.mark.parametrize(
    ("breakdowns", "perspectives"),
    [
        ([], {"all": "TRUE"}),
        ([("sex",)], {}),
        ([("sex", "sex")], {"all": "TRUE"}),
        ([("sex", "role_code"), ("role_code", "sex")], {"all": "TRUE"}),
    ],
)
def test_requests_without_one_meaning_are_refused(breakdowns, perspectives):
    with pytest.raises(MeasureError):
        compute_cells(connect(random_records(5, 1)), "records", breakdowns=breakdowns, perspectives=perspectives)


def test_every_breakdown_is_rolled_up_once_from_a_block_that_holds_it():
    sizes = dict(zip("abcdefgh", (10, 12, 6, 5, 8, 3, 6, 7), strict=True))
    breakdowns = [names for size in range(4) for names in combinations("abcdefgh", size)]
    blocks = plan_blocks(breakdowns, sizes)
    assert sorted(place for _, places in blocks for place in places) == list(range(len(breakdowns)))
    assert all(set(breakdowns[place]) <= set(block) for block, places in blocks for place in places)
    assert len(blocks) < 25
