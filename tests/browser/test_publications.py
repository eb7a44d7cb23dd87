"""A release in a browser: accessible, at every width, without JavaScript, with the perspective in the address."""

from __future__ import annotations

import os
import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tests.browser.steps import follow, says, sign_in
from tests.factories import publications as make

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(databases=["default", "submissions"], transaction=True),
]
SUMMARY = "Who works in occupational health, and where."
KINDS = ("line", "bar", "stacked", "range", "multiples", "tile_map")


@pytest.fixture
def published(tmp_path):
    """A release with every kind of chart, corrected once."""
    people = make.make_people()
    series = make.make_series()
    version = make.make_release(tmp_path, series)
    page = version.release.get_latest_revision_as_object()
    page.sections = [*page.sections.get_prep_value(), *make.sections_of_every_kind()]
    page.save_revision(user=people["Editors"])
    return make.publish(version, people)


def look(page, name: str) -> None:
    """Keep a picture where a person asked for pictures."""
    if folder := os.environ.get("PORTAL_SCREENSHOTS"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


@pytest.mark.parametrize("width", [320, 768, 1280])
def test_a_release_is_accessible_and_never_wider_than_the_screen(live_server, new_page, axe, published, width):
    page = new_page(viewport={"width": width, "height": 900})
    page.goto(f"{live_server.url}{published.get_absolute_url()}")
    look(page, f"release-{width}")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    axe(page)


def test_a_reader_without_javascript_switches_the_perspective_and_downloads(live_server, new_page, published):
    page = new_page(java_script_enabled=False, viewport={"width": 390, "height": 800})
    page.goto(f"{live_server.url}{published.get_absolute_url()}")
    says(page, "1,500")
    follow(page, "text=Clinical core")
    expect(page).to_have_url(re.compile(r"\?perspective=D1#perspective$"))
    says(page, "750", ".portal-tiles")
    page.click("summary:has-text('Data of this chart') >> nth=0")
    with page.expect_download() as download:
        page.click(".portal-downloads a:has-text('CSV') >> nth=0")
    assert download.value.suggested_filename.endswith(".csv")


def edit_summary(editor, live_server, version) -> None:
    editor.goto(f"{live_server.url}{reverse('wagtailadmin_pages:edit', args=[version.release_id])}")
    editor.fill("[name=summary]", SUMMARY)
    follow(editor, "button:has-text('Save Draft')")
    says(editor, "has been updated", "body")
    expect(editor.locator("[name=action-publish]")).to_have_count(0)
    editor.close()


def test_four_people_bring_a_release_from_a_run_to_the_public(live_server, new_page, tmp_path):
    people = make.make_people(in_cms=True)
    version = make.make_release(tmp_path, make.make_series())
    desk = f"{live_server.url}{reverse('release_desk_version', args=[version.pk])}"
    reader = new_page()

    def step(group: str, *buttons: str) -> str:
        page = sign_in(new_page(), live_server, people[group])
        for button in buttons:
            page.goto(desk)
            page.eval_on_selector_all("main details", "folds => folds.forEach(fold => { fold.open = true })")
            follow(page, f"main button:text-is('{button}')")
        page.goto(desk)
        return page.inner_text("main")

    reader.expected_errors.add("status of 404")
    assert reader.goto(f"{live_server.url}{version.get_absolute_url()}").status == 404
    step("Editors", "Accept the text", "Send to review")
    assert "Approve" not in step("Publishers")
    page = sign_in(new_page(), live_server, people["Reviewers"])
    page.goto(desk)
    page.fill("#step-return_release textarea", "Say more in the summary.")
    follow(page, "#step-return_release button")
    edit_summary(sign_in(new_page(), live_server, people["Editors"]), live_server, version)
    step("Editors", "Send to review")
    step("Approvers", "Approve")
    assert reader.goto(f"{live_server.url}{version.get_absolute_url()}").status == 404
    assert "Publish release" in step("Publishers", "Publish now")
    assert reader.goto(f"{live_server.url}{version.get_absolute_url()}").status == 200
    says(reader, "1,500", ".portal-tiles")
    says(reader, SUMMARY)


def test_a_phone_gets_charts_drawn_for_it(live_server, new_page, published):
    page = new_page(viewport={"width": 320, "height": 800})
    page.goto(f"{live_server.url}{published.get_absolute_url()}")
    expect(page.locator(".app-chart__narrow svg").first).to_be_visible()
    expect(page.locator(".app-chart__wide svg").first).to_be_hidden()
    size = page.evaluate(
        "() => { const text = document.querySelector('.app-chart__narrow text'); "
        "return text.getBoundingClientRect().height }"
    )
    assert size >= 11


def test_print_shows_the_data_under_each_chart(live_server, new_page, published):
    page = new_page(viewport={"width": 1000, "height": 900})
    page.goto(f"{live_server.url}{published.get_absolute_url()}")
    page.emulate_media(media="print")
    look(page, "release-print")
    expect(page.locator(".portal-figure__data table").first).to_be_visible()
    expect(page.locator(".app-perspective__choice").nth(1)).to_be_attached()
    shown = page.locator(".app-perspective__choice:visible")
    expect(shown, "paper says who is counted").to_have_count(1)
    expect(shown).to_have_attribute("aria-current", "true")
