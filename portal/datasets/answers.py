"""The body of an answer to a query: chosen rows and columns as JSON, CSV, Parquet or Arrow."""

from __future__ import annotations

import base64
import hashlib
import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from portal.datasets.files.csv_file import OPTIONS
from portal.datasets.queries import numbers_of, texts_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from portal.datasets.columns import Columns
    from portal.datasets.limits import Budget
    from portal.datasets.metadata import VersionMetadata
    from portal.datasets.models import DatasetVersion

DEFAULT_ROWS, MAX_ROWS = 1000, 10_000
WORD = 8
FORMATS = {
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
    "arrow": "application/vnd.apache.arrow.stream",
}


class CursorError(ValueError):
    """A cursor that does not belong to this query."""


@dataclass(frozen=True)
class Query:
    """How to answer: in which order, from where, how much, which columns."""

    # What the rows were chosen and gathered by, so that a cursor can be held to it.
    key: str = ""
    sort: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    size: int = DEFAULT_ROWS
    cursor: str = ""
    labels: bool = False
    group_by: tuple[str, ...] = ()
    aggregates: tuple[str, ...] = ()
    warnings: list[dict[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Page:
    """One page of an answer."""

    rows: np.ndarray
    total: int
    start: int
    next_cursor: str


def page_of(order: np.ndarray, query: Query, digest: str) -> Page:
    """Return one page of rows in their order. The data never changes, so a place in it is a stable key."""
    seal = _seal(digest, query)
    start = _start(query.cursor, seal)
    stop = min(len(order), start + query.size)
    more = f"{stop:x}.{seal}" if stop < len(order) else ""
    return Page(order[start:stop], len(order), start, more)


def _seal(digest: str, query: Query) -> str:
    """Bind a cursor to the data, the criteria and the order."""
    bound = hashlib.blake2b(f"{digest}\n{query.key}\n{query.sort}".encode(), digest_size=8).digest()
    return base64.urlsafe_b64encode(bound).decode().rstrip("=")


def _start(cursor: str, seal: str) -> int:
    if not cursor:
        return 0
    place, _, given = cursor.partition(".")
    try:
        start = int(place, 16)
    except ValueError as error:
        raise CursorError("cursor is not one that this service gave") from error
    if given != seal or start < 0:
        raise CursorError("cursor belongs to another query; start again without it")
    return start


def sort_rows(table: Columns, rows: np.ndarray, sort: Sequence[str], budget: Budget | None = None) -> np.ndarray:
    """Return the rows in the order of the columns named (``-`` for descending), else as they are."""
    if not sort:
        return rows
    if budget:
        budget.spend(len(rows) * WORD * (len(sort) + 2))
    keys = []
    for name in reversed(sort):
        bare = name.removeprefix("-")
        values = table.codes[bare].ids[rows].astype(np.int64) if bare in table.codes else table.numbers[bare][rows]
        keys.append(-values if name.startswith("-") else values)
    return rows[np.lexsort(keys)]


def label_lists(metadata: VersionMetadata) -> dict[str, dict[str, str]]:
    """Return the labels of the codes of each dimension and of the measures."""
    return {**{dimension.id: dimension.labels for dimension in metadata.dimensions}, "measure": metadata.measure_labels}


def cells(
    version: DatasetVersion, table: Columns, rows: np.ndarray, columns: Sequence[str], *, labels: bool
) -> dict[str, list[Any]]:
    """Return the values of the columns at these rows, with labels beside codes where asked for."""
    lists = label_lists(version.meta) if labels else {}
    found: dict[str, list[Any]] = {}
    for name in columns:
        if name not in table.codes:
            found[name] = numbers_of(table, name, rows)
            continue
        found[name] = texts_of(table, name, rows)
        if name in lists:
            found[f"{name}_label"] = [lists[name].get(code) for code in found[name]]
    return found


def as_json(head: dict[str, Any], values: dict[str, list[Any]]) -> bytes:
    """Return the answer as JSON: what it is first, then the rows.

    A column is written at once and the columns are laid between each other: most of what a row says, its
    codes, is so made into JSON once for each code, not once for each row.
    """
    pieces: list[list[str]] = []
    for name, cells_of_column in values.items():
        pieces += _json_pieces(name, cells_of_column, before="," if pieces else "},{")
    laid = [""] * (len(pieces) * len(pieces[0]))
    for place, column in enumerate(pieces):
        laid[place :: len(pieces)] = column
    results = "".join(laid)[2:] + "}" if laid else ""
    return b'%s,"results":[%s]}' % (orjson.dumps(head)[:-1], results.encode())


def _json_pieces(name: str, cells_of_column: list[Any], before: str) -> list[list[str]]:
    start = f"{before}{orjson.dumps(name).decode()}:"
    # A column is of texts or of numbers: the first cell that is there says which.
    if isinstance(next((cell for cell in cells_of_column if cell is not None), None), str):
        written = {cell: start + orjson.dumps(cell).decode() for cell in set(cells_of_column)}
        return [[written[cell] for cell in cells_of_column]]
    numbers = orjson.dumps(cells_of_column).decode()[1:-1]
    return [[start] * len(cells_of_column), numbers.split(",") if numbers else []]


def as_table(table: Columns, values: dict[str, list[Any]], head: dict[str, Any]) -> pa.Table:
    """Return the answer as an Arrow table that names its version in its schema."""
    types = {name: pa.from_numpy_dtype(numbers.dtype) for name, numbers in table.numbers.items()}
    types |= {"count": pa.int64(), "hidden": pa.int64()}
    types |= dict.fromkeys(("sum", "mean", "min", "max"), pa.float64())
    schema = pa.schema([(name, types.get(name, pa.string())) for name in values])
    names = ("dataset", "version", "digest", "citation", "total", "returned")
    about = {name: str(head[name]) for name in names if name in head}
    return pa.table(values, schema=schema).replace_schema_metadata(about)


def encode(table: pa.Table, form: str) -> bytes:
    """Return the Arrow table as CSV, Parquet or an Arrow stream."""
    sink = io.BytesIO()
    if form == "csv":
        pyarrow.csv.write_csv(table, sink, OPTIONS)
    elif form == "parquet":
        pq.write_table(table, sink, compression="snappy")
    else:
        with pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table)
    return sink.getvalue()
