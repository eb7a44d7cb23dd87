"""Why a figure changed: the parts add up exactly, and each reason is found where it is the only one."""

from __future__ import annotations

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.pipelines.reasons import Side, explain

BREAKDOWNS = [("time_period",), ("time_period", "role_group")]
OLD, NEW = {"D2": "role_group = 'nurses'"}, {"D2": "role_group IN ('nurses', 'doctors')"}


def record(
    number: int, organisation: str, *, version: int = 1, group: str = "nurses", worker: int | None = None
) -> dict:
    """Return a record as a snapshot holds it; its key is of its return version."""
    return {
        "record_key": f"{organisation}-{version}-{number}",
        "worker_key": f"w{number if worker is None else worker}",
        "noise_key": (number if worker is None else worker) % 256,
        "organisation_key": organisation,
        "organisation_group_key": organisation,
        "role_code": group,
        "role_group": group,
        "kind": "record",
        "weight_count": 1,
        "fte_nano": 333_333_333,
        "time_period": "2026-03",
    }


def parts_of(tmp_path, before: list[dict], after: list[dict], old=OLD, new=OLD) -> dict:
    sides = []
    for name, rows, rules in (("before", before, old), ("after", after, new)):
        path = tmp_path / f"{name}.parquet"
        pq.write_table(pa.Table.from_pylist(rows), path)
        sides.append(Side(path, rules))
    with duckdb.connect() as connection:
        return explain(connection, *sides, breakdowns=BREAKDOWNS, quantities=("headcount", "fte"))


def total(found: dict, quantity: str = "headcount"):
    return next(item for (cell, name), item in found.items() if cell[1] == "time_period" and name == quantity)


A = [record(n, "a") for n in range(3)]


@pytest.mark.parametrize(
    ("before", "after", "reason", "change"),
    [
        (A, [*A, record(9, "b")], "added", 1),
        ([*A, record(9, "b")], A, "withdrawn", -1),
        (A, [record(n, "a", version=2) for n in range(5)], "corrected", 2),
        (A, [*A[:2], {**A[2], "role_code": "doctor", "role_group": "doctors"}], "reclassified", -1),
    ],
)
def test_one_reason_alone_takes_the_whole_change(tmp_path, before, after, reason, change) -> None:
    found = total(parts_of(tmp_path, before, after))
    assert found.change == change
    assert {name: part for name, part in found.parts.items() if part} == {reason: change}


def test_another_rule_is_the_definition(tmp_path) -> None:
    rows = [*A, record(7, "a", group="doctors")]
    found = total(parts_of(tmp_path, rows, rows, OLD, NEW))
    assert found.parts == {"added": 0, "withdrawn": 0, "corrected": 0, "reclassified": 0, "definition": 1}


rows_of = st.lists(
    st.tuples(
        st.sampled_from("abc"), st.integers(1, 2), st.integers(0, 5), st.integers(0, 3),
        st.sampled_from(["nurses", "doctors", "support"]),
    ),
    min_size=1, max_size=14, unique_by=lambda row: row[:3],
)  # fmt: skip


@pytest.mark.slow
@settings(
    max_examples=40, suppress_health_check=[*settings().suppress_health_check, HealthCheck.function_scoped_fixture]
)
@given(before=rows_of, after=rows_of)
def test_the_parts_always_add_up_to_the_change_in_every_cell(tmp_path, before, after) -> None:
    """People with posts in several organisations, returns that come, go and change, and another rule, all at once."""
    made = [
        [record(n, organisation, version=version, group=group, worker=worker) for organisation, version, n, worker, group in rows]
        for rows in (before, after)
    ]  # fmt: skip
    found = parts_of(tmp_path, *made, OLD, NEW)
    for item in found.values():
        assert sum(item.parts.values()) == item.change
    people = {row["worker_key"] for row in made[1] if row["role_group"] in {"nurses", "doctors"}}
    assert total(found).after == len(people) if people else True
