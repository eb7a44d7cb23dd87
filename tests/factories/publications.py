"""Publications for tests: a small site, data with perspectives, people with the right groups."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from wagtail.models import Page, Site

from portal.home.models import HomePage
from portal.publications import actions
from portal.publications.models import MethodologyPage, PublicationIndexPage, PublicationSeriesPage, ReleaseVersion
from portal.publications.starting_content import give_rights
from portal.users.starting_content import load_starting_content as load_groups
from tests.factories.datasets import make_dataset, make_draft
from tests.factories.users import UserFactory

if TYPE_CHECKING:
    from pathlib import Path

    from portal.datasets.models import Dataset, DatasetVersion
    from portal.users.models import User

_numbers = itertools.count(1)
PERIODS = {"2021-03": "March 2021", "2021-09": "September 2021", "2022-03": "March 2022", "2022-09": "September 2022"}
AREAS = {"country": {"E92000001": "England"}, "region": {"Y56": "London", "Y59": "South East", "Y60": "Midlands"}}
ROLES = {"all": {"all": "All roles"}, "group": {"nurses": "Nurses", "physios": "Physiotherapists"}}
PERSPECTIVES = {"D1": "Clinical core", "D2": "Multidisciplinary team"}
HEADLINE = {
    "geography_level": "country",
    "geography_code": "E92000001",
    "role_level": "all",
    "role_code": "all",
}


def make_metadata(last: str = "2022-03", **extra: Any) -> dict[str, Any]:
    """Return metadata of a dataset with areas, roles and perspectives up to a period, with its plan of a release."""

    def codes(groups: dict[str, dict[str, str]]) -> list[dict[str, str]]:
        return [{"code": code, "label": label} for group in groups.values() for code, label in group.items()]

    def plain(labels: Any) -> list[dict[str, str]]:
        return [{"code": code, "label": labels[code]} for code in labels]

    periods = {code: label for code, label in PERIODS.items() if code <= last}
    return {
        "title": "Workforce",
        "dimensions": [
            {"id": "time_period", "label": "Period", "codes": plain(periods)},
            {"id": "geography_level", "label": "Level", "codes": plain({"country": "England", "region": "Region"})},
            {"id": "geography_code", "label": "Area", "codes": codes(AREAS)},
            {"id": "role_level", "label": "Level of role", "codes": plain({"all": "All", "group": "Group"})},
            {"id": "role_code", "label": "Role", "codes": codes(ROLES)},
            {"id": "perspective", "label": "Perspective", "codes": plain(PERSPECTIVES)},
        ],
        "measures": [{"id": "headcount", "label": "Headcount", "unit": "people"}],
        "perspectives": {"D1": 1, "D2": 3},
        "default_perspective": "D2",
        "headlines": [
            {"id": "people", "label": "People in occupational health", "measure": "headcount", "filters": HEADLINE},
            {
                "id": "nurses",
                "label": "Nurses",
                "measure": "headcount",
                "filters": {**HEADLINE, "role_level": "group", "role_code": "nurses"},
            },
        ],
        "charts": [
            {
                "id": "by-region",
                "title": "People by region",
                "subtitle": "Headcount, all roles",
                "kind": "bar",
                "measure": "headcount",
                "x": "geography_code",
                "filters": {"geography_level": "region", "role_level": "all", "role_code": "all"},
            },
            {
                "id": "over-time",
                "title": "People over time",
                "subtitle": "Headcount, England",
                "kind": "line",
                "measure": "headcount",
                "x": "time_period",
                "filters": HEADLINE,
            },
        ],
        "tables": [
            {
                "id": "region-by-group",
                "title": "Region and role group",
                "measure": "headcount",
                "rows": "geography_code",
                "columns": "role_code",
                "filters": {"geography_level": "region", "role_level": "group"},
            },
        ],
        "coverage": {"received": 412, "expected": 520},
        **extra,
    }


def value_at(period: str, area: str, role: str, perspective: str) -> float | None:
    """Return the value of a cell: readable from its place, hidden for nurses in London under D1."""
    if (area, role, perspective) == ("Y56", "nurses", "D1"):
        return None
    whole = 1000 + 250 * list(PERIODS).index(period)
    share = {"E92000001": 1, "Y56": 0.2, "Y59": 0.3, "Y60": 0.4}[area] * {"all": 1, "nurses": 0.6, "physios": 0.2}[role]
    return round(whole * share * {"D1": 0.5, "D2": 1}[perspective] / 5) * 5.0


def make_rows(metadata: dict[str, Any], *, change: float = 0) -> list[dict[str, Any]]:
    """Return every observation of the metadata; ``change`` moves every value, as a correction would."""
    periods = [code["code"] for code in metadata["dimensions"][0]["codes"]]
    rows = []
    for period in periods:
        for level, areas in AREAS.items():
            for area, (role_level, roles), perspective in itertools.product(areas, ROLES.items(), PERSPECTIVES):
                for role in roles:
                    value = value_at(period, area, role, perspective)
                    rows.append(
                        {
                            "time_period": period,
                            "geography_level": level,
                            "geography_code": area,
                            "role_level": role_level,
                            "role_code": role,
                            "perspective": perspective,
                            "measure": "headcount",
                            "value": None if value is None else value + change,
                            "status": "c" if value is None else "",
                            "source": "returned",
                            "coverage_received": 412,
                            "coverage_expected": 520,
                        }
                    )
    return rows


def make_series(slug: str = "") -> PublicationSeriesPage:
    """Return a live publication below the home page, with a published methodology."""
    home = HomePage.objects.first()
    if home is None:
        root = Page.objects.get(depth=1)
        home = root.add_child(instance=HomePage(title="Home", slug=f"home-{next(_numbers)}"))
        site = Site.objects.filter(is_default_site=True).first() or Site(hostname="localhost", is_default_site=True)
        site.root_page = home
        site.save()
    index = PublicationIndexPage.objects.first() or home.add_child(
        instance=PublicationIndexPage(title="Publications", slug="publications")
    )
    slug = slug or f"workforce-{next(_numbers)}"
    series = index.add_child(
        instance=PublicationSeriesPage(
            title="Occupational health workforce",
            slug=slug,
            summary="Who works in occupational health.",
            quality_summary="<p>Made from returns.</p>",
        )
    )
    series.add_child(instance=MethodologyPage(title="Methodology", slug="methodology", kind="methodology"))
    return series


def make_people(*, in_cms: bool = False) -> dict[str, User]:
    """Return four different people with the rights of their groups; ``in_cms`` lets them into the CMS too."""
    if in_cms:
        load_groups()
    people = {name: UserFactory(groups=[name]) for name in ("Editors", "Reviewers", "Approvers", "Publishers")}
    give_rights()
    return {name: type(person).objects.get(pk=person.pk) for name, person in people.items()}


def make_data(
    folder: Path, dataset: Dataset | None = None, *, last: str = "2022-03", change: float = 0, **fields: Any
) -> DatasetVersion:
    """Return a draft dataset version up to a period."""
    metadata = make_metadata(last)
    dataset = dataset or make_dataset(spatial="England")
    dataset.refresh_from_db()
    return make_draft(dataset, folder, metadata=metadata, rows=make_rows(metadata, change=change), **fields)


def make_release(folder: Path, series: PublicationSeriesPage, **options: Any) -> ReleaseVersion:
    """Return the open version of a release drafted by the machine."""
    data = options.pop("data", None) or make_data(folder, **options)
    release = actions.draft_release(by=None, series=series, dataset_version=data, run_reference="run 7")
    return release.versions.open().with_everything().get()


def approve(version: ReleaseVersion, people: dict[str, User]) -> ReleaseVersion:
    """Take a draft to approval, each step by its own person."""
    version = actions.accept_text(by=people["Editors"], version=version)
    version = actions.submit_release(by=people["Editors"], version=version)
    return actions.approve_release(by=people["Approvers"], version=version)


def publish(version: ReleaseVersion, people: dict[str, User]) -> ReleaseVersion:
    """Take a draft to the public."""
    return actions.publish_release(by=people["Publishers"], version=approve(version, people))


def blocks_beside_figures(document_pk: int) -> list[dict[str, Any]]:
    """Return a download, an equation and a footnote for the body of a section."""
    return [
        {"type": "download", "value": {"document": document_pk, "description": "The form"}, "id": "d"},
        {"type": "equation", "value": {"latex": r"\frac{h}{37.5}", "words": "Hours divided by 37.5"}, "id": "e"},
        {"type": "footnote", "value": {"text": "<p>Some notes.</p>"}, "id": "f"},
    ]


def sections_of_every_kind() -> list[dict[str, Any]]:
    """Return a section with each kind of chart, open and folded, for pages that are looked at."""
    england = [{"dimension": key, "code": code} for key, code in HEADLINE.items()]
    regions = [{"dimension": "geography_level", "code": "region"}, {"dimension": "role_level", "code": "group"}]
    everyone = [
        {"dimension": "geography_level", "code": "region"},
        {"dimension": "role_level", "code": "all"},
        {"dimension": "role_code", "code": "all"},
    ]
    plans = [
        ("line", "Numbers rose in both groups", "time_period", "role_code", [*england[:2], regions[1]]),
        ("bar", "The Midlands have most people", "geography_code", "", everyone),
        ("stacked", "Nurses are most of the workforce everywhere", "geography_code", "role_code", regions),
        ("range", "People by region, with ranges where there are any", "geography_code", "", everyone),
        ("multiples", "Every region grew", "time_period", "geography_code", everyone),
        ("tile_map", "The Midlands lead", "geography_code", "", everyone),
        ("bar", "It depends who you count", "perspective", "", england),
    ]
    sections = []
    for number, (kind, title, x, series, filters) in enumerate(plans, start=1):
        chart = {
            "title": title,
            "subtitle": "Headcount",
            "kind": kind,
            "x": x,
            "series": series,
            "cells": {"measure": "headcount", "filters": filters, "perspective": "", "period": ""},
            "folded": kind == "range",
        }
        body = [{"type": "chart", "value": chart, "id": f"{number:08x}-0000"}]
        if kind == "range":
            table = {"title": title, "cells": chart["cells"], "rows": x, "only_shown": True, "folded": True}
            latex = {"latex": r"\frac{h}{37.5}", "words": "Hours divided by full time"}
            body += [
                {"type": "table", "value": table, "id": "000000f1-0000"},
                {"type": "equation", "value": latex, "id": "000000f2-0000"},
                {"type": "footnote", "value": {"text": "<p>Hours are contracted.</p>"}, "id": "000000f3-0000"},
            ]
        sections.append({"type": "section", "value": {"heading": f"{title}.", "body": body}, "id": f"{number:08x}-1"})
    return sections
