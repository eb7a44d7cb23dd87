"""Totals instead of records: lines of role, people and FTE, checked by the rules of single values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from portal.submissions.checks.catalogue import CHECKS
from portal.submissions.checks.values import CONVERTERS, NANO, Fault
from portal.submissions.enums import RecordKind
from portal.submissions.findings import Finding
from portal.submissions.forms import NOT_KNOWN, FormVersion, load_form
from portal.submissions.matching import match_headings, refuse_other_tables
from portal.submissions.processing import context_of
from portal.submissions.reading import Refused, open_table
from portal.submissions.storing import RecordValues

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from portal.submissions.models import Collection, Record

#: More lines than this are no totals any more.
MOST_LINES = 2_000
MOST_FTE_EACH = 2
_STORED = {"role": "role_code", "region": "region_code"}


def aggregate_form(collection: Collection) -> FormVersion:
    """Return the form of totals that goes with a collection."""
    return load_form(f"{collection.family}-aggregate-1")


def check_lines(
    collection: Collection, lines: Iterable[tuple[int, dict[str, str]]], columns: dict[str, int] | None = None
) -> tuple[list[RecordValues], list[Finding]]:
    """Check lines (number, item to text); return what they say and every finding."""
    form, context = aggregate_form(collection), context_of(collection)
    values: list[RecordValues] = []
    findings: list[Finding] = []
    seen: dict[tuple[Any, ...], int] = {}

    def find(code: str, name: str, line: int, text: str, message: str) -> None:
        label = form.by_name[name].label
        column = (columns or {}).get(name)
        findings.append(Finding(code, CHECKS[code].severity, message, line, column, label, name, text[:255], line))

    for number, given in lines:
        said: dict[str, Any] = {}
        before = len(findings)
        for item in form.items:
            text = given.get(item.name, "").strip()
            if not text:
                if item.required:
                    find("E-102", item.name, number, "", f"{item.label} is required and is blank.")
                continue
            try:
                said[item.name] = CONVERTERS[item.type](item, text, context)
            except Fault as fault:
                find(fault.code, item.name, number, text, fault.message)
        if len(findings) > before:
            continue
        if said["total_fte"] > MOST_FTE_EACH * NANO * said["people"]:
            says = f"FTE in total {said['total_fte'] / NANO:g} is more than {MOST_FTE_EACH} for each of {said['people']} people."
            find("E-106", "total_fte", number, given["total_fte"], says)
            continue
        key = tuple(said.get(item.name) or NOT_KNOWN for item in form.items if item.name not in {"people", "total_fte"})
        if (first := seen.setdefault(key, number)) != number:
            find("E-203", "role", number, given["role"], f"Line {first} stands for the same people: add the two up.")
            continue
        values.append(_values(number, said, context.roles[said["role"]].group, form))
    return values, findings


def _values(line: int, said: dict[str, Any], group: str, form: FormVersion) -> RecordValues:
    codes = {name: said[name] for name in ("contract_type", "sex", "age_band", "ethnic_group") if said.get(name)}
    return RecordValues(
        role_code=said["role"], role_group=group, fte_nano=said["total_fte"], weight_count=said["people"], line=line,
        kind=RecordKind.AGGREGATE.value, region_code=said["region"], equality_lists=form.code, **codes,
    )  # fmt: skip


def read_lines(path: Path, collection: Collection) -> tuple[list[tuple[int, dict[str, str]]], dict[str, int]]:
    """Return the lines of a file and the column of each item, or refuse the file."""
    form = aggregate_form(collection)
    table = open_table(path, vocabulary=form.vocabulary)
    match = match_headings(form, table, {})
    refuse_other_tables(form, table, match, has_choices=False)
    if match.needs_a_person:
        lacks = [form.by_name[name].label for name in match.missing_required]
        twice = [f"{form.by_name[name].label} ({', '.join(found)})" for name, found in match.doubled.items()]
        says = [
            f"These columns are missing: {', '.join(lacks)}." if lacks else "",
            f"More than one column is {', '.join(twice)}." if twice else "",
        ]
        raise Refused("F-062", " ".join(filter(None, says)) + " Use the template of totals.", line=table.heading_line)
    lines: list[tuple[int, dict[str, str]]] = []
    for row in table.rows():
        if len(lines) >= MOST_LINES:
            raise Refused("F-042", f"Totals have at most {MOST_LINES:,} lines. Send records instead.", line=row.line)
        lines.append((row.line, {name: row.cells[index] for name, (index, _column) in match.columns.items()}))
    if not lines:
        raise Refused("F-061", f"There is no line below the headings in line {table.heading_line}.")
    return lines, {name: column for name, (_index, column) in match.columns.items()}


def line_of_record(record: Record) -> dict[str, str]:
    """Return a stored line as it would be typed."""
    said = {
        name: getattr(record, _STORED.get(name, name))
        for name in ("role", "region", "contract_type", "sex", "age_band", "ethnic_group")
    }
    fte = f"{record.fte_nano / NANO:.9f}".rstrip("0").rstrip(".")
    return {name: "" if value == NOT_KNOWN else value for name, value in said.items()} | {
        "people": str(record.weight_count), "total_fte": fte,
    }  # fmt: skip
