"""What changed in a return: by role against the last return, and record by record between two versions."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from django.db import connections
from django.db.models import Case, Sum, When

from portal.submissions.enums import RecordKind
from portal.submissions.models.queries import ITEM_LABELS, in_words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from portal.submissions.models import ReturnVersion

#: What is compared of a record; none of it names a person.
COMPARED = (
    "fte_nano", "weekly_hours_milli", "oh_share_milli", "oh_view", "contract_type", "contract_basis", "region_code",
    "icb_code", "delivery_mode", "registration_body", "registration_part", "registration_status", "qualifications",
    "start_date", "leaving_intention", "weight_count",
)  # fmt: skip
#: What its own provider is shown besides.
OF_THE_WORKER = (
    "postcode_district", "age_band", "birth_year", "oh_start_year", "sex", "gender", "ethnic_group", "disability",
)  # fmt: skip
SHOWN = 100

# One post is one worker in one role with one job title. Versions of a hundred thousand records are
# compared in the database; only what is shown comes out of it.
_BY_RECORD = """
WITH before AS (SELECT * FROM submissions_record WHERE version_id = %(old)s),
now AS (SELECT * FROM submissions_record WHERE version_id = %(new)s),
found AS (
    SELECT CASE WHEN before.sequence IS NULL THEN 'added' WHEN now.sequence IS NULL THEN 'gone' ELSE 'changed' END AS kind,
           coalesce(now.sequence, before.sequence) AS place, role_code, worker_ref,
           ARRAY[{before}] AS was, ARRAY[{now}] AS has
    FROM before FULL JOIN now USING (worker_ref, role_code, job_title)
    WHERE before.sequence IS NULL OR now.sequence IS NULL OR ARRAY[{before}] <> ARRAY[{now}]
), ranked AS (
    SELECT *, count(*) OVER (PARTITION BY kind) AS total, row_number() OVER (PARTITION BY kind ORDER BY place) AS rank
    FROM found
)
SELECT kind, total, place, role_code, worker_ref, was, has FROM ranked WHERE rank <= %(shown)s ORDER BY kind, place
"""


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
    worker: str
    values: list[tuple[str, str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class RecordDifferences:
    """How many records of a version were added, are gone or changed, and the first of each."""

    added: int = 0
    gone: int = 0
    changed: int = 0
    rows: list[RecordDifference] = field(default_factory=list)

    @property
    def more(self) -> int:
        """How many are not among the rows."""
        return self.added + self.gone + self.changed - len(self.rows)


def by_role(
    version: ReturnVersion | None, last: ReturnVersion | None, titles: Mapping[str, str] = MappingProxyType({})
) -> list[RoleDifference]:
    """Return posts and FTE by role of two versions, the largest change first."""
    now, before = _roles(version), _roles(last)
    rows = [
        RoleDifference(titles.get(role, role), *now.get(role, (0, 0.0)), *before.get(role, (0, 0.0)))
        for role in sorted(now.keys() | before.keys())
    ]
    return sorted(rows, key=lambda row: -abs(row.change))


def _roles(version: ReturnVersion | None) -> dict[str, tuple[int, float]]:
    if version is None:
        return {}
    # A record is one post; a line of totals stands for several.
    posts = Case(When(kind=RecordKind.AGGREGATE, then="weight_count"), default=1)
    rows = version.records.order_by().values("role_code").annotate(posts=Sum(posts), fte=Sum("fte_nano"))
    return {row["role_code"]: (row["posts"], row["fte"] / 10**9) for row in rows}


def by_record(
    old: ReturnVersion | None,
    new: ReturnVersion | None,
    *,
    for_provider: bool = False,
    titles: Mapping[str, str] = MappingProxyType({}),
) -> RecordDifferences:
    """Return the records that came, went or changed between two versions, by worker, role and job title.

    ``titles`` are what roles are called where people read them.
    """
    if old is None or new is None:
        return RecordDifferences(added=new.rows if new else 0)
    names = COMPARED + OF_THE_WORKER if for_provider else COMPARED
    statement = _BY_RECORD.format(
        **{side: ", ".join(f"coalesce({side}.{name}::text, '')" for name in names) for side in ("before", "now")}
    )
    with connections["submissions"].cursor() as cursor:
        cursor.execute(statement, {"old": old.pk, "new": new.pk, "shown": SHOWN})
        found = cursor.fetchall()
    totals = {kind: total for kind, total, *_rest in found}
    rows = [
        RecordDifference(
            kind, place, titles.get(role, role), worker, _values(names, was, has) if kind == "changed" else []
        )
        for kind, _total, place, role, worker, was, has in found
    ]
    return RecordDifferences(**totals, rows=rows)


def _values(names: tuple[str, ...], was: list[str], has: list[str]) -> list[tuple[str, str, str]]:
    return [
        (ITEM_LABELS.get(name, name.replace("_", " ").capitalize()), _said(name, before), _said(name, now))
        for name, before, now in zip(names, was, has, strict=True)
        if before != now
    ]


def _said(name: str, text: str) -> str:
    value: Any = int(text) if text and name.endswith(("_nano", "_milli")) else text
    return in_words(name, value)
