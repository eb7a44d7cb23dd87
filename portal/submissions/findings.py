"""What checks find: one form for every layout, on the page, in files and in the API."""

from __future__ import annotations

from dataclasses import dataclass

from portal.submissions.enums import Outcome, Severity
from portal.submissions.reading import cell_reference


@dataclass(slots=True)
class Finding:
    """One finding, with the real line and column of the person's own file."""

    code: str
    severity: Severity
    message: str
    line: int | None = None
    column: int | None = None
    column_name: str = ""
    item: str = ""
    value: str = ""
    record_number: int | None = None
    worker_ref: str = ""

    @property
    def outcome(self) -> Outcome:
        """What becomes of the row."""
        if self.severity == Severity.ERROR:
            return Outcome.REFUSED
        return Outcome.QUERIED if self.severity == Severity.QUERY else Outcome.STORED

    @property
    def cell(self) -> str:
        """The name of the cell, for example C14; empty for a finding about a row or the file."""
        return cell_reference(self.column, self.line) if self.column and self.line else ""
