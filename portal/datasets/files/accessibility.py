"""Checks a finished spreadsheet against the accessibility rules and writes the report beside it.

Reads the file itself, not what we meant to write, as a stream. Rules and their numbers are those
of the Analysis Function's checklist of the basics.
"""

from __future__ import annotations

import html
import re
import zipfile
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

RULES = {
    1: "Every table is marked up",
    2: "No merged, split or nested cells",
    3: "No blank rows or columns inside a table",
    4: "One header row with unique headers",
    6: "No filters and no frozen panes",
    7: "No empty cells",
    8: "No hidden rows, columns or sheets",
    14: "A descriptive title in A1",
    18: "No images, charts or macros",
    19: "Unique sheet names and no blank sheets",
    20: "Text above the table in column A",
    21: "Tables start in column A, one to a sheet, nothing below",
    23: "Document title and language set",
}
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
BLOCK = 256 * 1024
MOST_CELLS = 50_000
TEXT = re.compile(r"<text:p>(.*?)</text:p>", re.DOTALL)
SHEET = re.compile(r'<table:table (?:[^>]*?)table:name="([^"]*)"([^>]*)>')
ODS_MARKS = {b'table:visibility="': 8, b"covered-table-cell": 2, b"-spanned=": 2}
XLSX_MARKS = {b"<mergeCell": 2, b"<autoFilter": 6, b"<pane": 6, b"<drawing": 18, b'hidden="': 8, b"<row/>": 3}
RANGE = re.compile(r"target-range-address=\"\$?(?:'|&apos;)?([^'\".]*)")
INDEX = re.compile(r"<c([^>]*)>(?:<v>(.*?)</v>)?")
NAME_LENGTH = 31


@dataclass
class SheetFacts:
    """What was seen of one sheet. Rows are noted one by one; equal cells are looked at once."""

    name: str
    inspect: Callable[[bytes], set[int]]
    widths: list[int] = field(default_factory=list)
    title: str = ""
    header: list[str] = field(default_factory=list)
    faults: set[int] = field(default_factory=set)
    rows: int = 0
    cells: set[bytes] = field(default_factory=set)

    def keep(self, cells: list[bytes]) -> None:
        """Keep cells to be looked at; memory does not grow with rows."""
        self.cells.update(cells)
        if len(self.cells) > MOST_CELLS:
            self.look()

    def look(self) -> None:
        """Look at the cells that were kept."""
        self.faults |= set().union(*map(self.inspect, self.cells))
        self.cells.clear()


def check(path: Path) -> dict[str, Any]:
    """Return the report: each rule with whether it holds and where it does not."""
    with zipfile.ZipFile(path) as archive:
        is_ods = "mimetype" in archive.namelist()
        sheets, marked = _ods(archive) if is_ods else _xlsx(archive)
        language = _language(archive, is_ods=is_ods)
        foreign = [name for name in archive.namelist() if re.search(r"(?i)(media|pictures|drawings|charts|vba)", name)]
    faults: dict[int, list[str]] = {rule: [] for rule in RULES}
    for sheet in sheets:
        for rule in sorted(sheet.faults | _layout_faults(sheet)):
            faults[rule].append(sheet.name)
    names = [sheet.name for sheet in sheets]
    faults[19] += [name for name in names if names.count(name) > 1 or len(name) > NAME_LENGTH]
    faults[1] += [sheet.name for sheet in sheets if sheet.header and sheet.name not in marked]
    faults[18] += foreign
    faults[23] += [] if all(language) else ["document"]
    rules = [
        {"rule": rule, "text": text, "holds": not faults[rule], "where": faults[rule]} for rule, text in RULES.items()
    ]
    return {"file": path.name, "holds": all(rule["holds"] for rule in rules), "rules": rules}


def _layout_faults(sheet: SheetFacts) -> set[int]:
    faults = set()
    if not sheet.title.strip():
        faults.add(14)
    if not sheet.rows:
        faults.add(19)
    table = [width for width in sheet.widths if width > 1]
    # Text in column A comes first; from the header on every row is as wide as the header.
    start = next((place for place, width in enumerate(sheet.widths) if width > 1), len(sheet.widths))
    if any(width != 1 for width in sheet.widths[:start]):
        faults.add(20)
    if any(width == 1 for width in sheet.widths[start:]):
        faults.add(21)
    if table and any(width != table[0] for width in table):
        faults.add(3)
    if len(set(sheet.header)) != len(sheet.header) or any(not name.strip() for name in sheet.header):
        faults.add(4)
    return faults


