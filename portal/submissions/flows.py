"""Vacancies, starters and leavers by role: what leaves for a snapshot beside the records."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import connections

from portal.definitions.models import RoleVersion
from portal.submissions import pseudonyms
from portal.submissions.models.records import NOT_KNOWN

if TYPE_CHECKING:
    from pathlib import Path

    from portal.submissions.models import ReturnVersion

FLOW_COLUMNS = (
    "flow_key", "organisation_key", "organisation_group_key", "provider_type", "organisation_size", "region_code",
    "family", "role_code", "role_group", "staff_in_post", "posts_filled", "fte_nano", "vacant_posts",
    "vacant_posts_over_three_months", "starters", "leavers", "time_period", "collection_code",
)  # fmt: skip
#: Keys of a version's items that say whether the provider answered at all. None is an answer, no answer is none.
VACANCIES_KNOWN = "vacancies_known"
MOVEMENTS_KNOWN = "movements_known"

# Where nobody answered the value is NULL; where somebody answered, a role that is not named has none.
_ACCEPTED_FLOWS = """
WITH accepted AS (
    SELECT v.*, s.region_code AS region, c.family, to_char(c.reference_date, 'YYYY-MM') AS period, c.code AS collection
    FROM submissions_returnversion v
    JOIN submissions_return s ON s.accepted_version_id = v.id
    JOIN submissions_collection c ON c.id = s.collection_id
    WHERE c.code = %s AND s.state = 'accepted' AND NOT s.is_test AND v.erased_at IS NULL AND v.kind <> 'nil'
), staff AS (
    SELECT r.version_id, r.role_code, max(r.role_group) AS role_group, sum(r.fte_nano)::bigint AS fte_nano,
        sum(r.weight_count) AS posts,
        count(DISTINCT r.worker_key) + coalesce(sum(r.weight_count) FILTER (WHERE r.kind = 'aggregate'), 0) AS people
    FROM submissions_record r JOIN accepted a ON a.id = r.version_id GROUP BY 1, 2
), vacant AS (
    SELECT x.* FROM submissions_vacancy x JOIN accepted a ON a.id = x.version_id
), moved AS (
    SELECT x.* FROM submissions_movement x JOIN accepted a ON a.id = x.version_id
), named AS (
    SELECT version_id, role_code FROM staff
    UNION SELECT version_id, role_code FROM vacant
    UNION SELECT version_id, role_code FROM moved
)
SELECT a.organisation_key, a.organisation_group_key, a.provider_type, a.organisation_size,
    coalesce(nullif(a.region, ''), 'not_known'), a.family, n.role_code, staff.role_group,
    coalesce(staff.people, 0), coalesce(staff.posts, 0), coalesce(staff.fte_nano, 0),
    CASE WHEN (a.items->>'vacancies_known')::boolean THEN coalesce(vacant.posts, 0) END,
    CASE WHEN (a.items->>'vacancies_known')::boolean THEN coalesce(vacant.posts_over_three_months, 0) END,
    CASE WHEN (a.items->>'movements_known')::boolean THEN coalesce(moved.starters, 0) END,
    CASE WHEN (a.items->>'movements_known')::boolean THEN coalesce(moved.leavers, 0) END,
    a.period, a.collection
FROM named n
JOIN accepted a ON a.id = n.version_id
LEFT JOIN staff ON staff.version_id = n.version_id AND staff.role_code = n.role_code
LEFT JOIN vacant ON vacant.version_id = n.version_id AND vacant.role_code = n.role_code
LEFT JOIN moved ON moved.version_id = n.version_id AND moved.role_code = n.role_code
"""


@dataclass(frozen=True, slots=True)
class FlowValues:
    """What a provider says of one role: vacant posts on the day, people who came and went in the year before.

    None: the provider did not answer.
    """

    role_code: str
    vacant_posts: int | None = None
    vacant_posts_over_three_months: int | None = None
    starters: int | None = None
    leavers: int | None = None
    reason: str = NOT_KNOWN


def write_flows(version: ReturnVersion, flows: list[FlowValues]) -> None:
    """Write what a provider says of vacancies, starters and leavers into a version that is not submitted yet."""
    version.vacancies.all().delete()
    version.movements.all().delete()
    vacant = [flow for flow in flows if flow.vacant_posts]
    moved = [flow for flow in flows if flow.starters or flow.leavers]
    version.vacancies.model.objects.bulk_create(
        version.vacancies.model(
            version=version,
            role_code=flow.role_code,
            posts=flow.vacant_posts,
            posts_over_three_months=flow.vacant_posts_over_three_months or 0,
            reason=flow.reason,
        )
        for flow in vacant
    )
    version.movements.model.objects.bulk_create(
        version.movements.model(
            version=version, role_code=flow.role_code, starters=flow.starters or 0, leavers=flow.leavers or 0
        )
        for flow in moved
    )


def answered(flows: list[FlowValues]) -> dict[str, Any]:
    """Return the items that say what was answered, and the totals that the checks of the return look at."""
    vacancies = any(flow.vacant_posts is not None for flow in flows)
    movements = any(flow.starters is not None or flow.leavers is not None for flow in flows)
    known: dict[str, Any] = {VACANCIES_KNOWN: vacancies, MOVEMENTS_KNOWN: movements}
    if movements:
        known["joiners"] = sum(flow.starters or 0 for flow in flows)
        known["leavers"] = sum(flow.leavers or 0 for flow in flows)
    return known


def copy_accepted_flows(collection_code: str, sink: Path) -> int:
    """Write the flows of accepted returns as CSV, columns as in ``FLOW_COLUMNS``, by flow key; return how many rows.

    NULL is an empty cell: the provider did not answer. Nothing identifies a person.
    """
    with connections["submissions"].cursor() as cursor:
        cursor.execute(_ACCEPTED_FLOWS, [collection_code])
        found = cursor.fetchall()
    groups: dict[str, dict[str, str]] = {}
    rows = []
    for row in found:
        values = list(row)
        family, role = values[5], values[6]
        if values[7] is None:
            if family not in groups:
                groups[family] = dict(RoleVersion.objects.latest_per_role(family).values_list("code", "group"))
            values[7] = groups[family].get(role, "")
        rows.append([pseudonyms.pseudonym("flow", collection_code, values[0], role), *values])
    with sink.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(FLOW_COLUMNS)
        writer.writerows(sorted(rows))
    return len(rows)
