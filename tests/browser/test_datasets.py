"""A reader finds, reads and takes data with a browser: accessible, on a phone, without JavaScript."""

import pytest

from tests.factories.datasets import PERIODS, make_dataset, make_metadata, make_published

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, databases=["default", "submissions"])]


@pytest.fixture
def versions(tmp_path):
    dataset = make_dataset("staff", title="Staff of services", summary="Counts of made-up staff.")
    first = make_published(dataset, tmp_path)
    metadata = make_metadata(periods={**PERIODS, "2023-03": "March 2023"}, notes=["Counts are rounded to 5."])
    return first, make_published(dataset, tmp_path, metadata=metadata)


@pytest.mark.parametrize(
    "address",
    [
        "/datasets/", "/datasets/staff/", "/datasets/staff/v/1.1.0/", "/datasets/staff/v/1.0.0/",
        "/datasets/staff/compare/", "/datasets/staff/table/", "/api/v1/docs/",
    ],
)  # fmt: skip
def test_pages_are_accessible(page, live_server, axe, versions, address):
    page.goto(live_server.url + address)
    axe(page)


def test_from_the_catalogue_to_a_table_without_javascript(plain_page, live_server, versions):
    page = plain_page
    page.goto(live_server.url + "/datasets/")
    page.get_by_role("link", name="Staff of services").click()
    page.get_by_role("link", name="Build a table").click()
    page.get_by_label("Measure").select_option("fte")
    page.get_by_role("button", name="Show the table").click()
    assert "Full-time equivalent by role and period" in page.locator("caption").first.inner_text()
    page.get_by_role("link", name="Permanent address of this table").click()
    assert "/tables/" in page.url
    with page.expect_download() as download:
        page.get_by_role("link", name="ODS").click()
    assert download.value.suggested_filename == "staff-1.1.0-table.ods"


def test_a_phone_shows_the_version_without_scrolling_sideways(phone, live_server, versions):
    phone.goto(live_server.url + "/datasets/staff/v/1.1.0/")
    width = phone.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert width <= 0
