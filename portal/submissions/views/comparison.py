"""Own figures beside published ones, and what a return changes in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.shortcuts import render

from portal.definitions.enums import RoleGroup
from portal.submissions.actions.drafts import version_before
from portal.submissions.peers import LikeOrganisations, like_organisations
from portal.submissions.published import (
    EVERYBODY,
    LEAST_ORGANISATIONS,
    people_by_group,
    people_counted,
    published_headcounts,
)
from portal.submissions.views.common import my_return, page

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

NOT_SHOWN = "too few"


@page
def comparison(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a return beside the newest published figures, counted by the same rule; nothing unpublished is used."""
    of_return = my_return(request, pk, to_change=False)
    version = of_return.versions.drafts().first() or of_return.submitted_version
    before = version_before(of_return)
    figures = published_headcounts(of_return.region_code)
    rule = figures[0].predicate if figures else EVERYBODY
    own, people = people_by_group(version, rule), people_counted(version, rule)
    like = like_organisations(version, of_return, figures[0].period, rule) if version and figures else None
    everybody = people_counted(version)
    context = {
        "of_return": of_return,
        "figures": figures,
        "like": like,
        "not_shown": NOT_SHOWN,
        "people": people,
        "everybody": everybody,
        "outside": _by_label(own, people_by_group(version)) if everybody > people else [],
        "rows": _rows(own, people, figures, like),
        "change": people - people_counted(before, rule) if before else None,
        "before": before,
        "by_group": _by_label(people_by_group(before, rule), own) if before else [],
        "least": LEAST_ORGANISATIONS,
    }
    return render(request, "submissions/comparison.html", context)


def _rows(own: dict[str, int], people: int, figures: list[Any], like: LikeOrganisations | None) -> list[dict[str, Any]]:
    others = like.shares if like else {}
    groups = [
        group
        for group in RoleGroup.values
        if own.get(group) or group in others or any(group in one.by_group for one in figures)
    ]
    return [
        {
            "group": RoleGroup(group).label,
            "people": own.get(group, 0),
            "share": _share(own.get(group, 0), people),
            "like": f"{share}%" if (share := others.get(group, 0)) is not None else NOT_SHOWN,
            "published": [
                (f"{one.place}, {one.month}", _share(one.by_group.get(group), one.people)) for one in figures
            ],
        }
        for group in groups
    ]


def _share(part: float | None, whole: float | None) -> str:
    """Return a share in whole per cent; a part that is not published has none."""
    return f"{100 * part / whole:.0f}%" if part is not None and whole else "not published"


def _by_label(less: dict[str, int], more: dict[str, int]) -> list[tuple[str, int]]:
    """Return how far two counts are apart in each group in which they are."""
    apart = [(RoleGroup(group).label, more.get(group, 0) - less.get(group, 0)) for group in RoleGroup.values]
    return [(label, difference) for label, difference in apart if difference]
