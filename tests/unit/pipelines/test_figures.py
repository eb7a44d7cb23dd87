"""Figures of a period: protection, audit against earlier versions, and the same bytes with any number of threads."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from portal.pipelines.code_version import code_digest
from portal.pipelines.engine import connect, write_table
from portal.pipelines.figures import Earlier, audited_of, cells_of, protected_of
from portal.pipelines.observations import observations_of
from portal.pipelines.snapshots import write_snapshot
from portal.pipelines.specification import specification_of
from portal.pipelines.synthetic.tables import snapshot_table
from portal.pipelines.synthetic.workforce import make_workforce

PREDICATES = {
    "D1": "role_group IN ('doctors', 'nurses')",
    "D2": "role_group <> 'support'",
    "D3": "TRUE",
    "D4": "qualifications <> ''",
}
PERIOD = "2026-03"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("figures")


@pytest.fixture(scope="module")
def snapshot(folder):
    path = folder / "snapshot.parquet"
    with connect(folder) as connection:
        connection.register("made", snapshot_table(make_workforce(posts=3_000), 3))
        write_snapshot(connection, "made", path)
    return path


@pytest.fixture(scope="module")
def specification():
    return specification_of("oh-headcount")


def protected(folder, snapshot, specification, threads=2) -> pa.Table:
    with connect(folder, threads=threads) as connection:
        cells = cells_of(connection, snapshot, specification, PREDICATES)
    columns = ("region_code", "icb_code", "role_group", "role_code")
    lists = {name: sorted(set(cells[name].to_pylist()) - {"all"}) for name in columns}
    return protected_of(specification, cells, period=PERIOD, lists=lists, perspectives=list(PREDICATES))


def test_threads_do_not_change_the_bytes_of_observations(folder, snapshot, specification) -> None:
    coverage = {
        PERIOD: {"expected": 3, "accepted": 2, "expected_by_region": {"Y56": 1}, "accepted_by_region": {"Y56": 1}}
    }
    written = set()
    for threads in (1, 2):
        table = observations_of(specification, [protected(folder, snapshot, specification, threads)], coverage)
        write_table(table, folder / f"observations-{threads}.parquet")
        written.add((folder / f"observations-{threads}.parquet").read_bytes())
    assert len(written) == 1


def test_no_shown_headcount_is_small_or_exact_and_fte_is_hidden_with_it(folder, snapshot, specification) -> None:
    rows = protected(folder, snapshot, specification).to_pylist()
    shown = [row["value"] for row in rows if row["value"] is not None]
    assert shown
    assert all(value % 5 == 0 for value in shown)
    assert all(row["value"] >= 10 for row in rows if row["measure"] == "headcount" and row["value"] is not None)
    keys = ("perspective", "breakdown", "region_code", "icb_code", "role_group", "role_code")
    hidden = {tuple(row[k] for k in keys) for row in rows if row["measure"] == "headcount" and row["status"] == "c"}
    fte = {tuple(row[k] for k in keys): row["status"] for row in rows if row["measure"] == "fte"}
    assert all(fte[key] == "c" for key in hidden)


def test_a_table_is_shown_under_the_perspectives_that_it_names_only(folder, snapshot, specification) -> None:
    tables = [
        table.model_copy(update={"perspectives": ("D2",)}) if table.id == "icb-by-group" else table
        for table in specification.tables
    ]
    table = protected(folder, snapshot, specification.model_copy(update={"tables": tuple(tables)}))
    fine = table.filter(pc.equal(table["breakdown"], "time_period,icb_code,role_group"))
    assert set(fine["perspective"].to_pylist()) == {"D2"}


@pytest.mark.slow
def test_what_an_earlier_version_said_of_other_records_is_looked_at_as_well(folder, snapshot, specification) -> None:
    """A correction is the most dangerous release: both versions are one system of equations."""
    corrected = folder / "corrected.parquet"
    with connect(folder) as connection:
        write_snapshot(connection, f"(FROM read_parquet('{snapshot}') ORDER BY record_key OFFSET 3)", corrected)
    whole = protected(folder, snapshot, specification)
    # Its audit hid a cell that the rule of ten did not: the correction leaves it hidden.
    cell = next(place for place, status in enumerate(whole["status"].to_pylist()) if not status)
    hidden, at = pa.array([place == cell for place in range(whole.num_rows)]), whole.column_names.index
    said = whole.set_column(at("status"), "status", pc.if_else(hidden, "c", whole["status"]))
    said = said.set_column(at("value"), "value", pc.if_else(hidden, pa.scalar(None, pa.float64()), whole["value"]))
    before = Earlier("version 1.0.0", snapshot, "0" * 64, PREDICATES, said, before=whole)
    now = protected(folder, corrected, specification)
    with connect(folder) as connection:
        alone, after = (
            audited_of(
                connection, specification, snapshot=corrected, predicates=PREDICATES, protected=now, earlier=earlier
            )
            for earlier in ((), (before,))
        )
    assert alone.certificate["counts"]["facts"] == now.num_rows
    assert after.certificate["counts"]["facts"] == now.num_rows + before.protected.num_rows
    assert after.certificate["counts"]["small_groups"] > alone.certificate["counts"]["small_groups"]
    assert alone.passed
    assert [outcome.protected["status"][cell].as_py() for outcome in (alone, after)] == ["", "c"]


def test_a_version_of_the_same_records_in_the_same_way_says_nothing_new(snapshot) -> None:
    before = Earlier("version 1.0.0", snapshot, "0" * 64, PREDICATES, pa.table({}), before_audit="1" * 64)
    assert before.is_this_again(snapshot, PREDICATES, "1" * 64)
    assert not before.is_this_again(snapshot, PREDICATES, "2" * 64)
    assert not before.is_this_again(snapshot, {**PREDICATES, "D4": "TRUE"}, "1" * 64)


def test_the_digest_of_the_sources_is_of_this_code() -> None:
    assert len(code_digest()) == 64
