"""A whole table as columns, for checks that look at each different value once.

A plain text file, in which no cell needs a quotation mark, is cut into columns without making a
Python object of every cell. Any other file goes through its reader a batch of rows at a time, so
that half a million rows never stand in memory as objects.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from portal.submissions.reading.delimited import DelimitedFile
from portal.submissions.reading.errors import Refused
from portal.submissions.reading.tables import MAX_ROWS, Row, TableReader, fit

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

BATCH = 25_000
_NEWLINE = 10
_PIECE = 1 << 18
#: With more uneven lines than this share the reader of rows is as fast.
_MOST_UNEVEN = 0.05


@dataclass
class Columns:
    """Rows of a table by column; those whose cells do not fit the headings apart.

    ``frame`` has a column of text for each index asked for, named by it, and ``line`` and
    ``number``: the line of the file and which data row of the file it is.
    """

    frame: pl.DataFrame
    uneven: list[tuple[int, Row]] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """How many rows the table has."""
        return len(self.frame) + len(self.uneven)


def read_columns(table: TableReader, wanted: Sequence[int], progress: Callable[[int], None] | None = None) -> Columns:
    """Read all rows of a table, the ``wanted`` cells of each."""
    if isinstance(table.source, DelimitedFile) and (quick := _plain(table, table.source, wanted)) is not None:
        return quick
    frames, uneven, number = [], [], 0
    rows = table.rows()
    while batch := list(islice(rows, BATCH)):
        even = []
        for row in batch:
            number += 1
            if row.width is None:
                even.append((number, row))
            else:
                uneven.append((number, row))
        data = {str(index): [row.cells[index] for _, row in even] for index in wanted}
        data |= {"line": [row.line for _, row in even], "number": [at for at, _ in even]}
        frames.append(pl.DataFrame(data, schema=_schema(wanted)))
        if progress:
            progress(number)
    return Columns(pl.concat(frames) if frames else pl.DataFrame(schema=_schema(wanted)), uneven)


def _schema(wanted: Sequence[int]) -> dict[str, type[pl.DataType]]:
    return {str(index): pl.String for index in wanted} | {"line": pl.Int32, "number": pl.Int32}


def _plain(table: TableReader, source: DelimitedFile, wanted: Sequence[int]) -> Columns | None:
    """Cut a file without quotation marks into columns, or return None where it is not that plain."""
    dialect, last = source.dialect, table.columns[-1]
    data = source.as_utf8()
    if dialect.escape or dialect.quote.encode() in data or b"\0" in data or last == 1:
        return None
    if b"\r" in data and data.count(b"\r") != data.count(b"\r\n"):
        return None
    start = 0
    for _ in range(table.heading_line):
        start = data.find(b"\n", start) + 1
    body = data[start:] if start else b""
    if body and not body.endswith(b"\n"):
        body += b"\n"
    lines = _all_even(body, dialect.delimiter, last)
    if lines is None:
        lines = _even_lines(body.replace(b"\r\n", b"\n"), dialect.delimiter, last)
    return None if lines is None else _cut(table, lines, wanted)


@dataclass
class _Lines:
    """Lines that all have as many delimiters as the headings, and what was wrong with the others."""

    frame: pl.DataFrame
    #: Places below the headings, counted from 0, of the lines in ``frame``.
    places: np.ndarray
    uneven: dict[int, Row]


def _names(last: int) -> list[str]:
    return [f"c{column}" for column in range(1, last + 1)]


def _parsed(body: bytes, delimiter: str, last: int) -> pl.DataFrame:
    if not body:
        return pl.DataFrame(schema=dict.fromkeys(_names(last), pl.String))
    return pl.read_csv(
        body, has_header=False, separator=delimiter, quote_char=None, infer_schema=False, empty_string_is_null=False,
        schema=dict.fromkeys(_names(last), pl.String),
    )  # fmt: skip


def _all_even(body: bytes, delimiter: str, last: int) -> _Lines | None:
    """Take a file whose every line has all its cells, as most have, or return None."""
    count = _count(body, b"\n")
    if _count(body, delimiter.encode()) != count * (last - 1):
        return None
    try:
        frame = _parsed(body, delimiter, last)
    except pl.exceptions.PolarsError:
        # A line has too many cells, so another has too few.
        return None
    return _Lines(frame, np.arange(count), {}) if len(frame) == count else None


def _count(body: bytes, sign: bytes) -> int:
    """Count a sign that comes often: a piece that stays in the processor's cache at a time."""
    signs = np.frombuffer(body, dtype=np.uint8)
    return sum(
        int(np.count_nonzero(signs[start : start + _PIECE] == sign[0])) for start in range(0, len(signs), _PIECE)
    )


