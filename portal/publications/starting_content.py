"""The publications that the portal begins with, and who may do what with releases."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group, Permission
from django.db import transaction
from wagtail.models import Page, Site

from portal.publications.models import MethodologyPage, PublicationIndexPage, PublicationSeriesPage
from portal.publications.starting_series import DISCLOSURE, MORE_SERIES, QUALITY

RIGHTS: dict[str, tuple[str, ...]] = {
    "Editors": ("submit_release", "manage_calendar"),
    "Reviewers": ("review_release",),
    "Approvers": ("review_release", "approve_release"),
    "Publishers": ("publish_release", "manage_calendar"),
    "Administrators": ("submit_release", "review_release", "approve_release", "publish_release", "manage_calendar"),
}

ROUNDING = (
    "<p>Counts of fewer than 10 people are not shown. Other counts are rounded to the nearest 5, each total on "
    "its own, so parts do not always add up to their total.</p>"
)
# Formula, the same in words, and its note: below the section of that name, wherever it occurs.
FORMULAS: dict[str, tuple[str, str, str]] = {
    "People, posts and full-time equivalent": (
        r"\mathrm{FTE} = \sum_{p} \frac{h_p}{37.5}",
        "Full-time equivalent is the sum, over all posts, of contracted hours a week divided by 37.5.",
        "<p>The time of each post is kept exactly, in billionths of a full-time post. Only the published sum is rounded.</p>",
    ),
    "Vacancy rate": (
        r"r = \frac{v}{v + f}",
        "The vacancy rate is vacant posts divided by vacant and filled posts together.",
        "<p>A provider that left one of the questions open is in neither number.</p>",
    ),
}
SERIES: tuple[dict[str, Any], ...] = (
    {
        "slug": "occupational-health-workforce",
        "title": "Occupational health workforce",
        "summary": "How many people work in occupational health in England, in which roles and where, counted under "
        "each published perspective.",
        "dataset_slug": "ohw-headcount",
        "frequency": "Twice a year.",
        "quality_summary": "<p>The figures come from returns of providers of occupational health. Not every provider "
        "sends one: the response stands beside each figure.</p>" + ROUNDING,
        "methodology": (
            (
                "How providers’ returns become published figures: who is counted, how people are told apart from posts, "
                "how figures are protected."
            ),
            (
                (
                    "Who is counted",
                    (
                        "<p>Every person who works in occupational health on the reference date. Who belongs to that is "
                        "a question of definition: each figure is published under several perspectives, and each "
                        "perspective is a written rule with versions.</p>"
                    ),
                ),
                (
                    "People, posts and full-time equivalent",
                    (
                        "<p>Headcount is the number of distinct people: someone who works for two providers counts once. "
                        "Posts are jobs held. Full-time equivalent adds up contracted hours, where 37.5 hours a week "
                        "is one.</p>"
                    ),
                ),
                (
                    "From returns to figures",
                    (
                        "<p>Accepted returns are sealed in a file that cannot change. Figures are computed from sealed "
                        "files only, by published rules, and the same files give the same figures every time.</p>"
                    ),
                ),
                (
                    "Providers that did not answer",
                    (
                        "<p>Two series are published side by side: as returned, and with estimates. In the second, a "
                        "provider that did not answer stands as in its last return, if that is at most 12 months old. "
                        "Providers that answered stand for the others of the same type, size and region, in the measure "
                        "of declared size, and weights are raked so that the sizes of the regions are met. Every estimate "
                        "has a 95% interval, and its source says how far it went: returned, carried forward, imputed or "
                        "weighted. A provider that is carried forward does not count as an answer in the interval: its "
                        "width is that of the estimate from those who answered, and how far the two estimates lie "
                        "apart.</p>"
                    ),
                ),
                ("Protection of people", ROUNDING),
            ),
        ),
    },
    {
        "slug": "primary-care-network-workforce",
        "title": "Primary care network workforce",
        "summary": "Staff of primary care networks in England, from records published by NHS England: people and "
        "full-time equivalent by role and area.",
        "dataset_slug": "pcn-headcount",
        "frequency": "Twice a year.",
        "quality_summary": "<p>The figures are computed from individual-level records that NHS England published "
        "under the Open Government Licence. Contracted services without a named person count in full-time "
        "equivalent and not in people.</p>" + ROUNDING,
        "methodology": (
            "How records of primary care network staff become the figures of this publication.",
            (
                (
                    "The records",
                    (
                        "<p>One row for each role that a person holds in a primary care network on the last day of the "
                        "month. Identifiers are given anew in each publication, so people cannot be followed from one "
                        "month to the next.</p>"
                    ),
                ),
                (
                    "What is counted",
                    (
                        "<p>Headcount is the number of distinct identifiers in a group. Full-time equivalent is the sum "
                        "over all rows, contracted services included.</p>"
                    ),
                ),
                ("Protection of people", ROUNDING),
            ),
        ),
    },
)


@transaction.atomic
def load_starting_content() -> None:
    """Create the publications, their methodology and the rights. Running it again changes nothing."""
    give_rights()
    home = Site.objects.get(is_default_site=True).root_page
    index = PublicationIndexPage.objects.first()
    if index is None:
        index = home.add_child(
            instance=PublicationIndexPage(
                title="Publications",
                slug="publications",
                summary="Statistics of the workforce, each figure bound to the data it comes from.",
                show_in_menus=True,
            )
        )
        _first_revision(index)
    for described in (*SERIES, *MORE_SERIES):
        _series(index, dict(described))
        series = PublicationSeriesPage.objects.get(slug=described["slug"])
        _prose_page(
            series,
            "quality",
            MethodologyPage.Kind.QUALITY,
            f"{series.title}: quality",
            *described.get("quality", QUALITY),
        )
        _prose_page(
            series,
            "disclosure-control",
            MethodologyPage.Kind.DISCLOSURE,
            f"{series.title}: disclosure control",
            *DISCLOSURE,
        )


def give_rights() -> None:
    """Give each group its rights over releases; nothing is taken away."""
    for group, codenames in RIGHTS.items():
        permissions = Permission.objects.filter(content_type__app_label="publications", codename__in=codenames)
        Group.objects.get_or_create(name=group)[0].permissions.add(*permissions)


def _series(index: PublicationIndexPage, described: dict[str, Any]) -> None:
    summary, sections = described.pop("methodology")
    described.pop("quality", None)  # a page of its own, which not every publication words for itself
    if PublicationSeriesPage.objects.filter(slug=described["slug"]).exists():
        return
    series = index.add_child(instance=PublicationSeriesPage(**described))
    _first_revision(series)
    title = f"{series.title}: methodology"
    _prose_page(series, "methodology", MethodologyPage.Kind.METHODOLOGY, title, summary, sections)


def _prose_page(
    series: PublicationSeriesPage,
    slug: str,
    kind: MethodologyPage.Kind,
    title: str,
    summary: str,
    sections: tuple[tuple[str, str], ...],
) -> None:
    """Add a page about a publication, where it has none at that address yet."""
    if MethodologyPage.objects.child_of(series).filter(slug=slug).exists():
        return
    body: list[tuple[str, Any]] = []
    for heading, text in sections:
        body += [("heading", heading), ("text", _rich(text))]
        if formula := FORMULAS.get(heading):
            latex, words, note = formula
            body += [("equation", {"latex": latex, "words": words}), ("footnote", {"text": _rich(note)})]
    page = MethodologyPage(title=title, slug=slug, kind=kind, summary=summary, body=body)
    _first_revision(series.add_child(instance=page))


def _rich(text: str) -> Any:
    from wagtail.rich_text import RichText  # noqa: PLC0415 - only here

    return RichText(text)


def _first_revision(page: Page) -> None:
    """Give a page made by the machine a revision, so that editors start from what readers see."""
    page.save_revision().publish(skip_permission_checks=True, log_action=False)
