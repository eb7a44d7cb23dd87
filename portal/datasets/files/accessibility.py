"""Checks a finished spreadsheet against the accessibility rules and writes the report beside it.

Reads the file itself, not what we meant to write, as a stream. Rules and their numbers are those
of the Analysis Function's checklist of the basics.
"""

from __future__ import annotations

import codecs
import html
import re
import zipfile
from dataclasses import dataclass, field
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
BLOCK = 4 * 1024 * 1024
TEXT = re.compile(r"<text:p>(.*?)</text:p>", re.DOTALL)
SHEET = re.compile(r'<table:table (?:[^>]*?)table:name="([^"]*)"([^>]*)>')
RANGE = re.compile(r"target-range-address=\"\$?(?:'|&apos;)?([^'\".]*)")
INDEX = re.compile(r"<c([^>]*)>(?:<v>(.*?)</v>)?")
NAME_LENGTH = 31


@dataclass
class SheetFacts:
    """What was seen of one sheet."""

    name: str
    widths: list[int] = field(default_factory=list)
    title: str = ""
    header: list[str] = field(default_factory=list)
    faults: set[int] = field(default_factory=set)
    rows: int = 0


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


def _seen(sheet: SheetFacts, width: int, filled: int, cells: Callable[[], list[str]]) -> None:
    """Note one row. Its texts are looked at up to the header only, so that a million rows take seconds."""
    sheet.rows += 1
    if not sheet.header:
        found = cells()
        if sheet.rows == 1:
            sheet.title = found[0] if found else ""
        if width > 1:
            sheet.header = found
    if not width:
        sheet.faults.add(3)
    if filled < width:
        sheet.faults.add(7)
    # Widths of equal rows are kept once, so that memory does not grow.
    if not sheet.widths or sheet.widths[-1] != width:
        sheet.widths.append(width)


def _pieces(archive: zipfile.ZipFile, name: str, end: str) -> Iterator[str]:
    """Yield the text of a part up to each ``end``, without holding the part."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    rest = ""
    with archive.open(name) as source:
        while block := source.read(BLOCK):
            *whole, rest = (rest + decoder.decode(block)).split(end)
            yield from whole
    yield rest


def _ods(archive: zipfile.ZipFile) -> tuple[list[SheetFacts], set[str]]:
    """Return what is in each sheet, and the names of the sheets whose table is marked up."""
    sheets: list[SheetFacts] = []
    piece = ""
    for piece in _pieces(archive, "content.xml", "</table:table-row>"):
        if begun := SHEET.search(piece):
            sheets.append(SheetFacts(html.unescape(begun.group(1))))
            sheets[-1].faults |= {8} if 'table:display="false"' in begun.group(2) else set()
        if "<table:table-row" in piece:
            _ods_row(sheets[-1], piece)
    return sheets, {html.unescape(name) for name in RANGE.findall(piece)}


def _ods_row(sheet: SheetFacts, piece: str) -> None:
    if 'table:visibility="' in piece:
        sheet.faults.add(8)
    if "covered-table-cell" in piece or "-spanned=" in piece:
        sheet.faults.add(2)
    width = piece.count("<table:table-cell")
    filled = piece.count("<text:p>") - piece.count("<text:p></text:p>")
    _seen(sheet, width, filled, lambda: [html.unescape(text).strip() for text in TEXT.findall(piece)])


def _xlsx(archive: zipfile.ZipFile) -> tuple[list[SheetFacts], set[str]]:
    """Return what is in each sheet, and the names of the sheets whose table is marked up."""
    strings = ["".join(item.itertext()) for item in ET.fromstring(archive.read("xl/sharedStrings.xml"))]  # noqa: S314 - ours
    book = ET.fromstring(archive.read("xl/workbook.xml"))  # noqa: S314 - ours
    sheets = []
    for number, item in enumerate(book.iter(f"{MAIN}sheet"), start=1):
        sheet = SheetFacts(item.get("name", ""))
        sheet.faults |= {8} if item.get("state", "visible") != "visible" else set()
        sheet.faults |= {7} if any(not text.strip() for text in strings) else set()
        for piece in _pieces(archive, f"xl/worksheets/sheet{number}.xml", "</row>"):
            _xlsx_piece(sheet, piece, strings)
        sheets.append(sheet)
    tables = {number for number in range(1, len(sheets) + 1) if f"xl/tables/table{number}.xml" in archive.namelist()}
    return sheets, {sheet.name for number, sheet in enumerate(sheets, start=1) if number in tables}


def _xlsx_piece(sheet: SheetFacts, piece: str, strings: list[str]) -> None:
    for mark, rule in (
        ("<mergeCell", 2),
        ("<autoFilter", 6),
        ("<pane", 6),
        ("<drawing", 18),
        ('hidden="', 8),
        ("<row/>", 3),
    ):
        if mark in piece:
            sheet.faults.add(rule)
    if "<row" in piece:
        width = piece.count("<c>") + piece.count("<c ") + piece.count("<c/>")
        filled = piece.count("<v>") - piece.count("<v></v>")
        _seen(sheet, width, filled, lambda: _xlsx_texts(piece, strings))


def _xlsx_texts(piece: str, strings: list[str]) -> list[str]:
    return [
        strings[int(value)].strip() if 't="s"' in kind else value
        for kind, value in INDEX.findall(piece.rpartition("<row")[2])
    ]


def _language(archive: zipfile.ZipFile, *, is_ods: bool) -> tuple[str, str]:
    text = archive.read("meta.xml" if is_ods else "docProps/core.xml").decode()
    found = [re.search(rf"<dc:{name}>([^<]+)</dc:{name}>", text) for name in ("title", "language")]
    return found[0].group(1) if found[0] else "", found[1].group(1) if found[1] else ""
