"""Sealing records into a snapshot: one Parquet file, the same bytes for the same records.

The name of a snapshot is its SHA-256. Column order, row order (by record key), row groups and
writer settings are fixed and nothing in the file knows the time, so that another machine with
another number of threads writes the same file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from portal.pipelines.errors import SnapshotError
from portal.pipelines.layouts import WORKFORCE, Layout

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

ROWS_IN_GROUP = 122_880


def write_snapshot(connection: duckdb.DuckDBPyConnection, relation: str, sink: Path, layout: Layout = WORKFORCE) -> int:
    """Write the records of ``relation`` as a snapshot file and return their number."""
    reader = connection.sql(layout.canonical_query(relation)).to_arrow_reader(ROWS_IN_GROUP)
    rows = 0
    with pq.ParquetWriter(
        sink, layout.schema, version="2.6", compression="zstd", compression_level=3, use_dictionary=True,
        write_statistics=True, data_page_version="1.0", store_schema=False,
    ) as writer:  # fmt: skip
        for group in _row_groups(reader, layout.schema):
            writer.write_table(group, row_group_size=ROWS_IN_GROUP)
            rows += group.num_rows
    check_snapshot(connection, sink, layout)
    return rows


def _row_groups(batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> Iterator[pa.Table]:
    """Cut batches of any size into tables of exactly one row group, and a last shorter one."""
    waiting: list[pa.RecordBatch] = []
    held = 0
    for batch in batches:
        waiting.append(batch)
        held += batch.num_rows
        while held >= ROWS_IN_GROUP:
            table = pa.Table.from_batches(waiting).cast(schema).combine_chunks()
            yield table.slice(0, ROWS_IN_GROUP).combine_chunks()
            rest = table.slice(ROWS_IN_GROUP)
            waiting, held = rest.to_batches(), rest.num_rows
    if held:
        yield pa.Table.from_batches(waiting).cast(schema).combine_chunks()


def check_snapshot(connection: duckdb.DuckDBPyConnection, path: Path, layout: Layout = WORKFORCE) -> None:
    """Refuse a file with a record twice, a missing key, or a person with two noise keys."""
    needed = " OR ".join(f"{name} IS NULL" for name in layout.needed)
    found = connection.execute(
        f"""
        SELECT count(*) - count(DISTINCT record_key) AS repeated,
               count(*) FILTER ({needed}) AS missing,
               count(*) FILTER (noise_key IS NULL OR noise_key < 0 OR noise_key > 255) AS unkeyed,
               count(DISTINCT (worker_key, noise_key)) FILTER (worker_key IS NOT NULL)
                   - count(DISTINCT worker_key) AS twice_keyed
        FROM read_parquet('{path}')
        """,  # noqa: S608 - the path is ours
    ).fetchall()[0]
    names = (
        "records with a key that another has",
        "records without a key, FTE or period",
        "records without a noise key",
        "people with two noise keys",
    )
    faults = [f"{number:,} {name}" for number, name in zip(found, names, strict=True) if number]
    if faults:
        raise SnapshotError(f"These records cannot be sealed: {'; '.join(faults)}.")
