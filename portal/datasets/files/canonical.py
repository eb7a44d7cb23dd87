"""The canonical observation table: one row per cell and measure, sorted, checked, as Parquet.

Columns, in this order: the dimensions as the metadata lists them, ``measure``, ``value``
(DOUBLE, null where hidden), ``status`` (the shorthand, empty where there is none), then any
attributes (source, coverage). Numbers stay numbers: a status never stands in the value column.
"""

# ruff: noqa: S608 - the only names put into SQL are columns, checked against a pattern or quoted
from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from portal.datasets.enums import SHORTHAND
from portal.datasets.errors import BadObservations
from portal.datasets.metadata import Code, Dimension, VersionMetadata

if TYPE_CHECKING:
    from collections.abc import Iterator

# Areas first: readers ask for one area more often than for anything else, and sorted row groups
# let a client fetch only that part of the file.
SORT_FIRST = ("geography_level", "geography_code")
MIN_GROUP, MAX_GROUP, GROUPS = 20_000, 125_000, 50
BATCH = 50_000
TYPES = {"DOUBLE": pa.float64(), "BIGINT": pa.int64()}


@dataclass(frozen=True)
class CanonicalTable:
    """A canonical Parquet file and what describes it."""

    path: Path
    metadata: VersionMetadata

    @cached_property
    def schema(self) -> pa.Schema:
        """Return the columns and their types."""
        return pq.read_schema(self.path)

    @cached_property
    def rows(self) -> int:
        """Return the number of observations."""
        return pq.read_metadata(self.path).num_rows

    @property
    def dimension_ids(self) -> list[str]:
        """Return the dimension columns in order."""
        return [dimension.id for dimension in self.metadata.dimensions]

    @property
    def attributes(self) -> list[str]:
        """Return the columns after the status."""
        return [name for name in self.schema.names if name not in {*self.dimension_ids, "measure", "value", "status"}]

    def batches(self, size: int = BATCH) -> Iterator[pa.RecordBatch]:
        """Yield the rows in order, a batch at a time, so that memory does not grow with rows."""
        with pq.ParquetFile(self.path) as file:
            yield from file.iter_batches(batch_size=size)


def write_canonical(source: Path, metadata: VersionMetadata, target: Path) -> CanonicalTable:
    """Check the observations in ``source`` (Parquet) and write them sorted to ``target``.

    Raises :class:`BadObservations` when columns, codes, measures, statuses or keys do not agree
    with the metadata. Dimensions without a list of codes get one from the data.
    """
    with duckdb.connect(config={"threads": 1}) as con:
        con.execute("SET TimeZone = 'UTC'")
        con.execute(f"CREATE VIEW source AS SELECT * FROM read_parquet({_quoted(str(source))})")
        columns = _columns(con, metadata)
        metadata = _with_codes(con, metadata)
        _check(con, metadata)
        _write(con, metadata, columns, target)
    return CanonicalTable(target, metadata)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _columns(con: duckdb.DuckDBPyConnection, metadata: VersionMetadata) -> list[tuple[str, str]]:
    """Return (name, type) of the canonical columns, attributes last and in alphabetical order."""
    found = {row[0]: row[1] for row in con.execute("DESCRIBE source").fetchall()}
    needed = [*metadata.by_id, "measure", "value", "status"]
    if missing := [name for name in needed if name not in found]:
        raise BadObservations(f"the observations have no column {', '.join(missing)}")
    types = dict.fromkeys(needed, "VARCHAR") | {"value": "DOUBLE"}
    attributes = {
        name: "BIGINT" if "INT" in kind else "VARCHAR" for name, kind in sorted(found.items()) if name not in types
    }
    return [*types.items(), *attributes.items()]


def _with_codes(con: duckdb.DuckDBPyConnection, metadata: VersionMetadata) -> VersionMetadata:
    """Give each dimension without a list of codes the codes found in the data."""
    dimensions = []
    for dimension in metadata.dimensions:
        if not dimension.codes:
            found = con.execute(
                f'SELECT DISTINCT "{dimension.id}"::VARCHAR AS code FROM source ORDER BY code'
            ).fetchall()
            codes = tuple(Code(code=row[0], label=row[0]) for row in found if row[0])
            dimension = Dimension.model_validate({**dimension.model_dump(), "codes": codes})  # noqa: PLW2901 - one of two ways on
        dimensions.append(dimension)
    return VersionMetadata.model_validate({**metadata.model_dump(), "dimensions": dimensions})


