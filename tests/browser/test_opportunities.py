"""Opportunities in a browser: with and without JavaScript, for everyone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from portal.applications import actions
from portal.methods import lottery
from portal.opportunities.models import PublishedDraw
from tests.browser.steps import follow, says
from tests.factories.opportunities import OpportunityFactory, application_for

if TYPE_CHECKING:
    from portal.opportunities.models import Opportunity

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(databases=["default", "submissions"], transaction=True),
]


def drawn() -> Opportunity:
    opportunity = OpportunityFactory(
        capacity=3,
        allocation_rule="draw_with_shares",
        first_timers_first=True,
        shares=[{"label": "Deciles 1 to 3", "deciles": [1, 2, 3], "share": 0.4}],
    )
    for number in range(12):
        application_for(opportunity, deprivation_decile=1 + number % 10, had_place_before=number % 4 == 0)
    draw = actions.close_round(by=None, opportunity=opportunity)
    actions.run_draw(by=None, draw=draw, public_value="12 19 33 41", source="National lottery, 1 May 2027")
    return opportunity


def test_the_browser_reproduces_the_draw(live_server, new_page) -> None:
    page = new_page()
    page.goto(f"{live_server.url}{drawn().get_absolute_url()}draw/")
    expect(page.locator("#verify-draw")).to_have_attribute("data-result", "holds")
    says(page, "12 entries", "#verify-draw")


def test_the_browser_says_what_is_wrong_with_a_draw_as_the_command_does(live_server, new_page) -> None:
    listing = drawn()
    record = PublishedDraw.objects.get(opportunity=listing).record
    page = new_page()
    page.goto(f"{live_server.url}{listing.get_absolute_url()}draw/")
    page.wait_for_selector("#verify-draw[data-result]")
    ranking = record["ranking"]
    changed = [
        record,
        {**record, "entries": record["entries"][1:]},
        {**record, "entries": [*record["entries"], ["ffff", "", False]]},
        {**record, "seed": "00" * 32},
        {**record, "public_value": "1 2 3"},
        {**record, "ranking": [*ranking[:4], ranking[5], ranking[4], *ranking[6:]]},
        {**record, "ranking": ranking[:-1]},
    ]
    said = page.evaluate(
        """async (records) => {
            const { verify } = await import(document.querySelector("script[src*=verify-draw]").src);
            return Promise.all(records.map(verify));
        }""",
        changed,
    )
    assert said == [lottery.verify(one) for one in changed]
    assert [len(faults) > 0 for faults in said] == [False] + [True] * 6


def test_search_without_javascript_on_a_phone(live_server, new_page, axe) -> None:
    OpportunityFactory(title="Nursing week")
    page = new_page(java_script_enabled=False, viewport={"width": 390, "height": 800})
    page.goto(f"{live_server.url}/opportunities/")
    page.fill("#id_place", "LS1 4AP")
    follow(page, "button:has-text('Search') >> nth=-1")
    follow(page, "text=Nursing week")
    says(page, "Everyone who meets the requirements has the same chance")


@pytest.mark.parametrize("address", ["", "?place=nowhere", "{detail}", "{detail}draw/"])
def test_every_page_is_accessible(live_server, new_page, axe, address: str) -> None:
    opportunity = drawn()
    OpportunityFactory()
    page = new_page()
    if "nowhere" in address:
        page.expected_errors.add("status of 422")
    path = address.format(detail=opportunity.get_absolute_url())
    page.goto(live_server.url + (path if path.startswith("/") else f"/opportunities/{path}"))
    axe(page)
