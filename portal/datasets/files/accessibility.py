"""Checks a finished spreadsheet against the accessibility rules and writes the report beside it.

Reads the file itself, not what we meant to write, as a stream. Rules and their numbers are those
of the Analysis Function's checklist of the basics.
"""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from collections.abc import Iterator
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
OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
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
        sheets = list(_ods_sheets(archive) if is_ods else _xlsx_sheets(archive))
        marked = _marked(archive, is_ods=is_ods)
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


def _seen(sheet: SheetFacts, cells: list[str]) -> None:
    """Note one row. Widths of equal rows are kept once, so that memory does not grow."""
    sheet.rows += 1
    if sheet.rows == 1:
        sheet.title = cells[0] if cells else ""
    if len(cells) > 1 and not sheet.header:
        sheet.header = cells
    if not cells:
        sheet.faults.add(3)
    if any(not cell for cell in cells):
        sheet.faults.add(7)
    if not sheet.widths or sheet.widths[-1] != len(cells):
        sheet.widths.append(len(cells))


def _ods_sheets(archive: zipfile.ZipFile) -> Iterator[SheetFacts]:
    sheet = SheetFacts("")
    with archive.open("content.xml") as source:
        for event, element in ET.iterparse(source, ("start", "end")):  # noqa: S314 - a file we wrote a moment ago
            if event == "start":
                if element.tag == f"{TABLE}table":
                    sheet = SheetFacts(element.get(f"{TABLE}name", ""))
                    sheet.faults |= {8} if element.get(f"{TABLE}display") == "false" else set()
                continue
            if element.tag == f"{TABLE}table-row":
                _ods_row(sheet, element)
                element.clear()
            elif element.tag == f"{TABLE}table-header-rows":
                element.clear()
            elif element.tag == f"{TABLE}table":
                yield sheet
                element.clear()


def _ods_row(sheet: SheetFacts, row: ET.Element) -> None:
    if row.get(f"{TABLE}visibility") in {"collapse", "filter"}:
        sheet.faults.add(8)
    cells = []
    for cell in row:
        if cell.tag.endswith("covered-table-cell") or any(
            cell.get(f"{TABLE}number-{kind}-spanned", "1") != "1" for kind in ("columns", "rows")
        ):
            sheet.faults.add(2)
        cells.append("".join(cell.itertext()).strip())
    _seen(sheet, cells)


def _xlsx_sheets(archive: zipfile.ZipFile) -> Iterator[SheetFacts]:
    strings = ["".join(item.itertext()) for item in ET.fromstring(archive.read("xl/sharedStrings.xml"))]  # noqa: S314 - ours
    book = ET.fromstring(archive.read("xl/workbook.xml"))  # noqa: S314 - ours
    for number, item in enumerate(book.iter(f"{MAIN}sheet"), start=1):
        sheet = SheetFacts(item.get("name", ""))
        sheet.faults |= {8} if item.get("state", "visible") != "visible" else set()
        with archive.open(f"xl/worksheets/sheet{number}.xml") as source:
            for _event, element in ET.iterparse(source):  # noqa: S314 - ours
                _xlsx_element(sheet, element, strings)
        yield sheet


def _xlsx_element(sheet: SheetFacts, element: ET.Element, strings: list[str]) -> None:
    rule = {"mergeCell": 2, "autoFilter": 6, "pane": 6, "drawing": 18}.get(element.tag.removeprefix(MAIN))
    if rule:
        sheet.faults.add(rule)
    if element.get("hidden") in {"1", "true"}:
        sheet.faults.add(8)
    if element.tag == f"{MAIN}row":
        _seen(sheet, [_xlsx_text(cell, strings) for cell in element])
        element.clear()


def _xlsx_text(cell: ET.Element, strings: list[str]) -> str:
    value = cell.findtext(f"{MAIN}v", "")
    return strings[int(value)].strip() if cell.get("t") == "s" else value


def _marked(archive: zipfile.ZipFile, *, is_ods: bool) -> set[str]:
    """Return the names of the sheets whose table is marked up."""
    if is_ods:
        found = set()
        with archive.open("content.xml") as source:
            for _event, element in ET.iterparse(source):  # noqa: S314 - ours
                if element.tag == f"{TABLE}database-range":
                    found.add(element.get(f"{TABLE}target-range-address", "").split("'")[1])
                elif element.tag in {f"{TABLE}table-row", f"{TABLE}table"}:
                    element.clear()
        return found
    book = ET.fromstring(archive.read("xl/workbook.xml"))  # noqa: S314 - ours
    names = [item.get("name", "") for item in book.iter(f"{MAIN}sheet")]
    return {name for number, name in enumerate(names, start=1) if f"xl/tables/table{number}.xml" in archive.namelist()}


def _language(archive: zipfile.ZipFile, *, is_ods: bool) -> tuple[str, str]:
    text = archive.read("meta.xml" if is_ods else "docProps/core.xml").decode()
    found = [re.search(rf"<dc:{name}>([^<]+)</dc:{name}>", text) for name in ("title", "language")]
    return found[0].group(1) if found[0] else "", found[1].group(1) if found[1] else ""
