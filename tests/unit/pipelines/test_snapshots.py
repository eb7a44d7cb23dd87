"""A snapshot is the same bytes for the same records, whatever the order and the threads."""

from __future__ import annotations

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from portal.core.storage import sha256_of
from portal.pipelines.errors import SnapshotError
from portal.pipelines.layouts import WORKFORCE
from portal.pipelines.snapshots import ROWS_IN_GROUP, write_snapshot
from portal.pipelines.synthetic.tables import snapshot_table
from portal.pipelines.synthetic.workforce import make_workforce


@pytest.fixture(scope="module")
def records() -> pa.Table:
    # More than one row group, so that the cut between groups is tried as well.
    return snapshot_table(make_workforce(posts=ROWS_IN_GROUP + 5_000), 3).cast(WORKFORCE.schema)


def _write(table: pa.Table, path, *, threads: int = 2) -> str:
    with duckdb.connect(config={"threads": threads}) as connection:
        connection.register("records", table)
        write_snapshot(connection, "records", path)
    return sha256_of(path)


@pytest.mark.slow
def test_order_chunks_and_threads_do_not_change_the_bytes(records, tmp_path) -> None:
    shuffled = records.take(pc.sort_indices(records["fte_nano"]))
    pieces = pa.concat_tables([records.slice(70_000), records.slice(0, 70_000)])
    digests = {
        _write(records, tmp_path / "a", threads=1),
        _write(records, tmp_path / "b", threads=2),
        _write(shuffled, tmp_path / "c", threads=4),
        _write(pieces, tmp_path / "d"),
    }
    assert len(digests) == 1
    file = pq.ParquetFile(tmp_path / "a")
    assert file.schema_arrow.names == WORKFORCE.schema.names
    assert [file.metadata.row_group(n).num_rows for n in range(file.num_row_groups)] == [ROWS_IN_GROUP, 5_000]


@pytest.mark.slow
def test_one_changed_record_changes_the_name(records, tmp_path) -> None:
    fte = records["fte_nano"].to_pylist()
    fte[17] += 1
    changed = records.set_column(WORKFORCE.schema.get_field_index("fte_nano"), "fte_nano", pa.array(fte, pa.int64()))
    assert _write(changed, tmp_path / "a") != _write(records, tmp_path / "b")


def test_what_is_missing_becomes_a_category(records, tmp_path) -> None:
    few = records.slice(0, 50)
    for name in WORKFORCE.categories:
        few = few.set_column(few.column_names.index(name), name, pa.array([None, " "] * 25, pa.string()))
    _write(few, tmp_path / "a")
    written = pq.read_table(tmp_path / "a")
    for name in WORKFORCE.categories:
        assert pc.unique(written[name]).to_pylist() == ["not_known"], name


def test_a_copied_file_gives_the_same_snapshot_as_the_table(records, tmp_path) -> None:
    few = records.slice(0, 500)
    with duckdb.connect() as connection:
        connection.register("records", few)
        connection.execute(f"COPY records TO '{tmp_path / 'records.csv'}' (HEADER, FORCE_QUOTE (qualifications))")
        write_snapshot(connection, WORKFORCE.csv_relation(tmp_path / "records.csv"), tmp_path / "a")
    assert sha256_of(tmp_path / "a") == _write(few, tmp_path / "b")


@pytest.mark.parametrize(
    ("column", "values", "message"),
    [
        ("record_key", ["same"] * 20, "19 records with a key that another has"),
        ("organisation_key", [None] * 20, "20 records without a key"),
        ("noise_key", [256] * 20, "without a noise key"),
        ("worker_key", ["one"] * 20, "people with two noise keys"),
    ],
)
def test_records_that_would_make_wrong_figures_are_refused(records, tmp_path, column, values, message) -> None:
    people = records.filter(pc.is_valid(records["worker_key"])).slice(0, 20)
    field = WORKFORCE.schema.field(column)
    broken = people.set_column(WORKFORCE.schema.get_field_index(column), field, pa.array(values, field.type))
    with pytest.raises(SnapshotError, match=message):
        _write(broken, tmp_path / "a")
