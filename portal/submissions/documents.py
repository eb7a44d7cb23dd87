"""Files made from the form and from returns: templates, dictionary, error file, receipt."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections import defaultdict
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

import openpyxl
from django.utils import timezone
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen import canvas

from portal.submissions.checks import CHECKS
from portal.submissions.forms import FormVersion, ItemType

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from portal.submissions.models import ReturnVersion, Upload
    from portal.submissions.reading import TableReader

_FORMULA = re.compile(r"^[=+\-@\t\r]")
_NUMBER = re.compile(r"[-+]?[\d.,]+%?")
DROP_DOWN_ROWS = 2000
#: Columns that are added to a person's own file; they are left out when it comes back.
MARKS = ("Result", "Errors and queries")
#: What a workbook's cell can hold.
MOST_IN_A_CELL = 32_767


def neutral(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula. Numbers stay as they are."""
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


def template_csv(form: FormVersion) -> bytes:
    """Return the form's headings and an example row as CSV."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow([item.label for item in form.items])
    writer.writerow([item.example for item in form.items])
    return buffer.getvalue().encode("utf-8-sig")


def template_xlsx(form: FormVersion) -> bytes:
    """Return the form as a workbook with drop-down lists, and its guidance on a second sheet."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Staff"
    sheet.append([item.label for item in form.items])
    sheet.append([item.example for item in form.items])
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    sheet.freeze_panes = "A2"
    lists = book.create_sheet("Lists")
    for number, (name, allowed) in enumerate(form.lists.items(), start=1):
        lists.cell(row=1, column=number, value=name)
        for row, code in enumerate(allowed.codes, start=2):
            lists.cell(row=row, column=number, value=code)
    places = {
        name: (get_column_letter(number), len(allowed.codes) + 1)
        for number, (name, allowed) in enumerate(form.lists.items(), start=1)
    }
    for number, item in enumerate(form.items, start=1):
        sheet.column_dimensions[get_column_letter(number)].width = max(14, len(item.label) + 2)
        if item.type is ItemType.CODE:
            letter, last = places[item.list]
            rule = DataValidation(type="list", formula1=f"Lists!${letter}$2:${letter}${last}", allow_blank=True)
            rule.add(f"{get_column_letter(number)}2:{get_column_letter(number)}{DROP_DOWN_ROWS}")
            sheet.add_data_validation(rule)
    guide = book.create_sheet("Guidance", 1)
    for row in _guidance(form):
        guide.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _guidance(form: FormVersion) -> Iterator[list[str]]:
    yield ["What is asked", "Required", "How to answer", "Allowed values"]
    for item in form.items:
        allowed = (
            "; ".join(f"{code} ({label})" for code, label in form.list_of(item).codes.items()) if item.list else ""
        )
        yield [item.label, "yes" if item.required else "no", item.guidance, allowed]


def template_ods(form: FormVersion) -> bytes:
    """Return the form as an OpenDocument spreadsheet."""

    def table(name: str, rows: Iterable[list[str]]) -> str:
        cells = "".join(
            "<table:table-row>"
            + "".join(
                f'<table:table-cell office:value-type="string"><text:p>{escape(text)}</text:p></table:table-cell>'
                for text in row
            )
            + "</table:table-row>"
            for row in rows
        )
        return f'<table:table table:name="{name}">{cells}</table:table>'

    staff = table("Staff", [[item.label for item in form.items], [item.example for item in form.items]])
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
    )
    body = f"<office:body><office:spreadsheet>{staff}{table('Guidance', _guidance(form))}</office:spreadsheet></office:body>"
    manifest = (
        '<?xml version="1.0" encoding="UTF-8"?><manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" manifest:version="1.2">'
        '<manifest:file-entry manifest:full-path="/" manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/>'
        '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>'
    )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet", zipfile.ZIP_STORED)
        archive.writestr(
            "content.xml",
            f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {spaces} office:version="1.2">{body}</office:document-content>',
        )
        archive.writestr("META-INF/manifest.xml", manifest)
    return buffer.getvalue()


