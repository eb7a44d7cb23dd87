"""Who is in post, who was a year ago and still is, how old people are, and when they expect to leave."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction

from portal.submissions.models import Collection
from portal.submissions.querysets import accepted_summary, copy_as_csv

if TYPE_CHECKING:
    from pathlib import Path

MONTHS_BETWEEN = 12
#: The middle of each age band, for those whose year of birth was not returned.
MIDDLE_OF_BAND = {
    "under_25": 22, "25_29": 27, "30_34": 32, "35_39": 37, "40_44": 42, "45_49": 47, "50_54": 52, "55_59": 57,
    "60_64": 62, "65_over": 67,
}  # fmt: skip

# Of those who were in post a year ago only providers that answered both times are asked: of a provider that is silent
# now nobody knows who stayed. Somebody who moved between two of them has stayed in the workforce. The people of a year
# ago and those of today are two populations: nothing that is published links one to the other but who stayed.
_CAREERS = """
WITH accepted AS (
    SELECT v.id, v.organisation_key, v.organisation_group_key, v.provider_type, v.organisation_size, c.code, c.family,
        extract(year FROM c.reference_date)::int AS year
    FROM submissions_returnversion v
    JOIN submissions_return s ON s.accepted_version_id = v.id
    JOIN submissions_collection c ON c.id = s.collection_id
    WHERE c.code IN ({now}, {before}) AND s.state = 'accepted' AND NOT s.is_test AND v.erased_at IS NULL
), posts AS (
    SELECT r.record_key, r.worker_key, r.noise_key, r.fte_nano, r.role_code, r.role_group, r.region_code,
        r.leaving_intention, coalesce(a.year - r.birth_year, CASE r.age_band {ages} END) AS age, a.*
    FROM submissions_record r JOIN accepted a ON a.id = r.version_id
    WHERE r.kind = 'record' AND r.worker_key IS NOT NULL
), both_times AS (
    SELECT organisation_key FROM accepted GROUP BY 1 HAVING count(DISTINCT code) = 2
), opening AS (
    SELECT * FROM posts WHERE code = {before} AND organisation_key IN (SELECT organisation_key FROM both_times)
), still AS (
    SELECT DISTINCT worker_key FROM posts
    WHERE code = {now} AND organisation_key IN (SELECT organisation_key FROM both_times)
), counted AS (
    SELECT 'in_post' AS quantity, 'not_known' AS stayed, * FROM posts WHERE code = {now}
    UNION ALL
    SELECT 'opening', CASE WHEN worker_key IN (SELECT worker_key FROM still) THEN 'yes' ELSE 'no' END, * FROM opening
)
SELECT md5(record_key || '|' || quantity) AS record_key, md5(worker_key || '|' || quantity) AS worker_key, noise_key,
    organisation_key, organisation_group_key, family, 'record' AS kind, 1 AS weight_count, fte_nano,
    {period} AS time_period, {now} AS collection_code, provider_type, organisation_size, region_code, role_code, role_group,
    leaving_intention, quantity, stayed, age
FROM counted
"""


def opening_of(collection: Collection) -> Collection | None:
    """Return the collection of the same family twelve months before; None where there is none."""
    year, month = collection.reference_date.year - MONTHS_BETWEEN // 12, collection.reference_date.month
    found = Collection.objects.filter(family=collection.family, reference_date__year=year, reference_date__month=month)
    return found.order_by("code").first()


def opening_summary(collection_code: str) -> dict[str, Any]:
    """Return what the opening numbers of a collection are made of; nothing where no collection came before."""
    opening = opening_of(Collection.objects.get(code=collection_code))
    if opening is None:
        return {}
    summary = accepted_summary(opening.code)
    return {name: summary[name] for name in ("collection", "accepted", "return_versions")}


def copy_careers(collection_code: str, sink: Path) -> int:
    """Write a row for each post now and each post of a year before, and whether its holder stayed, as CSV; return how many."""
    collection = Collection.objects.get(code=collection_code)
    opening = opening_of(collection)
    ages = " ".join(f"WHEN '{band}' THEN {age}" for band, age in MIDDLE_OF_BAND.items())
    query = _CAREERS.format(now="%(now)s", before="%(before)s", period="%(period)s", ages=ages)
    values = {
        "now": collection.code,
        "before": opening.code if opening else "",
        "period": collection.time_period,
    }
    with transaction.atomic("submissions"):
        return copy_as_csv(query, values, sink)