def _seen(sheet: SheetFacts, cells: list[bytes], texts: Callable[[], list[str]]) -> None:
    """Note one row. Its texts are looked at up to the header only, so that a million rows take seconds."""
    width = len(cells) - 1  # what follows the last cell stands at the end
    sheet.rows += 1
    sheet.keep(cells)
    if not sheet.header:
        found = texts()
        if sheet.rows == 1:
            sheet.title = found[0] if found else ""
        if width > 1:
            sheet.header = found
    if not width:
        sheet.faults.add(3)
    # Widths of equal rows are kept once, so that memory does not grow.
    if not sheet.widths or sheet.widths[-1] != width:
        sheet.widths.append(width)


def _pieces(archive: zipfile.ZipFile, name: str, end: bytes) -> Iterator[bytes]:
    """Yield a part up to each ``end``, without holding the part."""
    rest = b""
    with archive.open(name) as source:
        while block := source.read(BLOCK):
            *whole, rest = (rest + block).split(end)
            yield from whole
    yield rest


def _ods(archive: zipfile.ZipFile) -> tuple[list[SheetFacts], set[str]]:
    """Return what is in each sheet, and the names of the sheets whose table is marked up."""
    sheets: list[SheetFacts] = []
    piece = b""
    for piece in _pieces(archive, "content.xml", b"</table:table-row>"):
        if not piece.startswith(b"<table:table-row") and (begun := SHEET.search(piece.decode())):
            sheets.append(SheetFacts(html.unescape(begun.group(1)), _ods_faults))
            sheets[-1].faults |= {8} if 'table:display="false"' in begun.group(2) else set()
        if b"<table:table-row" in piece:
            _seen(sheets[-1], piece.split(b"</table:table-cell>"), partial(_ods_texts, piece))
    for sheet in sheets:
        sheet.look()
    return sheets, {html.unescape(name) for name in RANGE.findall(piece.decode())}


def _ods_texts(piece: bytes) -> list[str]:
    return [html.unescape(text).strip() for text in TEXT.findall(piece.decode())]


def _ods_faults(cell: bytes) -> set[int]:
    """Look at one cell with what stands before it; one that closes itself or has no text is empty."""
    is_empty = cell.count(b"<table:table-cell") > cell.count(b"<text:p>") - cell.count(b"<text:p></text:p>")
    return {rule for mark, rule in ODS_MARKS.items() if mark in cell} | ({7} if is_empty else set())


def _xlsx(archive: zipfile.ZipFile) -> tuple[list[SheetFacts], set[str]]:
    """Return what is in each sheet, and the names of the sheets whose table is marked up."""
    strings = ["".join(item.itertext()) for item in ET.fromstring(archive.read("xl/sharedStrings.xml"))]  # noqa: S314 - ours
    book = ET.fromstring(archive.read("xl/workbook.xml"))  # noqa: S314 - ours
    sheets = []
    for number, item in enumerate(book.iter(f"{MAIN}sheet"), start=1):
        sheet = SheetFacts(item.get("name", ""), _xlsx_faults)
        sheet.faults |= {8} if item.get("state", "visible") != "visible" else set()
        sheet.faults |= {7} if any(not text.strip() for text in strings) else set()
        for piece in _pieces(archive, f"xl/worksheets/sheet{number}.xml", b"</row>"):
            cells = piece.split(b"</c>")
            if b"<row" in piece:
                _seen(sheet, cells, partial(_xlsx_texts, piece, strings))
            else:
                sheet.keep(cells)
        sheet.look()
        sheets.append(sheet)
    tables = {number for number in range(1, len(sheets) + 1) if f"xl/tables/table{number}.xml" in archive.namelist()}
    return sheets, {sheet.name for number, sheet in enumerate(sheets, start=1) if number in tables}


def _xlsx_faults(cell: bytes) -> set[int]:
    """Look at one cell with what stands before it; one that closes itself or has no value is empty."""
    cells = cell.count(b"<c>") + cell.count(b"<c ") + cell.count(b"<c/>")
    is_empty = cells > cell.count(b"<v>") - cell.count(b"<v></v>")
    return {rule for mark, rule in XLSX_MARKS.items() if mark in cell} | ({7} if is_empty else set())


def _xlsx_texts(piece: bytes, strings: list[str]) -> list[str]:
    return [
        strings[int(value)].strip() if 't="s"' in kind else value
        for kind, value in INDEX.findall(piece.decode().rpartition("<row")[2])
    ]


def _language(archive: zipfile.ZipFile, *, is_ods: bool) -> tuple[str, str]:
    text = archive.read("meta.xml" if is_ods else "docProps/core.xml").decode()
    found = [re.search(rf"<dc:{name}>([^<]+)</dc:{name}>", text) for name in ("title", "language")]
    return found[0].group(1) if found[0] else "", found[1].group(1) if found[1] else ""