def dictionary(form: FormVersion) -> dict[str, Any]:
    """Return the public data dictionary of a form: items, lists and checks."""
    return {
        "form": form.code,
        "title": form.title,
        "items": [
            {
                "name": item.name,
                "label": item.label,
                "type": item.type.value,
                "required": item.required,
                "guidance": item.guidance,
                "privacy": item.privacy.value,
                "list": item.list,
                "example": item.example,
                "also_called": list(item.also_called),
            }
            for item in form.items
        ],
        "lists": {name: {"system": allowed.system, "codes": allowed.codes} for name, allowed in form.lists.items()},
        "checks": [
            {"code": check.code, "severity": check.severity.value, "title": check.title} for check in CHECKS.values()
        ],
    }


def _marked_rows(upload: Upload, table: TableReader) -> Iterator[tuple[list[str], str, list[str]]]:
    """Yield the cells of each row of a file, what became of it and what was found in it."""
    messages: dict[int, list[str]] = defaultdict(list)
    outcomes: dict[int, str] = {}
    for issue in upload.issues.exclude(line=None).order_by("line", "column"):
        messages[issue.line].append(f"{issue.code} {issue.message}")
        if outcomes.get(issue.line) != "refused":
            outcomes[issue.line] = issue.outcome
    for row in table.rows():
        result = {"refused": "error", "queried": "query"}.get(outcomes.get(row.line, ""), "ready")
        yield row.cells, result, messages.get(row.line, [])


def error_file(upload: Upload, table: TableReader) -> Iterator[bytes]:
    """Yield the person's own file with two more columns; it may be mended and uploaded again."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    buffer.write("\ufeff")
    writer.writerow([*map(neutral, table.headings), *MARKS])
    for cells, result, found in _marked_rows(upload, table):
        writer.writerow([*map(neutral, cells), result, neutral(" | ".join(found))])
        if buffer.tell() > 1 << 16:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode()


def error_workbook(upload: Upload, table: TableReader, to: Path) -> None:
    """Write the same as a workbook, every cell as text, rows with errors coloured and explained."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Checked")
    sheet.freeze_panes = "A2"
    sheet.append([_text_cell(sheet, text, bold=True) for text in (*table.headings, *MARKS)])
    for cells, result, found in _marked_rows(upload, table):
        colour = {"error": "F6D7D2", "query": "FFF2D3"}.get(result, "")
        sheet.append([_text_cell(sheet, text, colour) for text in (*cells, result, " | ".join(found))])
    book.save(to)


def _text_cell(sheet: Any, text: str, colour: str = "", *, bold: bool = False) -> WriteOnlyCell:
    """Return a cell that holds a text and nothing that is run."""
    cell = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("\ufffd", text)[:MOST_IN_A_CELL])
    cell.data_type = "s"
    if bold:
        cell.font = Font(bold=True)
    if colour:
        cell.fill = PatternFill("solid", fgColor=colour)
    return cell


def receipt_lines(version: ReturnVersion) -> list[tuple[str, str]]:
    """Return what a receipt says, label and value."""
    of_return = version.of_return
    return [
        # What the OH team loaded for a provider has no reference of its own.
        *([("Reference", version.reference)] if version.reference else []),
        ("Organisation", f"{of_return.organisation_name} ({of_return.organisation_code})"),
        ("Collection", of_return.collection.title),
        ("Reference date", f"{of_return.collection.reference_date:%d %B %Y}"),
        (
            "Return",
            f"version {version.number}, {version.get_kind_display().lower()}"
            + (", a test that does not count" if of_return.is_test else ""),
        ),
        ("Records", f"{version.rows:,}"),
        ("Submitted", f"{timezone.localtime(version.submitted_at):%d %B %Y, %H:%M} by {version.submitted_by_label}"),
        ("SHA-256 of the file", version.file_sha256 or "typed, no file"),
        ("SHA-256 of the records", version.digest),
    ]


def receipt_pdf(version: ReturnVersion) -> bytes:
    """Return the receipt as a PDF of one page."""
    buffer = io.BytesIO()
    page = canvas.Canvas(buffer, pagesize=A4, lang="en-GB")
    page.setTitle(f"Receipt {version.reference}")
    height = A4[1] - 80
    page.setFont("Helvetica-Bold", 18)
    page.drawString(60, height, "Receipt of a return")
    for label, value in receipt_lines(version):
        height -= 40
        page.setFont("Helvetica-Bold", 10)
        page.drawString(60, height, label)
        page.setFont("Helvetica", 10)
        page.drawString(60, height - 14, value[:95])
    page.showPage()
    page.save()
    return buffer.getvalue()
