"""A release in a browser: accessible, at every width, without JavaScript, with the perspective in the address."""

from __future__ import annotations

import os

import pytest

from tests.factories import publications as make

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(databases=["default", "submissions"], transaction=True),
]
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


@pytest.mark.parametrize("path", ["", "{series}/releases/", "calendar/", "{series}/methodology/"])
def test_the_other_pages_are_accessible(live_server, new_page, axe, published, path):
    page = new_page(viewport={"width": 1280, "height": 900})
    page.goto(f"{live_server.url}/publications/{path.format(series=published.series.slug)}")
    look(page, f"publications-{path.strip('/').replace('/', '-').replace('{', '').replace('}', '') or 'index'}")
    axe(page)


def test_a_reader_without_javascript_switches_the_perspective_and_downloads(live_server, new_page, published):
    page = new_page(java_script_enabled=False, viewport={"width": 390, "height": 800})
    page.goto(f"{live_server.url}{published.get_absolute_url()}")
    assert "1,500" in page.inner_text("main")
    page.click("text=Clinical core")
    assert page.url.endswith("?perspective=D1#perspective")
    assert "750" in page.inner_text(".portal-tiles")
    page.click("summary:has-text('Data of this chart') >> nth=0")
    with page.expect_download() as download:
        page.click(".portal-downloads a:has-text('CSV') >> nth=0")
    assert download.value.suggested_filename.endswith(".csv")


def test_a_phone_gets_charts_drawn_for_it(live_server, new_page, published):
    page = new_page(viewport={"width": 320, "height": 800})
    page.goto(f"{live_server.url}{published.get_absolute_url()}")
    assert page.locator(".app-chart__narrow svg >> nth=0").is_visible()
    assert not page.locator(".app-chart__wide svg >> nth=0").is_visible()
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
    assert page.locator(".portal-figure__data table >> nth=0").is_visible()
    assert not page.locator(".app-perspective__choices").is_visible()
