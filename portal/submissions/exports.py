"""What the OH team takes away of a collection, as CSV. Never a direct identifier; never a formula."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

from portal.submissions.dashboard import responses_by
from portal.submissions.documents import neutral
from portal.submissions.models import Query, Record, RowIssue, SentMessage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from portal.submissions.models import Collection

RECORD_FIELDS = (
    "sequence", "kind", "weight_count", "role_code", "role_group", "registration_body", "registration_part",
    "qualifications", "functions", "oh_share_milli", "fte_nano", "contract_type", "contract_basis", "region_code",
    "icb_code", "delivery_mode", "age_band",
)  # fmt: skip


class _Echo:
    """Hands back each line that the writer of the csv module writes."""

    def write(self, line: str) -> str:
        return line


def csv_lines(headings: Iterable[str], rows: Iterable[Iterable[Any]]) -> Iterator[bytes]:
    """Yield the file line by line; the mark at its head tells a spreadsheet that it is UTF-8."""
    writer = csv.writer(_Echo())
    yield b"\xef\xbb\xbf"
    yield writer.writerow(list(headings)).encode()
    for row in rows:
        yield writer.writerow([neutral("" if cell is None else str(cell)) for cell in row]).encode()


def _returns(_collection: Collection, returns: Any) -> tuple[list[str], Iterator[list[Any]]]:
    headings = [
        "organisation", "name", "provider_type", "region", "state", "submitted_at", "version", "records", "late",
        "reminded_at",
    ]  # fmt: skip
    return headings, (
        [
            item.organisation_code,
            item.organisation_name,
            item.provider_type,
            item.region_code,
            item.state,
            item.submitted_at.isoformat() if item.submitted_at else "",
            item.submitted_version.number if item.submitted_version else "",
            item.submitted_version.rows if item.submitted_version else "",
            "yes" if item.is_late else "no",
            item.reminded_at.isoformat() if item.reminded_at else "",
        ]
        for item in returns.iterator(chunk_size=2000)
    )


def _responses(collection: Collection, _returns: Any) -> tuple[list[str], Iterator[list[Any]]]:
    rows = [
        [by, row.code, row.label, row.expected, row.started, row.received, row.accepted, row.rate]
        for by in ("provider_type", "region_code")
        for row in responses_by(collection, by)
    ]
    return ["by", "code", "label", "expected", "started", "received", "accepted", "response_per_cent"], iter(rows)


def _checks(_collection: Collection, returns: Any) -> tuple[list[str], Iterator[list[Any]]]:
    issues = RowIssue.objects.filter(version__in=returns.values("submitted_version")).select_related(
        "version__of_return"
    )
    # The words of a finding may quote a cell that names somebody: its code and place are enough here.
    return ["organisation", "check", "severity", "item", "line", "cell", "has_reason"], (
        [
            issue.version.of_return.organisation_code, issue.code, issue.severity, issue.item, issue.line, issue.cell,
            "yes" if issue.reason else "no",
        ]
        for issue in issues.order_by("version__of_return__organisation_code", "code", "pk").iterator(chunk_size=2000)
        if issue.version
    )  # fmt: skip


def _questions(_collection: Collection, returns: Any) -> tuple[list[str], Iterator[list[Any]]]:
    queries = Query.objects.filter(of_return__in=returns.values("pk")).select_related("of_return")
    headings = [
        "organisation",
        "question",
        "begun_by",
        "record",
        "item",
        "state",
        "opened_at",
        "resolved_at",
        "outcome",
    ]
    return headings, (
        [
            query.of_return.organisation_code, query.pk, "provider" if query.is_from_provider else "OH team",
            query.sequence, query.item, query.state, query.opened_at.isoformat(),
            query.resolved_at.isoformat() if query.resolved_at else "", query.outcome,
        ]
        for query in queries.order_by("opened_at", "pk").iterator(chunk_size=2000)
    )  # fmt: skip


def _messages(collection: Collection, _returns: Any) -> tuple[list[str], Iterator[list[Any]]]:
    rows = SentMessage.objects.filter(collection=collection).order_by("created_at", "pk")
    return ["organisation", "kind", "subject", "state", "created_at", "sent_at", "failure"], (
        [
            row.organisation_code, row.kind, row.subject, row.state, row.created_at.isoformat(),
            row.sent_at.isoformat() if row.sent_at else "", row.failure,
        ]
        for row in rows.iterator(chunk_size=2000)
    )  # fmt: skip


def _records(_collection: Collection, returns: Any) -> tuple[list[str], Iterator[list[Any]]]:
    rows = Record.objects.filter(version__in=returns.values("submitted_version")).order_by("version", "sequence")
    fields = ("version__of_return__organisation_code", *RECORD_FIELDS)
    return ["organisation", *RECORD_FIELDS], (list(row) for row in rows.values_list(*fields).iterator(chunk_size=5000))


#: Name in the address: what it says on the page, and what makes it.
EXPORTS = {
    "returns": ("Returns", _returns),
    "responses": ("Responses by provider type and region", _responses),
    "checks": ("Findings of the checks", _checks),
    "questions": ("Questions and their outcomes", _questions),
    "messages": ("Messages sent", _messages),
    "records": ("Records, without identifiers", _records),
}


def export(name: str, collection: Collection, returns: Any) -> Iterator[bytes]:
    """Return the lines of one export of the returns that were chosen."""
    headings, rows = EXPORTS[name][1](collection, returns)
    return csv_lines(headings, rows)
