"""A new edition of a reference list from a CSV file: checked line by line, compared, never overwritten.

An edition that is there stays as it is; what is imported becomes the next one. Definitions that
are published keep the titles they were published with.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import Max

from portal.core.actions import record_event
from portal.definitions.enums import ListSlug
from portal.definitions.errors import DefinitionError
from portal.definitions.models import PerspectiveVersion, ReferenceEntry, ReferenceList, RoleVersion
from portal.methods import rules

COLUMNS = ("code", "title", "parent", "note")
NEEDED = ("code", "title")
LENGTHS = {"code": 60, "title": 255, "parent": 60, "note": 500}
MOST_ROWS = 50_000
#: Lists in which one code may stand several times with different titles.
SEVERAL_TITLES = frozenset({ListSlug.SOC2010_INDEX})
#: Which condition of a rule, and which part of a role, draws on a list.
IN_RULES = {
    ListSlug.STATUSES: "registration_status",
    ListSlug.QUALIFICATIONS: "qualification",
    ListSlug.FUNCTIONS: "function",
    ListSlug.CONTRACTS: "contract",
}


@dataclass(frozen=True)
class Line:
    """One entry of the file."""

    number: int
    code: str
    title: str
    parent: str = ""
    note: str = ""


@dataclass
class ListReport:
    """A whole file: its entries, what is wrong, and how it differs from the edition before."""

    lines: list[Line] = field(default_factory=list)
    #: (line, column, what is wrong)
    errors: list[tuple[int, str, str]] = field(default_factory=list)
    before: ReferenceList | None = None
    added: list[Line] = field(default_factory=list)
    removed: list[ReferenceEntry] = field(default_factory=list)
    relabelled: list[tuple[Line, str]] = field(default_factory=list)
    #: sentences: what uses codes that are gone
    in_use: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        """Whether the file may become an edition."""
        return bool(self.lines) and not self.errors

    @property
    def is_the_same(self) -> bool:
        """Whether the file says what the newest edition says."""
        return self.before is not None and not (self.added or self.removed or self.relabelled)


def check_list(slug: str, content: bytes) -> ListReport:
    """Read a CSV file and compare it with the newest edition; save nothing."""
    report = ListReport(before=ReferenceList.objects.filter(slug=slug).order_by("-edition").first())
    rows = _rows(content, report)
    known: dict[tuple[str, ...], int] = {}
    for number, row in rows:
        line = Line(number, **{name: row.get(name, "").strip() for name in COLUMNS})
        _check_line(report, slug, line)
        key = (line.code, line.title) if slug in SEVERAL_TITLES else (line.code,)
        if line.code and key in known:
            report.errors.append((number, "code", f"“{line.code}” stands in line {known[key]} too."))
        known.setdefault(key, number)
        report.lines.append(line)
    codes = {line.code for line in report.lines}
    report.errors += [
        (line.number, "parent", f"There is no entry “{line.parent}” in this file.")
        for line in report.lines
        if line.parent and line.parent not in codes
    ]
    if not rows and not report.errors:
        report.errors.append((1, "", "The file has no entries."))
    if report.is_clean:
        _compare(report, slug)
    return report


def _rows(content: bytes, report: ListReport) -> list[tuple[int, dict[str, str]]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        report.errors.append((1, "", "The file is not UTF-8 text. Save it as “CSV UTF-8”."))
        return []
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        table = [(reader.line_num, row) for row in reader]
    except csv.Error as error:
        report.errors.append((reader.line_num, "", f"The file is not CSV: {error}."))
        return []
    header = [cell.strip().casefold() for cell in table[0][1]] if table else []
    missing = [name for name in NEEDED if name not in header]
    unknown = [name for name in header if name not in COLUMNS]
    if missing or unknown or len(set(header)) != len(header):
        says = f"The first line names the columns: {', '.join(COLUMNS)} (the last two may be left out)."
        report.errors.append((1, ", ".join(missing or unknown), says))
        return []
    rows = [(number, row) for number, row in table[1:] if any(cell.strip() for cell in row)]
    if len(rows) > MOST_ROWS:
        report.errors.append((1, "", f"The file has {len(rows):,} entries; a list has at most {MOST_ROWS:,}."))
        return []
    report.errors += [
        (number, "", f"The line has {len(row)} cells; the first line names {len(header)}. Quote cells with commas.")
        for number, row in rows
        if len(row) != len(header)
    ]
    return [(number, dict(zip(header, row, strict=False))) for number, row in rows]


def _check_line(report: ListReport, slug: str, line: Line) -> None:
    for name in COLUMNS:
        text = getattr(line, name)
        if name in NEEDED and not text:
            report.errors.append((line.number, name, f"The {name} is empty."))
        if len(text) > LENGTHS[name]:
            words = f"The {name} has {len(text)} characters; at most {LENGTHS[name]} fit."
            report.errors.append((line.number, name, words))
    if not line.code:
        return
    if slug == ListSlug.PARTS and "/" not in line.code:
        words = f"“{line.code}” does not begin with its body: write “gmc/gp”."
        report.errors.append((line.number, "code", words))
    elif slug == ListSlug.PARTS and line.code.partition("/")[0] not in _bodies():
        words = f"There is no registration body “{line.code.partition('/')[0]}”: import the bodies first."
        report.errors.append((line.number, "code", words))
    pattern = rules.LISTED_CODE if slug in {ListSlug.QUALIFICATIONS, ListSlug.FUNCTIONS} else rules.CODE
    parts = line.code.split("/", 1) if slug == ListSlug.PARTS else [line.code]
    if slug in {ListSlug.BODIES, ListSlug.PARTS, *IN_RULES} and not all(pattern.match(part) for part in parts):
        words = f"“{line.code}” cannot be used in a rule: letters, digits and hyphens only."
        report.errors.append((line.number, "code", words))


def _bodies() -> set[str]:
    return set(ReferenceEntry.objects.newest(ListSlug.BODIES).values_list("code", flat=True))


def _compare(report: ListReport, slug: str) -> None:
    before = list(report.before.entries.all()) if report.before else []
    old = {(entry.code, entry.title) if slug in SEVERAL_TITLES else (entry.code,): entry for entry in before}
    new = {(line.code, line.title) if slug in SEVERAL_TITLES else (line.code,): line for line in report.lines}
    report.added = [line for key, line in new.items() if key not in old]
    report.removed = [entry for key, entry in old.items() if key not in new]
    report.relabelled = [
        (line, old[key].title) for key, line in new.items() if key in old and old[key].title != line.title
    ]
    report.in_use = _uses(slug, {entry.code for entry in report.removed} - {line.code for line in report.lines})


def _uses(slug: str, gone: set[str]) -> list[str]:
    """Return what draws on codes that are gone. It stays as published; its next version needs other codes."""
    if not gone:
        return []
    found = []
    for version in RoleVersion.objects.latest_per_role():
        content = version.content
        named = {
            ListSlug.QUALIFICATIONS: {item["code"] for item in content.get("qualifications", [])},
            ListSlug.BODIES: {item["body"] for item in content.get("registers", [])},
            ListSlug.PARTS: {item["register"] for item in content.get("registers", [])},
        }.get(slug, {item["code"] for item in content.get("classifications", []) if item["list"] == slug})  # type: ignore[call-overload]  # a slug that is no key is what the default is for
        found += [f"The role {version.reference} names “{code}”." for code in sorted(named & gone)]
    for version in PerspectiveVersion.objects.published().newest_per_code():
        named = _named_in_rule(slug, version.resolved_rule)
        found += [f"The perspective {version.reference} asks for “{code}”." for code in sorted(named & gone)]
    return found


def _named_in_rule(slug: str, rule: Any) -> set[str]:
    if not isinstance(rule, dict) or not rule:
        return set()
    ((operator, value),) = rule.items()
    if operator in {"all", "any"}:
        return set().union(*(_named_in_rule(slug, part) for part in value))
    if operator == "not":
        return _named_in_rule(slug, value)
    if operator == "registration":
        part = f"{value['body']}/{value['part']}" if "part" in value else ""
        return {value["body"]} if slug == ListSlug.BODIES else {part} if slug == ListSlug.PARTS and part else set()
    return set(value) if operator == IN_RULES.get(slug) else set()  # type: ignore[call-overload]  # any slug may be asked for


@transaction.atomic
def save_edition(*, by: Any, slug: str, version: str, source: str, note: str, report: ListReport) -> ReferenceList:
    """Write a checked file as the next edition of a list. Editions before it are left as they are."""
    if not report.is_clean:
        raise DefinitionError("Nothing was saved: mend the errors first.")
    if report.is_the_same:
        raise DefinitionError("Nothing was saved: the file says what the newest edition says.")
    if not version.strip():
        raise DefinitionError("Name the edition, for example “2026” or “v3.6.0”.")
    # One import of a list at a time; the edition number is unique besides.
    editions = ReferenceList.objects.select_for_update().filter(slug=slug)
    if any(edition.version == version.strip() for edition in editions):
        raise DefinitionError(
            f"Edition {version.strip()} is there already, and an edition never changes. Name another."
        )
    number = (ReferenceList.objects.filter(slug=slug).aggregate(newest=Max("edition"))["newest"] or 0) + 1
    edition = ReferenceList.objects.create(
        slug=slug,
        version=version.strip(),
        edition=number,
        title=report.before.title if report.before else ListSlug(slug).label,
        source=source.strip(),
        note=note.strip(),
    )
    ReferenceEntry.objects.bulk_create(
        ReferenceEntry(list=edition, code=line.code, title=line.title, parent=line.parent, note=line.note, order=order)
        for order, line in enumerate(report.lines)
    )
    detail = {
        "entries": len(report.lines),
        "added": len(report.added),
        "removed": len(report.removed),
        "relabelled": len(report.relabelled),
    }
    record_event(by=by, action="load_reference_list", obj=edition, detail=detail)
    return edition


def as_csv(edition: ReferenceList) -> str:
    """Return an edition as the file that would make it again."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerows(edition.entries.order_by("order", "code").values_list(*COLUMNS))
    return "\ufeff" + text.getvalue()
