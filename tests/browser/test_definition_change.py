"""The whole way of a definition that changes: written, published, and told apart in the next figures.

An editor widens a role in the CMS, a second person publishes it. What was published stays as it was.
The next run's version is a major one and says why, and its change is split for every reader.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import call_command

from portal.datasets.definition_split import signed
from portal.definitions.models import RoleVersion
from portal.pipelines import demo
from portal.pipelines.synthetic.workforce import PERIODS, make_workforce
from tests.browser.register_desk import look, signed_in, widen_technicians
from tests.browser.steps import follow, says

if TYPE_CHECKING:
    from portal.publications.models import ReleaseVersion

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(databases=["default", "submissions"], transaction=True),
]
SERIES = "oh-headcount"
POSTS = 1500
FIRST, SECOND = 2, 3


@pytest.fixture
def world() -> tuple[demo.Team, Any, ReleaseVersion]:
    """Publish the release of one collection under the first versions of everything."""
    call_command("load_starting_content", verbosity=0)
    team = demo.demo_team()
    workforce = make_workforce(posts=POSTS)
    demo.register_synthetic(team, workforce)
    return team, workforce, published(team, workforce, FIRST)


def published(team: demo.Team, workforce: Any, number: int) -> ReleaseVersion:
    demo.collect_synthetic(team, workforce, number)
    collections = [f"oh-{period}" for period in PERIODS[FIRST : number + 1]]
    return demo.publish_period(team, series=SERIES, period=PERIODS[number], collections=collections)


def publish_as_second_person(page: Any, server: str, pk: int) -> None:
    page.goto(f"{server}/cms/definitions/review/role/{pk}/")
    says(page, "Multidisciplinary")
    look(page, "change-2-review")
    follow(page, "text=Approve and publish")
    says(page, "is published.")


def words_of(page: Any, address: str) -> str:
    page.goto(address)
    return page.inner_text("main")


def test_a_widened_role_from_the_editor_to_the_reader_of_the_next_release(live_server, new_page, axe, world) -> None:
    team, workforce, first = world
    server, data = live_server.url, first.dataset_version
    reader = new_page(java_script_enabled=False, viewport={"width": 1280, "height": 900})
    release, dataset = f"{server}{first.permanent_address}", f"{server}{data.get_absolute_url()}"
    before = [words_of(reader, release), words_of(reader, dataset)]

    pk = RoleVersion.objects.get(code="tech").role_id
    widen_technicians(
        signed_in(new_page, live_server, "editor", "Editors"),
        server,
        pk,
        picture="change-1-form",
        effective_from="2026-01-01",
        counted_before="4/5",
        counted_before_basis="A second coding of 200 returns.",
    )
    assert RoleVersion.objects.get(code="tech").number == 1
    publish_as_second_person(signed_in(new_page, live_server, "second", "Approvers"), server, pk)

    # The role has a second version; what was published shows and links to the first.
    assert "Version 2" in words_of(reader, f"{server}/definitions/roles/tech/")
    assert [words_of(reader, release), words_of(reader, dataset)] == before
    assert data.meta.roles["tech"] == 1

    second = published(team, workforce, SECOND)
    assert words_of(reader, f"{server}{first.permanent_address}") != ""
    version = second.dataset_version
    assert (version.major, version.meta.roles["tech"]) == (data.major + 1, 2)
    page = words_of(reader, f"{server}{version.get_absolute_url()}")
    assert "The role “Occupational health technician” (tech) went from version 1 to 2 (widening)." in page
    assert "Those who support surveillance count too." in page
    assert "Definition and real change" in page
    look(reader, "change-3-dataset")

    reader.goto(f"{server}{second.get_absolute_url()}?perspective=D2")
    look(reader, "change-4-release")
    section = reader.inner_text("#definition-split >> xpath=..")
    row = next(row for row in version.metadata["definition_split"]["figures"] if row["perspective"] == "D2")
    assert row["method"] == "shapley"
    assert row["definition"] > 0
    assert row["definition"] + row["real"] == row["total"]
    for figure in (row["total"], row["definition"], row["real"]):
        assert signed(figure) in section
    says(reader, f"definition {signed(row['definition'])}, real", ".portal-tiles")
    for width in (390, 1280):
        seen = new_page(viewport={"width": width, "height": 900})
        seen.goto(f"{server}{second.get_absolute_url()}?perspective=D2")
        assert seen.evaluate("document.documentElement.scrollWidth") <= width
        axe(seen)
        look(seen, f"change-5-release-{width}")
    # Medicine and nursing alone do not count technicians: their change is all real.
    core = next(row for row in version.metadata["definition_split"]["figures"] if row["perspective"] == "D4")
    assert (core["definition"], core["real"]) == (0, core["total"])
