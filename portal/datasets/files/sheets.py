"""The spreadsheet of a version, independent of its format: cover, contents, notes and data sheets.

Follows the Analysis Function's checklist for accessible spreadsheets: one table a sheet starting
in column A, the title in A1, explanations above the table, one header row with unique names, no
merged, hidden or empty cells, shorthand in square brackets and explained.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import groupby, islice, repeat
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from portal.datasets.described import described
from portal.datasets.enums import SHORTHAND

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyarrow as pa

    from portal.datasets.files.canonical import CanonicalTable
    from portal.datasets.models import DatasetVersion

# LibreOffice and Excel hold 1,048,576 rows; the rest is for the text above the table.
SHEET_ROWS = 1_000_000
BATCH = 20_000
BLOCK_ROWS = 1_000
NONE = "none"
UNKNOWN = "[x]"
CONTROL = {number: None for number in range(32) if number not in {9, 10, 13}}

Cell = str | float | int


@dataclass(frozen=True)
class Properties:
    """What a document says of itself: screen readers speak the title."""

    title: str
    creator: str

    @classmethod
    def of(cls, version: DatasetVersion) -> Properties:
        """Return the properties of the spreadsheet of a version."""
        return cls(f"{described(version).title}, version {version.number}", described(version).publisher)


@dataclass(frozen=True)
class Column:
    """A column of a data sheet: where its cells come from and how wide it is."""

    title: str
    source: str
    is_number: bool = False
    labels: Mapping[str, str] | None = None
    width: int = 18


@dataclass(frozen=True)
class Sheet:
    """A sheet: lines of text, then at most one table."""

    name: str
    title: str
    lines: tuple[str, ...] = ()
    header: tuple[str, ...] = ()
    rows: tuple[tuple[Cell, ...], ...] = ()
    widths: tuple[int, ...] = ()
    # Data sheets bring their rows as blocks, in the words of the format.
    data: DataSheet | None = None


@dataclass(frozen=True)
class DataSheet:
    """Rows ``start`` to ``stop`` of the observations."""

    table: CanonicalTable
    columns: tuple[Column, ...]
    start: int
    stop: int

    @property
    def rows(self) -> int:
        """Return the number of rows of its table."""
        return self.stop - self.start

    def blocks(self, maker: RowMaker) -> Iterator[bytes]:
        """Yield the rows as blocks of ready-made XML."""
        place = 0
        for batch in self.table.batches(BATCH):
            first, last = max(self.start - place, 0), min(self.stop - place, batch.num_rows)
            place += batch.num_rows
            if first < last:
                yield from maker.blocks(self.columns, batch.slice(first, last - first))


@dataclass
class RowMaker:
    """Turns rows into pieces of XML, each different text of a column only once.

    Neighbouring columns that say the same thing in two ways, such as a label and its code, are one piece.
    """

    text: Callable[[str], str]
    number: Callable[[float | int], str]
    opening: str
    closing: str
    known: dict[str, dict[Any, bytes]] = field(default_factory=dict)

    def blocks(self, columns: Sequence[Column], batch: pa.RecordBatch) -> Iterator[bytes]:
        """Yield rows a block at a time: blocks that fit the processor's cache are put together far quicker."""
        groups = [list(group) for _, group in groupby(columns, key=lambda column: column.source)]
        pieces = [self._pieces(group, batch) for group in groups]
        rows = zip(repeat(self.opening.encode()), *pieces, repeat(self.closing.encode()))
        while block := b"".join(map(b"".join, islice(rows, BLOCK_ROWS))):
            yield block

    def _pieces(self, columns: Sequence[Column], batch: pa.RecordBatch) -> list[bytes]:
        """Return the XML of columns of one source, for each row."""
        source = columns[0].source
        if source == "value":
            return self._values(batch)
        values = batch[source].to_pylist()
        known = self.known.setdefault(source, {})
        new = [value for value in dict.fromkeys(values) if value not in known]
        made = [[self._plain(column, value) for value in new] for column in columns]
        known.update((value, "".join(cells).encode()) for value, *cells in zip(new, *made, strict=True))
        return [known[value] for value in values]

    def _plain(self, column: Column, value: Any) -> str:
        if isinstance(value, (int, float)):
            return self.number(value)
        if column.source == "status":
            return self.text(" ".join(f"[{word}]" for word in (value or "").split()) or NONE)
        label = column.labels.get(value, value) if column.labels else value
        return self.text(clean(label) if label else UNKNOWN)

    def _values(self, batch: pa.RecordBatch) -> list[bytes]:
        values, statuses = batch["value"].to_pylist(), batch["status"].to_pylist()
        hidden = {status: self.text(f"[{status.split()[0]}]").encode() for status in dict.fromkeys(statuses) if status}
        numbers = {value: self.number(value).encode() for value in dict.fromkeys(values) if value is not None}
        pairs = zip(values, statuses, strict=True)
        return [hidden[status] if value is None else numbers[value] for value, status in pairs]


