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

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

NOT_KNOWN = "not_known"
ROWS_IN_GROUP = 122_880
SCHEMA = pa.schema(
    [
        ("record_key", pa.string()),
        ("worker_key", pa.string()),
        ("noise_key", pa.int16()),
        ("organisation_key", pa.string()),
        ("organisation_group_key", pa.string()),
        ("provider_type", pa.string()),
        ("organisation_size", pa.string()),
        ("family", pa.string()),
        ("role_code", pa.string()),
        ("role_group", pa.string()),
        ("job_title_code", pa.string()),
        ("registration_body", pa.string()),
        ("registration_part", pa.string()),
        ("qualifications", pa.string()),
        ("functions", pa.string()),
        ("oh_share_milli", pa.int32()),
        ("fte_nano", pa.int64()),
        ("contract_type", pa.string()),
        ("region_code", pa.string()),
        ("icb_code", pa.string()),
        ("sex", pa.string()),
        ("age_band", pa.string()),
        ("ethnic_group", pa.string()),
        ("disability", pa.string()),
        ("kind", pa.string()),
        ("weight_count", pa.int32()),
        ("time_period", pa.string()),
        ("collection_code", pa.string()),
    ],
)
#: Columns with a code in every row: what is missing is the code ``not_known``, never NULL.
CATEGORY_COLUMNS = (
    "provider_type", "organisation_size", "family", "role_code", "role_group", "registration_body",
    "registration_part", "contract_type", "region_code", "icb_code", "sex", "age_band", "ethnic_group", "disability",
    "kind",
)  # fmt: skip
#: Columns that hold several codes between bars, ``|a|b|``, or nothing.
SET_COLUMNS = ("qualifications", "functions")
_KEYS_THAT_MAY_BE_EMPTY = ("worker_key", "job_title_code")
_TYPES = {"string": "VARCHAR", "int16": "SMALLINT", "int32": "INTEGER", "int64": "BIGINT"}


def _expression(name: str, kind: str) -> str:
    if name in CATEGORY_COLUMNS:
        return f"coalesce(nullif(trim({name}), ''), '{NOT_KNOWN}') AS {name}"
    if name in SET_COLUMNS:
        return f"coalesce({name}, '') AS {name}"
    if name in _KEYS_THAT_MAY_BE_EMPTY:
        return f"nullif({name}, '') AS {name}"
    if name == "noise_key":
        # A contracted service has no person, so nothing to add to a cell's key.
        return "CASE WHEN nullif(worker_key, '') IS NULL THEN 0 ELSE noise_key END::SMALLINT AS noise_key"
    return f"{name}::{_TYPES[kind]} AS {name}"


def canonical_query(relation: str) -> str:
    """Return the SQL that puts the records of ``relation`` into columns and order of a snapshot."""
    columns = ", ".join(_expression(field.name, str(field.type)) for field in SCHEMA)
    return f"SELECT {columns} FROM {relation} ORDER BY record_key"  # noqa: S608 - names are ours


def csv_relation(path: Path) -> str:
    """Return a table expression over the records that the submissions database copied out."""
    types = ", ".join(f"'{field.name}': '{_TYPES[str(field.type)]}'" for field in SCHEMA)
    return f"read_csv('{path}', header=true, delim=',', quote='\"', escape='\"', nullstr='', columns={{{types}}})"


def write_snapshot(connection: duckdb.DuckDBPyConnection, relation: str, sink: Path) -> int:
    """Write the records of ``relation`` as a snapshot file and return their number."""
    reader = connection.sql(canonical_query(relation)).to_arrow_reader(ROWS_IN_GROUP)
    rows = 0
    with pq.ParquetWriter(
        sink, SCHEMA, version="2.6", compression="zstd", compression_level=3, use_dictionary=True,
        write_statistics=True, data_page_version="1.0", store_schema=False,
    ) as writer:  # fmt: skip
        for group in _row_groups(reader):
            writer.write_table(group, row_group_size=ROWS_IN_GROUP)
            rows += group.num_rows
    check_snapshot(connection, sink)
    return rows


def _row_groups(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
    """Cut batches of any size into tables of exactly one row group, and a last shorter one."""
    waiting: list[pa.RecordBatch] = []
    held = 0
    for batch in batches:
        waiting.append(batch)
        held += batch.num_rows
        while held >= ROWS_IN_GROUP:
            table = pa.Table.from_batches(waiting).cast(SCHEMA).combine_chunks()
            yield table.slice(0, ROWS_IN_GROUP).combine_chunks()
            rest = table.slice(ROWS_IN_GROUP)
            waiting, held = rest.to_batches(), rest.num_rows
    if held:
        yield pa.Table.from_batches(waiting).cast(SCHEMA).combine_chunks()


def check_snapshot(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Refuse a file with a record twice, a missing key, or a person with two noise keys."""
    found = connection.execute(
        f"""
        SELECT count(*) - count(DISTINCT record_key) AS repeated,
               count(*) FILTER (record_key IS NULL OR organisation_key IS NULL OR organisation_group_key IS NULL
                                OR fte_nano IS NULL OR weight_count IS NULL OR oh_share_milli IS NULL
                                OR time_period IS NULL OR collection_code IS NULL) AS missing,
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
