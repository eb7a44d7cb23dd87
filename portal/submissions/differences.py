"""What changed in a return: by role against the last return, and record by record between two versions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Sum

from portal.submissions.models.queries import ITEM_LABELS, in_words

if TYPE_CHECKING:
    from portal.submissions.models import ReturnVersion

#: What is compared of a record; none of it names a person.
COMPARED = (
    "fte_nano", "weekly_hours_milli", "oh_share_milli", "contract_type", "contract_basis", "region_code", "icb_code",
    "registration_body", "registration_part", "qualifications", "start_date", "leaving_intention",
)  # fmt: skip
SHOWN = 100


@dataclass(frozen=True)
class RoleDifference:
    """Posts and FTE of one role now and last time."""

    role: str
    posts: int
    fte: float
    posts_before: int
    fte_before: float

    @property
    def change(self) -> int:
        """More posts than last time."""
        return self.posts - self.posts_before


@dataclass(frozen=True)
class RecordDifference:
    """What became of one record: added, gone or changed, and which values."""

    kind: str
    sequence: int
    role: str
    values: list[tuple[str, str, str]] = field(default_factory=list)


def by_role(version: ReturnVersion | None, last: ReturnVersion | None) -> list[RoleDifference]:
    """Return posts and FTE by role of two versions, the largest change first."""
    now, before = _roles(version), _roles(last)
    rows = [
        RoleDifference(role, *now.get(role, (0, 0.0)), *before.get(role, (0, 0.0)))
        for role in sorted(now.keys() | before.keys())
    ]
    return sorted(rows, key=lambda row: -abs(row.change))


def _roles(version: ReturnVersion | None) -> dict[str, tuple[int, float]]:
    if version is None:
        return {}
    rows = version.records.values("role_code").annotate(posts=Count("sequence"), fte=Sum("fte_nano"))
    return {row["role_code"]: (row["posts"], row["fte"] / 10**9) for row in rows}


def by_record(old: ReturnVersion | None, new: ReturnVersion | None) -> list[RecordDifference]:
    """Return the records that came, went or changed between two versions, by worker, role and job title."""
    if old is None or new is None:
        return []
    before, after = _posts(old), _posts(new)
    found = [
        RecordDifference("added", row["sequence"], row["role_code"]) for key, row in after.items() if key not in before
    ]
    found += [
        RecordDifference("gone", row["sequence"], row["role_code"]) for key, row in before.items() if key not in after
    ]
    for key in after.keys() & before.keys():
        values = [
            (
                ITEM_LABELS.get(name, name.replace("_", " ").capitalize()),
                in_words(name, before[key][name]),
                in_words(name, after[key][name]),
            )
            for name in COMPARED
            if before[key][name] != after[key][name]
        ]
        if values:
            found.append(RecordDifference("changed", after[key]["sequence"], after[key]["role_code"], values))
    return sorted(found, key=lambda row: (row.kind, row.sequence))


def _posts(version: ReturnVersion) -> dict[tuple[str, ...], dict[str, Any]]:
    rows = version.records.order_by("sequence").values("sequence", "worker_ref", "role_code", "job_title", *COMPARED)
    return {(row["worker_ref"], row["role_code"], row["job_title"]): row for row in rows}
