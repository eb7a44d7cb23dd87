"""A fresh reader finds a chart, its data and its definition; nothing is wider than the screen; axe finds nothing."""

from __future__ import annotations

import re

import pytest

from tests.browser.site import build

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
    assert "It depends who you count" in page.inner_text("main")

    page.click(".portal-tile__label a >> nth=0")
    page.wait_for_selector("main svg[role=img]:visible")

    page.click("summary:has-text('Data of this chart') >> nth=0")
    page.wait_for_selector(".portal-figure table:visible")

    page.click("main a[href^='/definitions/']:visible >> nth=0")
    page.wait_for_url("**/definitions/**")
    page.wait_for_selector("h1:visible")


def test_a_perspective_chosen_at_home_holds_and_a_question_is_answered_with_a_figure(live_server, new_page, tmp_path):
    build(tmp_path)
    page = new_page(java_script_enabled=False, viewport={"width": 390, "height": 844})
    page.goto(live_server.url)
    page.click(".portal-bars__label:has-text('Clinical core')")
    page.wait_for_url("**perspective=D1**")
    assert "750" in page.inner_text(".portal-tiles")

    page.goto(live_server.url)
    page.fill("#home-search", "how many OH nurses are there in the Midlands")
    page.press("#home-search", "Enter")
    assert page.inner_text(".portal-answer__value").startswith("360")
    page.click(".portal-answer__title a")
    page.wait_for_url("**/publications/**")


def test_suggestions_come_while_typing_and_the_keyboard_reaches_everything(live_server, new_page, tmp_path):
    build(tmp_path)
    page = new_page()
    page.goto(live_server.url)
    page.locator("#home-search").press_sequentially("hygien", delay=30)
    page.wait_for_selector("datalist option", state="attached")
    chosen = page.locator("datalist option").first.get_attribute("value")
    page.fill("#home-search", chosen)
    page.dispatch_event("#home-search", "change")
    page.wait_for_url(re.compile("/definitions/roles/"))

    # The keyboard alone: to the content, and to the search and the menu.
    page.goto(f"{live_server.url}/guidance/")
    page.keyboard.press("Tab")
    assert page.inner_text(":focus") == "Skip to main content"
    page.keyboard.press("Enter")
    assert page.url.endswith("#main-content")
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
            answer = page.goto(live_server.url + path)
            assert answer.status == (404 if path == NOT_FOUND else 200), path
            if wide := page.evaluate(TOO_WIDE):
                too_wide[path, width] = wide
            axe(page)
            if path == NOT_FOUND:
                page.errors.clear()
            if not path.startswith(WITH_FORMS):
                assert page.context.cookies() == [], path
            page.context.clear_cookies()
    assert too_wide == {}
