"""One table from any file: its headings, and its rows with their real places."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from portal.submissions.reading.content import Kind, kind_of
from portal.submissions.reading.delimited import DelimitedFile
from portal.submissions.reading.errors import Refused
from portal.submissions.reading.spreadsheets import Spreadsheet

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAX_ROWS = 500_000
MAX_COLUMNS = 500
HEADING_SEARCH = 40
_VALUE = re.compile(r"[-+£$€]?[\d.,\s%]*\d[\d.,\s%]*|null|n/?a|-", re.IGNORECASE)
_YEAR = re.compile(r"(19|20)\d{2}")
_FEW = 2


@dataclass(frozen=True)
class Choices:
    """What the person changed in how the file is read. Empty: detect it."""

    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    heading_line: int = 0


class Row(NamedTuple):
    """A data row: the line of the file it starts on, and a cell for each heading.

    ``width`` is the number of cells the row really has, when that does not fit the headings.
    """

    line: int
    cells: list[str]
    width: int | None = None


@dataclass
class TableReader:
    """An opened table. ``rows`` reads the file as it goes: a large one takes no more memory."""

    kind: Kind
    source: DelimitedFile | Spreadsheet
    headings: list[str]
    #: For each heading, its column in the file, counted from 1.
    columns: list[int]
    heading_line: int
    notes: list[str] = field(default_factory=list)

    @property
    def encoding(self) -> str:
        """The encoding by the name people see; empty for a workbook."""
        return self.source.encoding.name if isinstance(self.source, DelimitedFile) else ""

    @property
    def delimiter(self) -> str:
        """The delimiter itself; empty for a workbook."""
        return self.source.dialect.delimiter if isinstance(self.source, DelimitedFile) else ""

    @property
    def sheet(self) -> str:
        """The sheet that is read; empty for text."""
        return self.source.sheet if isinstance(self.source, Spreadsheet) else ""

    def rows(self) -> Iterator[Row]:
        """Yield the rows below the headings, blank ones left out."""
        last = self.columns[-1]
        plain = self.columns == list(range(1, last + 1))
        count = 0
        for line, raw in self.source.rows():
            if line <= self.heading_line or not any(raw) or not any(cell.strip() for cell in raw):
                continue
            count += 1
            if count > MAX_ROWS:
                raise Refused("F-042", f"The file has more than {MAX_ROWS:,} rows. Send it in parts.", line=line)
            width = len(raw)
            cells = raw
            if width != last:
                cells, width = fit(raw, last)
            else:
                width = None
            yield Row(line, cells if plain else [cells[column - 1] for column in self.columns], width)


def fit(raw: list[str], last: int) -> tuple[list[str], int | None]:
    """Cut blank cells off the end; report a row whose cells still do not fit the headings."""
    if len(raw) > last:
        extra = any(cell.strip() for cell in raw[last:])
        return raw[:last], len(raw) if extra else None
    return raw + [""] * (last - len(raw)), len(raw)


def open_table(path: Path, *, vocabulary: frozenset[str] = frozenset(), choices: Choices | None = None) -> TableReader:
    """Open the table in a file, or refuse the file.

    ``vocabulary`` holds the headings that are expected, folded; with it the heading row, the
    sheet and the delimiter are found by what they say rather than by their shape.
    """
    choices = choices or Choices()
    kind = kind_of(path)
    source: DelimitedFile | Spreadsheet
    if kind is Kind.TEXT:
        source = DelimitedFile(path, encoding=choices.encoding, delimiter=choices.delimiter, vocabulary=vocabulary)
    else:
        source = Spreadsheet(path, sheet=choices.sheet, vocabulary=vocabulary)
    sample = [(line, row) for line, row in itertools.islice(source.rows(), 200) if any(cell.strip() for cell in row)]
    if not sample:
        raise Refused("F-001", "The file has no text in it. A table with a row of headings was expected.")
    index = _heading_index(sample, vocabulary, choices.heading_line)
    line, raw = sample[index]
    reader = TableReader(kind, source, *_columns(raw, [row for _, row in sample[index + 1 :]]), line)
    reader.notes = _notes(source, sample, index)
    return reader


def _heading_index(sample: list[tuple[int, list[str]]], vocabulary: frozenset[str], chosen: int) -> int:
    if chosen:
        for index, (line, _row) in enumerate(sample):
            if line == chosen:
                return index
        raise Refused("F-040", f"Line {chosen} cannot be the headings: it is blank or too far down.", line=chosen)
    head = sample[:HEADING_SEARCH]
    if vocabulary:
        # The same values come again in every row.
        is_known = {cell: fold(cell) in vocabulary for cell in {cell for _line, row in head for cell in row}}
        known = [sum(is_known[cell] for cell in row) for _line, row in head]
        if max(known) >= _FEW or (max(known) and max(len(row) for _l, row in head) == 1):
            return known.index(max(known))
    widths = Counter(_filled(row) for _line, row in sample)
    usual = max(widths, key=lambda width: (widths[width] * width, width))
    for index, (_line, row) in enumerate(head):
        if _filled(row) >= max(1, 0.6 * usual) and not _looks_like_data(row):
            return index
    return 0


def _filled(row: list[str]) -> int:
    return sum(bool(cell.strip()) for cell in row)


def _looks_like_data(row: list[str]) -> bool:
    cells = [cell.strip() for cell in row if cell.strip()]
    # A year is as good a heading as a word.
    return sum(bool(_VALUE.fullmatch(cell)) and not _YEAR.fullmatch(cell) for cell in cells) > len(cells) / 2


def _columns(heading: list[str], below: list[list[str]]) -> tuple[list[str], list[int]]:
    """Return headings and their columns; columns without heading and without values are left out."""
    headings, columns = [], []
    last = max((number for number, cell in enumerate(heading, start=1) if cell.strip()), default=0)
    for number in range(1, last + 1):
        text = " ".join(heading[number - 1].split())
        if text or any(len(row) >= number and row[number - 1].strip() for row in below):
            headings.append(text)
            columns.append(number)
    if len(columns) > MAX_COLUMNS:
        raise Refused("F-041", f"The file has {len(columns):,} columns; at most {MAX_COLUMNS} are read.")
    return headings, columns


def _notes(source: DelimitedFile | Spreadsheet, sample: list[tuple[int, list[str]]], index: int) -> list[str]:
    """Say in sentences what was found above and in the headings."""
    notes = []
    line = sample[index][0]
    if index:
        notes.append(f"{index} line{'s' * (index > 1)} above the headings {'are' if index > 1 else 'is'} not read.")
    filled = [cell for cell in sample[index][1] if cell.strip()]
    repeated = [text for text, count in Counter(fold(cell) for cell in filled).items() if count > 1]
    if repeated:
        notes.append(f"Line {line} has the same heading more than once: {', '.join(repeated[:5])}.")
    if isinstance(source, DelimitedFile) and source.encoding.lost_line:
        notes.append(
            f"Line {source.encoding.lost_line} holds the sign \ufffd: another program lost a letter there before the file was sent.",
        )
    if isinstance(source, Spreadsheet):
        for first, last in source.merged_in_row(line):
            notes.append(
                f"The heading cells {column_letters(first)}{line} to {column_letters(last)}{line} are merged: only the first has the text."
            )
    if index + 1 < len(sample) and _filled(sample[index][1]) < _filled(sample[index + 1][1]) * 0.7:
        notes.append(
            f"Line {line} has fewer headings than the row below has cells; the headings may take more than one row."
        )
    return notes


def fold(text: str) -> str:
    """Return a heading as it is compared: case, spaces, underscores, hyphens and accents do not count."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    return " ".join(re.sub(r"[\W_]+", " ", "".join(char for char in plain if not unicodedata.combining(char))).split())


def column_letters(number: int) -> str:
    """Return the letters of a column, as spreadsheets name it: 1 is A, 27 is AA."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def cell_reference(column: int, line: int) -> str:
    """Return the name of a cell, for example C14."""
    return f"{column_letters(column)}{line}"
