"""The editors' spreadsheet round trip: out, changed, in again, with errors in place.

The file says which text each row came from: the published version and the revision of the working
text. A row whose text has changed since is an error, so nothing is overwritten silently. Nothing
is saved while any row has an error; what is saved are drafts, which go through review as any other.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from typing import Any

import openpyxl
from django.core.exceptions import ValidationError
from django.db import transaction
from openpyxl.comments import Comment
from openpyxl.styles import Font, PatternFill
from python_calamine import CalamineError, CalamineWorkbook

from portal.definitions import actions, frozen, spreadsheet
from portal.definitions.models import Role
from portal.definitions.reference_lists import remembered

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
COLUMNS = ("code", "revision", *spreadsheet.COLUMNS[1:])
WRONG = PatternFill("solid", fgColor="F9E1DE")


class UnreadableFileError(ValueError):
    """The file as a whole cannot be used; the message says what was expected."""


@dataclass
class RowReport:
    """One row: what it would do, or what is wrong with it, column by column."""

    line: int
    row: spreadsheet.Row
    role: Role | None = None
    changes: dict[str, Any] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def outcome(self) -> str:
        """Say in a word what the row does."""
        if self.errors:
            return "error"
        if self.role is None:
            return "new"
        return "changed" if self.changes else "unchanged"


@dataclass
class Report:
    """A whole file."""

    rows: list[RowReport]

    @property
    def is_clean(self) -> bool:
        """Whether every row may be saved."""
        return not any(row.errors for row in self.rows)

    def count(self, outcome: str) -> int:
        """Count the rows with one outcome."""
        return sum(row.outcome == outcome for row in self.rows)

    @property
    def counts(self) -> dict[str, int]:
        """Count every outcome."""
        return {outcome: self.count(outcome) for outcome in ("new", "changed", "unchanged", "error")}


# --- Out -------------------------------------------------------------------------------------------


def draft_rows() -> list[spreadsheet.Row]:
    """Return the working text of every role as a row."""
    return [draft_row(role) for role in Role.objects.order_by("family", "code")]


def draft_row(role: Role) -> spreadsheet.Row:
    """Return the row of one working text."""
    draft = role.get_latest_revision_as_object()
    from portal.definitions.models import RoleVersion  # noqa: PLC0415 - only to write the row

    latest = role.latest_version
    shown = RoleVersion(
        code=draft.code,
        number=latest.number if latest else 0,
        family=draft.family,
        group=draft.group,
        title=draft.title,
        other_titles=draft.titles_list,
        summary=draft.summary,
        content=frozen.role_content(draft),
        effective_from=draft.effective_from,
        change_class=draft.change_class,
        change_note=draft.change_note,
    )
    return {**spreadsheet.row_of(shown), "revision": str(role.latest_revision_id or "")}


def csv_text(rows: list[spreadsheet.Row]) -> str:
    """Return rows as CSV, with a byte order mark so that spreadsheets read it as UTF-8."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows({column: spreadsheet.guarded(value) for column, value in row.items()} for row in rows)
    return "\ufeff" + text.getvalue()


def workbook(rows: list[spreadsheet.Row]) -> bytes:
    """Return rows as a workbook; every cell is text."""
    return _workbook_bytes(rows, {})


def marked_workbook(report: Report) -> bytes:
    """Return the file that was sent, with each error at its cell."""
    errors = {index: row.errors for index, row in enumerate(report.rows) if row.errors}
    return _workbook_bytes([row.row for row in report.rows], errors)


def _workbook_bytes(rows: list[spreadsheet.Row], errors: dict[int, dict[str, str]]) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Roles"
    columns = [*COLUMNS, "errors"] if errors else list(COLUMNS)
    sheet.append(columns)
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    sheet.freeze_panes = "B2"
    for index, row in enumerate(rows):
        found = errors.get(index, {})
        values = {**row, "errors": "\n".join(f"{column}: {words}" for column, words in found.items())}
        for number, column in enumerate(columns, start=1):
            cell = sheet.cell(index + 2, number)
            cell.value = values.get(column, "")
            cell.data_type = "s"  # text, even where it looks like a formula
            if column in found:
                cell.fill = WRONG
                cell.comment = Comment(found[column], "Definitions")
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


# --- In --------------------------------------------------------------------------------------------


def read_rows(name: str, content: bytes) -> list[spreadsheet.Row]:
    """Read CSV or XLSX; refuse what has not the columns of the export."""
    table = _sheet(content) if name.lower().endswith(".xlsx") else _csv(content)
    if not table:
        raise UnreadableFileError("The file is empty. Download the spreadsheet, change it, and send it back.")
    header = [str(cell).strip() for cell in table[0]]
    missing = [column for column in COLUMNS if column not in header]
    if missing:
        raise UnreadableFileError(f"These columns are missing: {', '.join(missing)}. Keep the first row as downloaded.")
    return [
        {column: spreadsheet.unguarded(_text(cell)) for column, cell in zip(header, row, strict=False)}
        for row in table[1:]
        if any(_text(cell).strip() for cell in row)
    ]


