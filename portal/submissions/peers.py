"""Organisations like one's own: shares of groups of roles, from returns whose figures are published.

What a provider is shown must tell nothing of any one other provider. Only accepted returns of a
period that is published count, never those that still come in, so that a figure does not move
with a single return; ten organisations besides one's own at least; a share stands only where three
of them and ten people are behind it and none of them holds most of it; shares are rounded to five
per cent; and one hidden share is never alone, so that it cannot be reckoned from the others.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from portal.organisations.enums import OrganisationSize, ProviderType
from portal.submissions.dashboard import region_names
from portal.submissions.enums import CollectionState
from portal.submissions.models import Collection, Return
from portal.submissions.published import EVERYBODY, LEAST_ORGANISATIONS, month_of, people_of_versions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from portal.submissions.models import ReturnVersion

LEAST_BEHIND_A_SHARE = 3
LEAST_PEOPLE = 10
#: No other organisation may hold more of a share than this.
MOST_OF_ONE = 0.6
ROUNDED_TO = 5


@dataclass(frozen=True)
class LikeOrganisations:
    """Shares in per cent by group of roles; None: too few are behind it."""

    words: str
    period: str
    organisations: int
    shares: dict[str, int | None]

    @property
    def month(self) -> str:
        """The period in words: March 2026."""
        return month_of(self.period)


def like_organisations(
    version: ReturnVersion, of_return: Return, published_period: str, predicate: str = EVERYBODY
) -> LikeOrganisations | None:
    """Return the closest group that is large enough: of the same type, size and region where it can be.

    People are those whom the rule of the published figures counts.
    """
    collection = next(
        (
            one
            for one in Collection.objects.filter(
                family=of_return.collection.family, state=CollectionState.SEALED, erased_at=None
            ).order_by("-reference_date")
            if one.time_period == published_period
        ),
        None,
    )
    if collection is None or version.provider_type == ProviderType.NOT_KNOWN:
        return None
    others = (
        Return.objects.accepted()
        .filter(collection=collection, accepted_version__provider_type=version.provider_type)
        .exclude(organisation_code=of_return.organisation_code)
    )
    for same, words in _groups(version, of_return, region_names(collection)):
        versions = list(others.filter(**same).values_list("accepted_version_id", flat=True))
        if len(versions) >= LEAST_ORGANISATIONS:
            return LikeOrganisations(words, published_period, len(versions), _shares(versions, predicate))
    return None


def _groups(version: ReturnVersion, of_return: Return, regions: dict[str, str]) -> Iterator[tuple[dict[str, str], str]]:
    """Yield groups of organisations of the same type, the closest first: of the same size and region, size, region, all."""
    label = ProviderType(version.provider_type).label
    size, region = OrganisationSize(version.organisation_size), regions.get(of_return.region_code)
    of_size = {"accepted_version__organisation_size": size}
    of_region = {"region_code": of_return.region_code}
    sized = f"{label}, {size.label} {'person' if size == OrganisationSize.ONE else 'people'}"
    is_sized = size != OrganisationSize.NOT_KNOWN
    if is_sized and region:
        yield of_size | of_region, f"{sized}, {region}"
    if is_sized:
        yield of_size, sized
    if region:
        yield of_region, f"{label}, of every size, {region}"
    yield {}, f"{label}, of every size"


def _shares(versions: list[int], predicate: str) -> dict[str, int | None]:
    held: dict[str, list[int]] = defaultdict(list)
    for _version, group, people in people_of_versions(versions, predicate):
        held[group].append(people)
    whole = sum(map(sum, held.values()))
    if not whole:
        return {}
    hidden = {group for group, people in held.items() if not _may_be_shown(people)}
    if len(hidden) == 1 and len(held) > 1:
        hidden.add(min(held.keys() - hidden, key=lambda group: (sum(held[group]), group)))
    return {
        group: None if group in hidden else ROUNDED_TO * round(100 * sum(people) / whole / ROUNDED_TO)
        for group, people in sorted(held.items())
    }


def _may_be_shown(people: list[int]) -> bool:
    total = sum(people)
    return (
        total >= LEAST_PEOPLE
        and sum(count > 0 for count in people) >= LEAST_BEHIND_A_SHARE
        and max(people) <= MOST_OF_ONE * total
    )
