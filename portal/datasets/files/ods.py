"""Accessible OpenDocument spreadsheet, written as a stream: memory does not grow with rows."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

from portal.datasets.files.archive import Archive
from portal.datasets.files.sheets import Properties, RowMaker, Sheet, clean, plain_number, sheets_of

if TYPE_CHECKING:
    from pathlib import Path

    from portal.datasets.files.canonical import CanonicalTable
    from portal.datasets.models import DatasetVersion

MEDIA_TYPE = "application/vnd.oasis.opendocument.spreadsheet"
LANGUAGE = "en-GB"
SPACES = " ".join(
    f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for prefix, name in (
        ("office", "office"), ("table", "table"), ("text", "text"), ("style", "style"), ("meta", "meta"),
        ("fo", "xsl-fo-compatible"), ("manifest", "manifest"),
    )
)  # fmt: skip
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
ROW = ("<table:table-row>", "</table:table-row>")
FONT = 'fo:font-family="Arial" fo:font-size="{size}pt"'


def write_ods(version: DatasetVersion, table: CanonicalTable, target: Path) -> int:
    """Write the spreadsheet to ``target`` and return the number of observations."""
    write_book(sheets_of(version, table), Properties.of(version), target)
    return table.rows


def write_book(sheets: list[Sheet], properties: Properties, target: Path) -> None:
    """Write any sheets as a spreadsheet."""
    with Archive(target, level=1) as archive:
        archive.stored("mimetype", MEDIA_TYPE.encode())
        archive.text("META-INF/manifest.xml", _manifest())
        archive.text("meta.xml", _meta(properties))
        archive.text("styles.xml", _styles())
        with archive.part("content.xml") as sink:
            _content(sheets, sink)


def _manifest() -> str:
    parts = [("/", MEDIA_TYPE), *[(name, "text/xml") for name in ("content.xml", "meta.xml", "styles.xml")]]
    entries = "".join(
        f'<manifest:file-entry manifest:full-path="{name}" manifest:media-type="{kind}"/>' for name, kind in parts
    )
    return f'{HEAD}<manifest:manifest {SPACES} manifest:version="1.3">{entries}</manifest:manifest>'


def _meta(properties: Properties) -> str:
    title, creator = clean(properties.title), clean(properties.creator)
    inner = f"<dc:title>{title}</dc:title><dc:language>{LANGUAGE}</dc:language><dc:creator>{creator}</dc:creator>"
    return (
        f'{HEAD}<office:document-meta {SPACES} xmlns:dc="http://purl.org/dc/elements/1.1/" office:version="1.3">'
        f"<office:meta>{inner}</office:meta></office:document-meta>"
    )


def _styles() -> str:
    default = (
        '<style:default-style style:family="table-cell"><style:table-cell-properties fo:wrap-option="wrap"/>'
        f'<style:text-properties {FONT.format(size=12)} fo:language="en" fo:country="GB"/></style:default-style>'
    )
    return (
        f'{HEAD}<office:document-styles {SPACES} office:version="1.3"><office:font-face-decls/>'
        f"<office:styles>{default}</office:styles></office:document-styles>"
    )


def _automatic(sheets: list[Sheet]) -> str:
    widths = sorted({width for sheet in sheets for width in _widths(sheet)})
    columns = "".join(
        f'<style:style style:name="w{width}" style:family="table-column">'
        f'<style:table-column-properties style:column-width="{width * 0.24:.2f}cm"/></style:style>'
        for width in widths
    )
    cells = "".join(
        f'<style:style style:name="{name}" style:family="table-cell"><style:table-cell-properties fo:wrap-option="wrap"/>'
        f"<style:text-properties {FONT.format(size=size)}{bold}/></style:style>"
        for name, size, bold in (("title", 16, ' fo:font-weight="bold"'), ("head", 12, ' fo:font-weight="bold"'))
    )
    return f"<office:automatic-styles>{columns}{cells}</office:automatic-styles>"


def _widths(sheet: Sheet) -> tuple[int, ...]:
    return sheet.widths or (90,)


def _text(value: str, style: str = "") -> str:
    name = f' table:style-name="{style}"' if style else ""
    return f'<table:table-cell{name} office:value-type="string"><text:p>{value}</text:p></table:table-cell>'


def _number(value: float) -> str:
    text = plain_number(value)
    return (
        f'<table:table-cell office:value-type="float" office:value="{text}"><text:p>{text}</text:p></table:table-cell>'
    )


def _row(cells: str) -> str:
    return cells.join(ROW)


def _content(sheets: list[Sheet], sink: IO[bytes]) -> None:
    sink.write(
        f'{HEAD}<office:document-content {SPACES} office:version="1.3">{_automatic(sheets)}'
        "<office:body><office:spreadsheet>".encode()
    )
    for sheet in sheets:
        _sheet(sheet, sink)
    ranges = "".join(_range(sheet) for sheet in sheets if sheet.header)
    sink.write(
        f"<table:database-ranges>{ranges}</table:database-ranges></office:spreadsheet></office:body>"
        "</office:document-content>".encode()
    )


def _sheet(sheet: Sheet, sink: IO[bytes]) -> None:
    columns = "".join(f'<table:table-column table:style-name="w{width}"/>' for width in _widths(sheet))
    top = _row(_text(clean(sheet.title), "title")) + "".join(_row(_text(clean(line))) for line in sheet.lines)
    if sheet.header:
        header = "".join(_text(clean(name), "head") for name in sheet.header)
        top += f"<table:table-header-rows>{_row(header)}</table:table-header-rows>"
    sink.write(f'<table:table table:name="{clean(sheet.name)}">{columns}{top}'.encode())
    for cells in sheet.rows:
        sink.write(
            _row("".join(_text(clean(cell)) if isinstance(cell, str) else _number(cell) for cell in cells)).encode()
        )
    if sheet.data:
        for block in sheet.data.blocks(RowMaker(_text, _number, *ROW)):
            sink.write(block)
    sink.write(b"</table:table>")


def _range(sheet: Sheet) -> str:
    """Mark the table up, so that screen readers know where it begins and what its header is."""
    first = 2 + len(sheet.lines)
    rows = sheet.data.rows if sheet.data else len(sheet.rows)
    address = f"$'{sheet.name}'.$A${first}:$'{sheet.name}'.${column_letters(len(sheet.header))}${first + rows}"
    name = "table_" + sheet.name.lower().replace(" ", "_")
    return (
        f'<table:database-range table:name="{name}" table:target-range-address="{clean(address)}" '
        'table:contains-header="true"/>'
    )


def column_letters(number: int) -> str:
    """Return the letters of the column with this number, 1 for A."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