def _text(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)


def _csv(content: bytes) -> list[list[str]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableFileError("The file is not UTF-8 text. Save it as “CSV UTF-8” or as XLSX.") from error
    return list(csv.reader(io.StringIO(text, newline="")))


def _sheet(content: bytes) -> list[list[Any]]:
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    except CalamineError as error:
        raise UnreadableFileError("The file is not an XLSX workbook.") from error
    names = book.sheet_names
    return book.get_sheet_by_name("Roles" if "Roles" in names else names[0]).to_python()


def check_rows(rows: list[spreadsheet.Row]) -> Report:
    """Compare rows with the working texts; save nothing."""
    with remembered():
        return _check_rows(rows)


def _check_rows(rows: list[spreadsheet.Row]) -> Report:
    roles = {role.code: role for role in Role.objects.all()}
    seen: set[str] = set()
    reports = []
    for line, row in enumerate(rows, start=2):
        report = RowReport(line=line, row=row)
        code = row["code"].strip()
        if code in seen:
            report.errors["code"] = f"“{code}” stands in an earlier row too."
        seen.add(code)
        report.role = roles.get(code)
        _check_row(report, code)
        reports.append(report)
    return Report(reports)


def _check_row(report: RowReport, code: str) -> None:
    fields, faults = spreadsheet.fields_of(report.row)
    for column, words in faults.items():
        report.errors.setdefault(column, words)
    if report.role is None:
        _check_new(report, code, fields)
        return
    if report.row["revision"].strip() != str(report.role.latest_revision_id or ""):
        report.errors["revision"] = "The text has changed since this file was downloaded. Download it again."
        return
    current = draft_row(report.role)
    columns = [column for column in COLUMNS[3:] if _same(current[column]) != _same(report.row[column])]
    if not columns or report.errors:
        return
    lock = report.role.get_lock()
    if lock is not None:
        report.errors["code"] = "The role is locked: it is in review, scheduled or locked by somebody."
        return
    report.changes = {name: fields[name] for name in _fields_of_columns(columns)}
    _check_fields(report, report.role.get_latest_revision_as_object(), report.changes)


def _same(text: str) -> str:
    """Spreadsheets change line ends and spaces at the end; neither is a change of text."""
    return "\n".join(line.rstrip() for line in text.replace("\r\n", "\n").replace("\r", "\n").rstrip().split("\n"))


def _fields_of_columns(columns: list[str]) -> list[str]:
    own = {"also_called": "other_titles", **{name: spec[1] for name, spec in spreadsheet.LIST_COLUMNS.items()}}
    return [own.get(column, column) for column in columns]


def _check_new(report: RowReport, code: str, fields: dict[str, Any]) -> None:
    if report.row["revision"].strip():
        report.errors["code"] = f"There is no role “{code}”. Codes never change; leave “revision” empty for a new role."
        return
    if not report.errors:
        report.changes = {"code": code, **fields}
        _check_fields(report, Role(live=False), report.changes)


def _check_fields(report: RowReport, draft: Role, changes: dict[str, Any]) -> None:
    """Ask the model, and put its answers at the columns they belong to."""
    for name, value in changes.items():
        setattr(draft, name, value)
    columns = {"other_titles": "also_called", **{spec[1]: name for name, spec in spreadsheet.LIST_COLUMNS.items()}}
    try:
        draft.full_clean(exclude=["latest_revision", "live_revision"])
    except ValidationError as error:
        for name, words in error.message_dict.items():
            report.errors[columns.get(name, name)] = " ".join(words)
    for name in ("qualifications", "registers", "classifications"):
        if name in changes and (unknown := _unknown_codes(name, changes[name])):
            report.errors[columns[name]] = f"Unknown: {', '.join(unknown)}."


def _unknown_codes(name: str, blocks: list[dict[str, Any]]) -> list[str]:
    from portal.definitions import choices  # noqa: PLC0415 - reads the database

    source, key = {
        "qualifications": (choices.qualifications, "code"),
        "registers": (choices.registrations, "register"),
        "classifications": (choices.classification_codes, "code"),
    }[name]
    known = {code for code, _title in source()}
    return [block["value"][key] for block in blocks if block["value"][key] not in known]


@transaction.atomic
def save_drafts(*, by: Any, report: Report) -> int:
    """Save every changed and new row as a draft by ``by``; return how many."""
    saved = 0
    for row in report.rows:
        if row.outcome == "new":
            actions.create_role(by=by, **row.changes)
        elif row.outcome == "changed" and row.role is not None:
            actions.edit_definition(by=by, definition=row.role, changes=row.changes)
        else:
            continue
        saved += 1
    return saved