def _even_lines(body: bytes, delimiter: str, last: int) -> _Lines | None:
    cells = np.frombuffer(body, dtype=np.uint8)
    ends = np.flatnonzero(cells == _NEWLINE)
    starts = np.concatenate(([0], ends[:-1] + 1))
    if (ends - starts).max(initial=0) >= csv.field_size_limit():
        return None
    marks = np.searchsorted(np.flatnonzero(cells == ord(delimiter)), ends)
    counts = np.diff(marks, prepend=0)
    places = np.arange(len(ends))
    # A line of delimiters alone is blank and no row.
    is_blank = counts == ends - starts
    odd = np.flatnonzero((counts != last - 1) & ~is_blank)
    if len(odd) > _MOST_UNEVEN * len(ends) + 10:
        return None
    drop, uneven, extra = is_blank, {}, []
    for place in odd.tolist():
        raw = body[starts[place] : ends[place]].decode().split(delimiter)
        drop[place] = True
        if not any(cell.strip() for cell in raw):
            continue
        fitted, width = fit(raw, last)
        if width is None:
            extra.append((place, delimiter.join(fitted)))
        else:
            uneven[place] = Row(place, fitted, width)
    if drop.any():
        body = b"".join(body[first : end + 1] for first, end in zip(starts[~drop], ends[~drop], strict=True))
        places = places[~drop]
    if extra:
        body += "".join(f"{text}\n" for _, text in extra).encode()
        places = np.concatenate((places, [place for place, _ in extra]))
    return _Lines(_parsed(body, delimiter, last), places, uneven)


def _cut(table: TableReader, lines: _Lines, wanted: Sequence[int]) -> Columns:
    place = pl.Series("line", lines.places + (table.heading_line + 1), pl.Int32)
    frame = lines.frame.with_columns(place)
    if not place.is_sorted():
        frame = frame.sort("line")
    if (blank := _blank_places(frame, [f"c{table.columns[index]}" for index in wanted])) is not None:
        frame = frame[np.setdiff1d(np.arange(len(frame)), blank)]
    uneven = [(place + table.heading_line + 1, row) for place, row in lines.uneven.items()]
    return _numbered(table, frame, uneven, wanted)


def _blank_places(frame: pl.DataFrame, asked: list[str]) -> np.ndarray | None:
    """Return which lines hold blanks alone; almost always none, and the first column shows it."""
    places = pl.Series(np.arange(len(frame)))
    for name in [*asked, *(name for name in frame.columns if name != "line" and name not in asked)]:
        is_blank = (
            frame[name].gather(places).str.strip_chars() == ""
            if len(places) < len(frame)
            else frame[name].str.strip_chars() == ""
        )
        places = places.filter(is_blank)
        if not len(places):
            return None
    return places.to_numpy()


def _numbered(table: TableReader, frame: pl.DataFrame, uneven: list[tuple[int, Row]], wanted: Sequence[int]) -> Columns:
    """Number the rows as a person counts them, uneven ones included."""
    at = np.sort(np.concatenate((frame["line"].to_numpy(), np.array([line for line, _ in uneven], dtype=np.int32))))
    if len(at) > MAX_ROWS:
        raise Refused("F-042", f"The file has more than {MAX_ROWS:,} rows. Send it in parts.", line=int(at[MAX_ROWS]))
    numbers = np.searchsorted(at, frame["line"].to_numpy()) + 1
    columns = [pl.col(f"c{table.columns[index]}").alias(str(index)) for index in wanted]
    shown = frame.select(*columns, "line", pl.Series("number", numbers, pl.Int32))
    rest = [
        (int(np.searchsorted(at, line)) + 1, Row(line, [row.cells[column - 1] for column in table.columns], row.width))
        for line, row in uneven
    ]
    return Columns(shown, rest)
