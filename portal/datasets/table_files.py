"""A table that a reader built, as a file: numbers stay numbers, a symbol stands in a column of its own."""

from __future__ import annotations

import csv
import io
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from portal.datasets import presentation
from portal.datasets.enums import SHORTHAND
from portal.datasets.files import ods, xlsx
from portal.datasets.files.sheets import Properties, Sheet

if TYPE_CHECKING:
    from portal.datasets.models import DatasetVersion
    from portal.datasets.table_layout import BuiltTable

BOOKS = {"ods": (ods.write_book, ods.MEDIA_TYPE), "xlsx": (xlsx.write_book, xlsx.MEDIA_TYPE)}


def as_csv(version: DatasetVersion, table: BuiltTable) -> str:
    """Return the table as CSV: each column of values is followed by its symbols, where it has any."""
    sink = io.StringIO()
    writer = csv.writer(sink, lineterminator="\r\n")
    marked = _marked(table, "statuses")
    titles = [
        part for place, title in enumerate(table.header) for part in _pair(title, f"{title}, status", place in marked)
    ]
    writer.writerow(["dataset", "version", "code", table.stub, *titles])
    for row in table.rows:
        pairs = enumerate(zip(row["values"], row["statuses"], strict=True))
        cells = [part for place, (value, status) in pairs for part in _pair(value, status, place in marked)]
        writer.writerow([version.dataset.slug, version.number, row["code"], row["label"], *cells])
    return sink.getvalue()


def as_book(version: DatasetVersion, table: BuiltTable, form: str) -> bytes:
    """Return the table as an accessible spreadsheet: a symbol in place of a value that is not there."""
    symbols = "; ".join(f"[{word}] {meaning}" for word, meaning in SHORTHAND.items() if word in table.statuses)
    lines = (
        "This sheet has one table.",
        f"Source: {presentation.citation(version)}",
        *([f"Symbols: {symbols}."] if symbols else []),
        *(["Synthetic data: do not quote these figures."] if version.is_synthetic else []),
    )
    # A value that is there and has a symbol too, as an estimate has, gets a column for its symbols.
    marked = _marked(table, "values")
    titles = [
        part for place, title in enumerate(table.header) for part in _pair(title, f"{title}, symbol", place in marked)
    ]
    header = (table.stub, *titles)
    unique = tuple(name if name not in header[:place] else f"{name} ({place})" for place, name in enumerate(header))
    rows = tuple((row["label"], *_cells(row, marked)) for row in table.rows)
    sheet = Sheet("Table", table.title, lines, unique, rows, (40, *[16] * len(titles)))
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "table"
        BOOKS[form][0]([sheet], Properties(table.title, version.dataset.publisher), target)
        return target.read_bytes()


def _marked(table: BuiltTable, by: str) -> set[int]:
    """Return the columns with a symbol in them: at any cell, or ``by`` values, beside a value."""
    places = range(len(table.header))
    return {
        place
        for place in places
        if any(row["statuses"][place] and (by == "statuses" or row["values"][place] is not None) for row in table.rows)
    }


def _pair(first: Any, second: Any, has_second: bool) -> tuple[Any, ...]:
    return (first, second) if has_second else (first,)


def _cells(row: dict[str, Any], marked: set[int]) -> list[Any]:
    cells: list[Any] = []
    for place, (value, status, text) in enumerate(zip(row["values"], row["statuses"], row["texts"], strict=True)):
        symbols = " ".join(f"[{word}]" for word in status.split())
        cells.extend(_pair(text if value is None else value, symbols or "none", place in marked))
    return cells