def _check(con: duckdb.DuckDBPyConnection, metadata: VersionMetadata) -> None:
    if not _count(con):
        raise BadObservations("the table of observations has no rows")
    lists = {dimension.id: list(dimension.labels) for dimension in metadata.dimensions}
    lists["measure"] = list(metadata.measure_labels)
    for name, allowed in lists.items():
        unknown = con.execute(
            f'SELECT DISTINCT "{name}" FROM source WHERE "{name}" IS NULL OR NOT list_contains(?::VARCHAR[], "{name}"::VARCHAR) ORDER BY ALL LIMIT 5',
            [allowed],
        ).fetchall()
        if unknown:
            raise BadObservations(
                f"{name} has values that are not in its list: {', '.join(repr(row[0]) for row in unknown)}"
            )
    _check_values(con)
    keys = ", ".join(f'"{name}"' for name in lists)
    if twice := con.execute(
        f"SELECT {keys} FROM source GROUP BY ALL HAVING count(*) > 1 ORDER BY ALL LIMIT 1"
    ).fetchall():
        raise BadObservations(f"the same cell stands twice: {', '.join(map(str, twice[0]))}")


def _check_values(con: duckdb.DuckDBPyConnection) -> None:
    words = con.execute(
        "SELECT DISTINCT word FROM (SELECT unnest(string_split(coalesce(status, ''), ' ')) AS word FROM source) ORDER BY ALL",
    ).fetchall()
    if unknown := [row[0] for row in words if row[0] and row[0] not in SHORTHAND]:
        raise BadObservations(f"status has words that are not shorthand: {', '.join(unknown[:5])}")
    if bare := _count(con, "WHERE value IS NULL AND coalesce(status, '') = ''"):
        raise BadObservations(f"{bare} cells have neither a value nor a status that says why")
    if odd := _count(con, "WHERE isnan(value::DOUBLE) OR isinf(value::DOUBLE)"):
        raise BadObservations(f"{odd} values are not numbers")


def _write(
    con: duckdb.DuckDBPyConnection, metadata: VersionMetadata, columns: list[tuple[str, str]], target: Path
) -> None:
    fields = ", ".join(
        "coalesce(status, '')::VARCHAR AS status" if name == "status" else f"{_name(name)}::{kind} AS {_name(name)}"
        for name, kind in columns
    )
    dimensions = list(metadata.by_id)
    first = [name for name in SORT_FIRST if name in dimensions]
    order = ", ".join(map(_name, [*first, *[name for name in dimensions if name not in first], "measure"]))
    schema = pa.schema([(name, TYPES.get(kind, pa.string())) for name, kind in columns])
    group = max(MIN_GROUP, min(MAX_GROUP, _count(con) // GROUPS))
    reader = con.sql(f"SELECT {fields} FROM source ORDER BY {order}").to_arrow_reader(BATCH)
    with pq.ParquetWriter(
        target, schema, compression="snappy", version="2.6", store_schema=False, write_statistics=True
    ) as writer:
        for table in _regrouped(reader, group):
            writer.write_table(table.cast(schema), row_group_size=group)


def _count(con: duckdb.DuckDBPyConnection, condition: str = "") -> int:
    return int(con.execute(f"SELECT count(*) FROM source {condition}").fetchall()[0][0])


def _regrouped(reader: pa.RecordBatchReader, size: int) -> Iterator[pa.Table]:
    """Yield tables of exactly ``size`` rows (the last may be shorter): row groups must not depend on batches."""
    waiting: list[pa.RecordBatch] = []
    count = 0
    for batch in reader:
        waiting.append(batch)
        count += batch.num_rows
        while count >= size:
            table = pa.Table.from_batches(waiting)
            yield table.slice(0, size)
            waiting = table.slice(size).to_batches()
            count -= size
    if count:
        yield pa.Table.from_batches(waiting)
