"""The newest published headcount, for a provider to see its return beside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils import timezone

from portal.datasets.models import DatasetVersion
from portal.datasets.queries import codes_in_use, observations
from portal.pipelines.specification import specification_of
from portal.submissions.published import PublishedHeadcount

if TYPE_CHECKING:
    from collections.abc import Mapping

SERIES = "oh-headcount"


def newest_headcounts(region_code: str) -> list[PublishedHeadcount]:
    """Return the newest published headcount of England and of a region, in all and by group of roles."""
    series = specification_of(SERIES)
    version = DatasetVersion.objects.filter(dataset__slug=series.dataset).current_on(timezone.now()).first()
    perspective = series.default_perspective
    if version is None or (rule := _rule_of(version.lineage, perspective)) is None:
        return []
    period = codes_in_use(version, "time_period")[-1]
    rows = observations(
        version, measure="headcount", time_period=period, perspective=perspective, role_level=["all", "group"]
    )
    places = version.meta.by_id["geography_code"].labels
    figures = []
    for level, code in (("country", None), ("region", region_code)):
        here = [row for row in rows if row["geography_level"] == level and code in {None, row["geography_code"]}]
        total = next((row for row in here if row["role_level"] == "all"), None)
        if total is None:
            continue
        figures.append(
            PublishedHeadcount(
                place=places.get(total["geography_code"], total["geography_code"]),
                period=period,
                counted_as=version.meta.by_id["perspective"].labels.get(perspective, perspective),
                predicate=rule["predicate_sql"],
                definition_url=reverse("definitions:perspective-version", args=[perspective, rule["version"]]),
                url=version.get_absolute_url(),
                organisations=int(total.attributes.get("coverage_received") or 0),
                people=total.value,
                by_group={row["role_code"]: row.value for row in here if row["role_level"] == "group"},
            ),
        )
    return figures


def _rule_of(lineage: Mapping[str, Any], perspective: str) -> dict[str, Any] | None:
    """Return the rule that a version was counted with; what says none cannot be held against anything."""
    used = lineage.get("definitions", {}).get("perspectives", [])
    return next((one for one in used if one["code"] == perspective), None)
