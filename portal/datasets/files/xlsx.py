"""Accessible Office Open XML spreadsheet, written as a stream.

Written here rather than by a library: docs/adr/0012-own-spreadsheet-writers.md says why.
"""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

from portal.datasets.files.archive import Archive
from portal.datasets.files.ods import HEAD, LANGUAGE, column_letters
from portal.datasets.files.sheets import Properties, RowMaker, Sheet, clean, plain_number, sheets_of

if TYPE_CHECKING:
    from pathlib import Path

    from portal.datasets.files.canonical import CanonicalTable
    from portal.datasets.models import DatasetVersion

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"
ROW = ("<row>", "</row>")
WRAPPED, TITLE, HEADER = 0, 1, 2


class Strings:
    """The texts of the workbook, each kept once and referred to by number."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}

    def cell(self, value: str, style: int = WRAPPED) -> str:
        """Return a cell with a text that is escaped already."""
        number = self.numbers.setdefault(value, len(self.numbers))
        return f'<c t="s" s="{style}"><v>{number}</v></c>' if style else f'<c t="s"><v>{number}</v></c>'

    def part(self) -> str:
        """Return the part of the workbook that holds the texts."""
        items = "".join(f'<si><t xml:space="preserve">{text}</t></si>' for text in self.numbers)
        return f'{HEAD}<sst xmlns="{MAIN}" uniqueCount="{len(self.numbers)}">{items}</sst>'


def write_xlsx(version: DatasetVersion, table: CanonicalTable, target: Path) -> int:
    """Write the spreadsheet to ``target`` and return the number of observations."""
    write_book(sheets_of(version, table), Properties.of(version), target)
    return table.rows


def write_book(sheets: list[Sheet], properties: Properties, target: Path) -> None:
    """Write any sheets as a workbook."""
    tables = {number: sheet for number, sheet in enumerate(sheets, start=1) if sheet.header}
    strings = Strings()
    with Archive(target, level=1) as archive:
        archive.text("[Content_Types].xml", _content_types(sheets, tables))
        archive.text("_rels/.rels", _package_relations())
        archive.text("docProps/core.xml", _core(properties))
        archive.text("xl/workbook.xml", _workbook(sheets))
        archive.text("xl/_rels/workbook.xml.rels", _workbook_relations(sheets))
        archive.text("xl/styles.xml", _styles())
        for number, sheet in enumerate(sheets, start=1):
            with archive.part(f"xl/worksheets/sheet{number}.xml") as sink:
                _sheet(sheet, strings, sink, is_first=number == 1)
        for number, sheet in tables.items():
            relation = _relation("rId1", f"{RELATIONS}/table", f"../tables/table{number}.xml")
            archive.text(f"xl/worksheets/_rels/sheet{number}.xml.rels", _relations(relation))
            archive.text(f"xl/tables/table{number}.xml", _table(number, sheet))
        archive.text("xl/sharedStrings.xml", strings.part())


def _relation(key: str, kind: str, target: str) -> str:
    return f'<Relationship Id="{key}" Type="{kind}" Target="{target}"/>'


def _relations(inner: str) -> str:
    return f'{HEAD}<Relationships xmlns="{PACKAGE}/relationships">{inner}</Relationships>'


def _package_relations() -> str:
    core = _relation("rId2", f"{PACKAGE}/relationships/metadata/core-properties", "docProps/core.xml")
    return _relations(_relation("rId1", f"{RELATIONS}/officeDocument", "xl/workbook.xml") + core)


def _workbook_relations(sheets: list[Sheet]) -> str:
    numbered = [
        _relation(f"rId{n}", f"{RELATIONS}/worksheet", f"worksheets/sheet{n}.xml") for n in range(1, len(sheets) + 1)
    ]
    styles = _relation("rIdStyles", f"{RELATIONS}/styles", "styles.xml")
    strings = _relation("rIdStrings", f"{RELATIONS}/sharedStrings", "sharedStrings.xml")
    return _relations("".join(numbered) + styles + strings)


def _content_types(sheets: list[Sheet], tables: dict[int, Sheet]) -> str:
    parts = {
        "/xl/workbook.xml": f"{TYPES}.sheet.main+xml",
        "/xl/styles.xml": f"{TYPES}.styles+xml",
        "/xl/sharedStrings.xml": f"{TYPES}.sharedStrings+xml",
        "/docProps/core.xml": "application/vnd.openxmlformats-package.core-properties+xml",
        **{f"/xl/worksheets/sheet{number}.xml": f"{TYPES}.worksheet+xml" for number in range(1, len(sheets) + 1)},
        **{f"/xl/tables/table{number}.xml": f"{TYPES}.table+xml" for number in tables},
    }
    overrides = "".join(f'<Override PartName="{name}" ContentType="{kind}"/>' for name, kind in parts.items())
    return (
        f'{HEAD}<Types xmlns="{PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{overrides}</Types>'
    )


def _core(properties: Properties) -> str:
    title = clean(properties.title)
    return (
        f'{HEAD}<cp:coreProperties xmlns:cp="{PACKAGE}/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"<dc:title>{title}</dc:title><dc:creator>{clean(properties.creator)}</dc:creator>"
        f"<dc:language>{LANGUAGE}</dc:language></cp:coreProperties>"
    )


def _workbook(sheets: list[Sheet]) -> str:
    listed = "".join(
        f'<sheet name="{clean(sheet.name)}" sheetId="{n}" r:id="rId{n}"/>' for n, sheet in enumerate(sheets, start=1)
    )
    return f'{HEAD}<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}"><bookViews><workbookView activeTab="0"/></bookViews><sheets>{listed}</sheets></workbook>'


def _styles() -> str:
    fonts = "".join(
        f'<font>{"<b/>" if bold else ""}<sz val="{size}"/><name val="Arial"/><family val="2"/></font>'
        for size, bold in ((12, False), (16, True), (12, True))
    )
    wrapped = '<alignment vertical="top" wrapText="1"/>'
    formats = "".join(
        f'<xf numFmtId="0" fontId="{font}" fillId="0" borderId="0" xfId="0" applyFont="1" applyAlignment="1">{wrapped}</xf>'
        for font in (0, 1, 2)
    )
    return (
        f'{HEAD}<styleSheet xmlns="{MAIN}"><fonts count="3">{fonts}</fonts>'
        '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>'
        '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
        '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
        f'<cellXfs count="3">{formats}</cellXfs>'
        '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
    )


def _number(value: float) -> str:
    return f"<c><v>{plain_number(value)}</v></c>"


def _row(cells: str) -> str:
    return cells.join(ROW)


def _sheet(sheet: Sheet, strings: Strings, sink: IO[bytes], *, is_first: bool) -> None:
    widths = sheet.widths or (90,)
    columns = "".join(
        f'<col min="{n}" max="{n}" width="{width}" customWidth="1"/>' for n, width in enumerate(widths, start=1)
    )
    selected = ' tabSelected="1"' if is_first else ""
    view = f'<sheetViews><sheetView{selected} workbookViewId="0"><selection activeCell="A1" sqref="A1"/></sheetView></sheetViews>'
    top = _row(strings.cell(clean(sheet.title), TITLE)) + "".join(
        _row(strings.cell(clean(line))) for line in sheet.lines
    )
    if sheet.header:
        top += _row("".join(strings.cell(clean(name), HEADER) for name in sheet.header))
    for cells in sheet.rows:
        top += _row("".join(strings.cell(clean(cell)) if isinstance(cell, str) else _number(cell) for cell in cells))
    sink.write(
        f'{HEAD}<worksheet xmlns="{MAIN}" xmlns:r="{RELATIONS}">{view}<cols>{columns}</cols><sheetData>{top}'.encode()
    )
    if sheet.data:
        for block in sheet.data.blocks(RowMaker(strings.cell, _number, *ROW)):
            sink.write(block)
    parts = '<tableParts count="1"><tablePart r:id="rId1"/></tableParts>' if sheet.header else ""
    sink.write(f"</sheetData>{parts}</worksheet>".encode())


def _table(number: int, sheet: Sheet) -> str:
    first = 2 + len(sheet.lines)
    rows = sheet.data.rows if sheet.data else len(sheet.rows)
    area = f"A{first}:{column_letters(len(sheet.header))}{first + rows}"
    columns = "".join(f'<tableColumn id="{n}" name="{clean(name)}"/>' for n, name in enumerate(sheet.header, start=1))
    name = "table_" + sheet.name.lower().replace(" ", "_")
    return (
        f'{HEAD}<table xmlns="{MAIN}" id="{number}" name="{name}" displayName="{name}" ref="{area}" totalsRowShown="0">'
        f'<tableColumns count="{len(sheet.header)}">{columns}</tableColumns></table>'
    )
