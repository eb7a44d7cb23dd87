"""A fresh reader finds a chart, its data and its definition; nothing is wider than the screen; axe finds nothing."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.site import build
from tests.browser.steps import follow, says

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(databases=["default", "submissions"], transaction=True),
]

PAGES = (
    "/",
    "/guidance/",
    "/guidance/perspectives/",
    "/guidance/how-to-use-the-api/",
    "/guidance/release-practices-policy/",
    "/accessibility/",
    "/news/",
    "/news/a-new-place-for-these-statistics/",
    "/nurses/",
    "/search/",
    "/search/?q=nurse",
    "/search/?q=OH+nurses+Midlands",
    "/search/?q=qqqqzzzz",
    "/feedback/",
    "/feedback/thank-you/",
    "/accounts/login/",
    "/accounts/login/code/",
    "/accounts/signup/",
    "/accounts/password/reset/",
    "/publications/",
    "/publications/calendar/",
    "{release}",
    "{series}releases/",
    "/definitions/",
    "/definitions/roles/",
    "/definitions/roles/nur-scphn/",
    "/definitions/perspectives/",
    "/definitions/perspectives/D2/",
    "/definitions/compare/",
    "/definitions/why-counts-differ/",
    "/definitions/lists/",
    "/datasets/",
    "{dataset}",
    "{data}",
    "/opportunities/",
    "/no-such-page/",
)
WITH_FORMS = ("/accounts/", "/feedback/")
NOT_FOUND = "/no-such-page/"
HYGIENIST = "Occupational hygienist or hygiene technician"
TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def addresses(release):
    return [
        page.format(
            release=release.get_absolute_url(),
            series=f"/publications/{release.series.slug}/",
            dataset=release.dataset_version.dataset.get_absolute_url(),
            data=release.dataset_version.get_absolute_url(),
        )
        for page in PAGES
    ]


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_three_clicks_lead_from_home_to_a_chart_its_data_and_its_definition(live_server, new_page, tmp_path, scripts):
    build(tmp_path)
    page = new_page(java_script_enabled=scripts, viewport={"width": 390, "height": 844}, has_touch=True)
    page.goto(live_server.url)
    says(page, "It depends who you count")

    follow(page, ".portal-tile__label a >> nth=0")
    expect(page.locator("main svg[role=img]:visible").first).to_be_visible()

    page.click("summary:has-text('Data of this chart') >> nth=0")
    expect(page.locator(".portal-figure table:visible").first).to_be_visible()

    follow(page, "main a[href^='/definitions/']:visible >> nth=0")
    expect(page).to_have_url(re.compile("/definitions/"))
    expect(page.locator("h1")).to_be_visible()


def test_a_perspective_chosen_at_home_holds_and_a_question_is_answered_with_a_figure(live_server, new_page, tmp_path):
    build(tmp_path)
    page = new_page(java_script_enabled=False, viewport={"width": 390, "height": 844})
    page.goto(live_server.url)
    follow(page, ".portal-bars__label:has-text('Clinical core')")
    expect(page).to_have_url(re.compile("perspective=D1"))
    says(page, "750", ".portal-tiles")

    page.goto(live_server.url)
    page.fill("#home-search", "how many OH nurses are there in the Midlands")
    page.press("#home-search", "Enter")
    expect(page.locator(".portal-answer__value")).to_have_text(re.compile("^360"))
    follow(page, ".portal-answer__title a")
    expect(page).to_have_url(re.compile("/publications/"))


def test_suggestions_come_while_typing_and_the_keyboard_reaches_everything(live_server, new_page, tmp_path):
    build(tmp_path)
    page = new_page()
    page.goto(live_server.url)
    page.locator("#home-search").press_sequentially("hygien", delay=30)
    expect(page.locator(f"datalist option[value='{HYGIENIST}']")).to_be_attached()
    page.fill("#home-search", HYGIENIST)
    page.dispatch_event("#home-search", "change")
    expect(page).to_have_url(re.compile("/definitions/roles/"))

    # The keyboard alone: to the content, and to the search and the menu.
    page.goto(f"{live_server.url}/guidance/")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Skip to main content")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("#main-content$"))
    page.goto(f"{live_server.url}/guidance/")
    reached = []
    for _press in range(14):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.textContent.trim() || document.activeElement.name"))
    assert {"q", "Search", "Publications", "Definitions", "Datasets", "Opportunities", "Guidance"} <= set(reached)


def test_every_public_page_type_is_accessible_fits_a_small_phone_and_sets_no_cookie(
    live_server, new_page, axe, tmp_path
):
    release = build(tmp_path)
    too_wide = {}
    for width in (320, 1280):
        page = new_page(viewport={"width": width, "height": 800})
        for path in addresses(release):
            if path == NOT_FOUND:
                page.expected_errors.add("status of 404")
            answer = page.goto(live_server.url + path)
            assert answer.status == (404 if path == NOT_FOUND else 200), path
            if wide := page.evaluate(TOO_WIDE):
                too_wide[path, width] = wide
            axe(page)
            if not path.startswith(WITH_FORMS):
                assert page.context.cookies() == [], path
            page.context.clear_cookies()
    assert too_wide == {}
