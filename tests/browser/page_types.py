"""Every type of public page, with an address of each on a site made for looking at them.

The tests of accessibility, keyboard, markup and links all take their addresses from here, and one test
refuses a template of a page that none of these addresses shows: a new type cannot be left out.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING

from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portal.api.key_links import token_of as key_token
from portal.applications import actions as applications
from portal.datasets import actions as datasets
from portal.home.models import NewsPage
from portal.publications import actions
from portal.publications.actions.subscriptions import token_of
from portal.publications.enums import Topic
from portal.publications.models import EarlyAccess, MethodologyPage
from portal.publications.models.early import digest_of
from tests.browser.site import build
from tests.factories import publications as make
from tests.factories.datasets import make_dataset, make_draft, make_published
from tests.factories.opportunities import OpportunityFactory, application_for

if TYPE_CHECKING:
    from pathlib import Path

    from portal.publications.models import ReleaseVersion


#: Shown when something failed; the browser gets them as they are rendered.
ERRORS = ("400.html", "403.html", "403_csrf.html", "429.html", "500.html")
#: What these types answer with; every other one is simply there.
MEANT: dict[str, set[int]] = {
    "not found": {404},
    "keys, old link": {404},
    "dataset version, withdrawn": {410},
    "release, too-early": {403},
}
PERSON = {"name": "A. Reader", "post": "Chief nurse", "organisation": "Department", "email": "a@example.org"}
TABLE = re.compile(r'"(/tables/[-\w]+/)"')


def addresses(folder: Path) -> dict[str, str]:
    """Make a site that has every type of page; return an address of each."""
    version = build(folder)
    people = make.make_people()
    data = version.dataset_version
    table = f"/datasets/{data.dataset.slug}/table/"
    permalink = TABLE.findall(Client().get(table).content.decode())[0]
    pages = MethodologyPage.objects.child_of(version.series).live()
    drawn = _drawn().get_absolute_url()
    return {
        "home": "/",
        "topic": "/nurses/",
        "guidance index": "/guidance/",
        "guidance": "/guidance/how-we-count-people/",
        "policy": "/guidance/release-practices-policy/",
        "standard page": "/accessibility/",
        "news index": "/news/",
        "news": NewsPage.objects.get().url,
        "publications": "/publications/",
        "publication": f"/publications/{version.series.slug}/releases/",
        "release": version.get_absolute_url(),
        "release, version": version.permanent_address,
        **{f"methodology, {page.kind}": page.url for page in pages},
        "calendar": "/publications/calendar/",
        "subscribe": "/publications/subscribe/",
        "subscription asked for": "/publications/subscribe/thank-you/",
        "subscription to confirm": _subscription("confirm"),
        "subscription to end": _subscription("leave"),
        **_special_releases(folder, people),
        "feedback": "/feedback/?page=/",
        "feedback received": "/feedback/thank-you/",
        "search": "/search/",
        "search, found": "/search/?q=nurse",
        "search, misspelt": "/search/?q=nurze",
        "search, nothing": "/search/?q=zzzz",
        "definitions": "/definitions/",
        "role": "/definitions/roles/nur-scphn/",
        "perspective": "/definitions/perspectives/D2/",
        "definitions compared": "/definitions/compare/",
        "crosswalk": "/definitions/crosswalk/",
        "why counts differ": "/definitions/why-counts-differ/",
        "lists": "/definitions/lists/",
        "list": "/definitions/lists/soc-2020/",
        "changes in figures": "/definitions/changes-in-figures/",
        "datasets": "/datasets/",
        "dataset": f"/datasets/{data.dataset.slug}/",
        "dataset version": data.get_absolute_url(),
        "dataset version, withdrawn": _withdrawn_data(folder, people),
        "dataset versions compared": f"/datasets/{data.dataset.slug}/compare/",
        "table builder": table,
        "table": permalink,
        "table, embedded": f"{permalink}embed/",
        "verify": "/datasets/verify/",
        "data API": "/api/v1/docs/",
        "key for the API": "/accounts/api-keys/",
        "key asked for": "/accounts/api-keys/sent/",
        "keys": reverse("api_keys_of", args=[key_token("me@example.org")]),
        "keys, old link": "/accounts/api-keys/not-a-token/",
        "opportunities": "/opportunities/",
        "opportunity": drawn,
        "draw": f"{drawn}draw/",
        "sign in": "/accounts/login/",
        "not found": "/no-such-page/",
    }


def _subscription(page: str) -> str:
    row = actions.subscribe(email="reader@example.org", topic=Topic.EVERYTHING)
    return f"/publications/subscribe/{token_of(row)}/{page}/"


def _special_releases(folder: Path, people: dict) -> dict[str, str]:
    """Make a withdrawn release, and one that named people may look at early, whose hour has and has not come."""
    withdrawn = make.publish(_release(folder), people)
    actions.withdraw_release(by=people["Publishers"], version=withdrawn, reason="A return was counted twice.")
    found = {"release, withdrawn": withdrawn.get_absolute_url()}
    for token, hours in (("early-look", 2), ("too-early", 24 * 30)):
        version = make.approve(_release(folder), people)
        at = timezone.now() + dt.timedelta(hours=hours)
        version = actions.schedule_release(by=people["Publishers"], version=version, at=at)
        access = actions.grant_pre_release(by=people["Publishers"], version=version, **PERSON)
        EarlyAccess.objects.filter(pk=access.pk).update(digest=digest_of(token))
        found[f"release, {token}"] = f"/pre-release/{token}/"
    return found


def _release(folder: Path) -> ReleaseVersion:
    """Draft a release that was made with definitions of the register as it begins."""
    metadata = make.make_metadata(perspectives={"D1": 1, "D2": 1})
    data = make_draft(make_dataset(spatial="England"), folder, metadata=metadata, rows=make.make_rows(metadata))
    return make.make_release(folder, make.make_series(), data=data)


def _withdrawn_data(folder: Path, people: dict) -> str:
    version = make_published(make_dataset("gone", title="Gone"), folder)
    datasets.withdraw_version(by=people["Publishers"], version=version, reason="It counted a return twice.")
    return version.get_absolute_url()


def _drawn():
    opportunity = OpportunityFactory(title="Week with nurses", capacity=3, allocation_rule="draw_with_shares")
    for number in range(6):
        application_for(opportunity, deprivation_decile=1 + number)
    draw = applications.close_round(by=None, opportunity=opportunity)
    applications.run_draw(by=None, draw=draw, public_value="12 19 33 41", source="National lottery, 1 May 2027")
    return opportunity


def templates_of_pages() -> set[str]:
    """Return the names of the templates of whole public pages: those that fill the frame."""
    base = settings.BASE_DIR / "templates"
    folders = ("", "api", "home", "publications", "search", "datasets", "definitions", "opportunities")
    files = [file for folder in folders for file in (base / folder).glob("*.html")]
    frames = {file.relative_to(base).as_posix() for file in files if "{% extends" in file.read_text()}
    inherited = set(re.findall(r'{% extends "([^"]+)"', "".join(file.read_text() for file in files)))
    return frames - (inherited - {"publications/release.html"})