def clean(text: str) -> str:
    """Return a text without the control characters that XML does not allow, with entities escaped."""
    return escape(str(text).translate(CONTROL), {'"': "&quot;"})


def plain_number(value: float) -> str:
    """Return a number as the files write it: whole numbers without a point."""
    return str(int(value)) if value == int(value) and abs(value) < 2**53 else repr(value)


def columns_of_sheet(table: CanonicalTable) -> tuple[Column, ...]:
    """Return the columns of the data sheets: the same cells as the CSV, with titles for people."""
    columns = []
    for dimension in table.metadata.dimensions:
        width = min(60, max([12, *[len(label) for label in dimension.labels.values()]]))
        columns.append(Column(dimension.label, dimension.id, labels=dimension.labels, width=width))
        columns.append(Column(f"{dimension.label} code", dimension.id, width=16))
    columns.append(Column("Measure", "measure", labels=table.metadata.measure_labels, width=24))
    units = {measure.id: measure.unit or NONE for measure in table.metadata.measures}
    columns.append(Column("Unit", "measure", labels=units, width=24))
    columns.append(Column("Value", "value", is_number=True))
    columns.append(Column("Symbol", "status"))
    columns.extend(
        Column(name.replace("_", " ").capitalize(), name, is_number=str(table.schema.field(name).type) != "string")
        for name in table.attributes
    )
    return _unique(columns)


def _unique(columns: list[Column]) -> tuple[Column, ...]:
    seen: dict[str, int] = {}
    result = []
    for column in columns:
        seen[column.title] = seen.get(column.title, 0) + 1
        title = column.title if seen[column.title] == 1 else f"{column.title} {seen[column.title]}"
        result.append(Column(title, column.source, column.is_number, column.labels, column.width))
    return tuple(result)


def sheets_of(version: DatasetVersion, table: CanonicalTable) -> list[Sheet]:
    """Return every sheet of the spreadsheet, in order."""
    columns = columns_of_sheet(table)
    starts = range(0, table.rows, SHEET_ROWS)
    names = ["Data"] if len(starts) == 1 else [f"Data {number}" for number in range(1, len(starts) + 1)]
    data = [
        _data_sheet(version, name, DataSheet(table, columns, start, min(start + SHEET_ROWS, table.rows)))
        for name, start in zip(names, starts, strict=True)
    ]
    notes = _notes(version)
    return [_cover(version), _contents(version, [notes, *data]), notes, *data]


def _cover(version: DatasetVersion) -> Sheet:
    dataset = described(version)
    lines = [
        dataset.summary,
        f"Version {version.number}. {version.get_kind_display()}. {version.change_note}".strip(),
        dataset.statistics_status,
        f"Area covered: {dataset.spatial}",
        f"Published by: {dataset.publisher}",
        f"Contact: {dataset.contact_name}, {dataset.contact_email}",
        f"Licence: Open Government Licence version 3.0, {dataset.licence}",
        f"This version, its other formats and its history: {dataset.site}{version.get_absolute_url()}",
    ]
    if dataset.is_synthetic:
        lines.insert(0, "Synthetic data: made up to show how the portal works. Do not quote these figures.")
    return Sheet("Cover", f"{dataset.title}, version {version.number}", tuple(line for line in lines if line))


def _contents(version: DatasetVersion, sheets: list[Sheet]) -> Sheet:
    rows = tuple((sheet.name, sheet.title) for sheet in sheets)
    return Sheet(
        "Contents",
        f"Contents of {described(version).title}",
        ("This sheet has one table.",),
        ("Sheet", "What it shows"),
        rows,
        (20, 90),
    )


def _notes(version: DatasetVersion) -> Sheet:
    symbols = [(f"[{word}]", meaning[0].upper() + meaning[1:]) for word, meaning in SHORTHAND.items()]
    notes = [(f"[note {number}]", note) for number, note in enumerate(version.meta.notes, start=1)]
    line = "This sheet has one table: first the symbols used in the data sheets, then the notes."
    return Sheet("Notes", "Symbols and notes", (line,), ("Symbol or note", "Meaning"), (*symbols, *notes), (20, 90))


def _data_sheet(version: DatasetVersion, name: str, data: DataSheet) -> Sheet:
    marks = " ".join(f"[note {number}]" for number in range(1, len(version.meta.notes) + 1))
    title = f"{described(version).title}: {name.lower()}, version {version.number} {marks}".strip()
    lines = (
        "This sheet has one table, with one row for each observation.",
        "Value holds a number, or a symbol in square brackets where there is none: "
        + "; ".join(f"[{word}] {meaning}" for word, meaning in SHORTHAND.items())
        + ".",
        f"Symbol holds the symbols that belong to the value, or the word {NONE}.",
        "Codes are given beside labels. The sheet Notes explains the notes.",
    )
    header = tuple(column.title for column in data.columns)
    return Sheet(name, title, lines, header, (), tuple(column.width for column in data.columns), data)
