"""A file of records from start to end: read, matched, checked. Nothing is written here."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import polars as pl

from portal.definitions.querysets import label_index
from portal.submissions.checks import RowChecker
from portal.submissions.checks.columns import ColumnChecker
from portal.submissions.checks.frames import FIELD_TYPES
from portal.submissions.checks.values import Context
from portal.submissions.enums import Severity
from portal.submissions.forms import load_form
from portal.submissions.matching import Match, match_headings, refuse_other_tables
from portal.submissions.models import ColumnMapping
from portal.submissions.reading import Choices, Refused, TableReader, fold, open_table
from portal.submissions.reading.columns import read_columns

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from portal.submissions.checks import CheckedRow
    from portal.submissions.findings import Finding
    from portal.submissions.models import Collection, Return


@dataclass
class FileResult:
    """What a file says."""

    table: TableReader
    match: Match
    rows: int = 0
    #: The records, a row for each, columns as they are stored.
    good: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=FIELD_TYPES))
    held: list[CheckedRow] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    queried: int = 0
    #: What the rows were checked against; None where none was.
    context: Context | None = None

    @property
    def by_code(self) -> dict[str, int]:
        """How often each check found something."""
        return dict(sorted(Counter(finding.code for finding in self.findings).items()))

    def reading(self) -> dict[str, Any]:
        """How the file was read, for the page and the API."""
        return {
            "kind": self.table.kind.value,
            "encoding": self.table.encoding,
            "delimiter": self.table.delimiter,
            "sheet": self.table.sheet,
            "sheets": getattr(self.table.source, "sheets", []),
            "heading_line": self.table.heading_line,
            "headings": self.table.headings,
            "columns": {name: self.table.headings[index] for name, (index, _column) in self.match.columns.items()},
            "unmatched": self.match.unmatched,
            "ignored": self.match.ignored,
            "doubled": self.match.doubled,
            "missing": self.match.missing_required,
            "notes": self.table.notes,
        }


def context_of(collection: Collection) -> Context:
    """Return what the records of a collection are checked against: one query for all roles."""
    labels = label_index(collection.family)
    return Context(
        form=load_form(collection.form_version),
        reference_date=collection.reference_date,
        find_role=labels.find,
        role_labels=tuple(labels.labels()),
    )


def remembered_mapping(of_return: Return, form_name: str) -> dict[str, str]:
    """Return what the organisation said of its headings before."""
    rows = ColumnMapping.objects.filter(organisation_code=of_return.organisation_code, form=form_name)
    return dict(rows.values_list("heading", "item"))


def open_file(path: Path, of_return: Return, choices: dict[str, Any]) -> tuple[TableReader, Match]:
    """Read the headings and match them, or refuse the file."""
    form = load_form(of_return.collection.form_version)
    remembered = remembered_mapping(of_return, form.name)
    reading = Choices(
        **{name: choices[name] for name in ("encoding", "delimiter", "sheet", "heading_line") if choices.get(name)}
    )
    table = open_table(path, vocabulary=form.vocabulary | remembered.keys(), choices=reading)
    chosen = {fold(heading): item for heading, item in choices.get("columns", {}).items()}
    match = match_headings(form, table, remembered | chosen)
    refuse_other_tables(form, table, match, has_choices=bool(choices))
    return table, match


def check_file(
    path: Path,
    of_return: Return,
    choices: dict[str, Any],
    *,
    progress: Callable[[int], None] | None = None,
) -> FileResult:
    """Check every row of a file."""
    table, match = open_file(path, of_return, choices)
    result = FileResult(table, match)
    if match.needs_a_person:
        return result
    result.context = context_of(of_return.collection)
    checker = RowChecker(result.context, match.columns, table.headings)
    columns = read_columns(table, [index for index, _column in match.columns.values()], progress)
    result.rows = columns.rows
    if not result.rows:
        raise Refused(
            "F-061",
            f"There is no row below the headings in line {table.heading_line}. One row for each post was expected; for none at all, make a nil return.",
        )
    by_column = ColumnChecker(checker, columns, progress)
    mended = []
    for row in by_column.look_again():
        _take(result, row)
        if row.record is not None:
            mended.append(row)
    result.good = by_column.records(mended)
    result.findings.extend(by_column.whole_file(result.good))
    return result


def _take(result: FileResult, row: CheckedRow) -> None:
    result.findings.extend(row.findings)
    if row.record is None:
        result.held.append(row)
        return
    for finding in row.findings:
        finding.worker_ref = row.record.worker_ref
    result.queried += any(finding.severity == Severity.QUERY for finding in row.findings)
