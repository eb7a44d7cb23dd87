"""A reader finds, reads and takes data with a browser: accessible, on a phone, without JavaScript."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.steps import follow
from tests.factories.datasets import PERIODS, make_dataset, make_metadata, make_published

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, databases=["default", "submissions"])]


@pytest.fixture
def versions(tmp_path):
    dataset = make_dataset("staff", title="Staff of services", summary="Counts of made-up staff.")
    first = make_published(dataset, tmp_path)
    metadata = make_metadata(periods={**PERIODS, "2023-03": "March 2023"}, notes=["Counts are rounded to 5."])
    return first, make_published(dataset, tmp_path, metadata=metadata)


def test_from_the_catalogue_to_a_table_without_javascript(plain_page, live_server, versions):
    page = plain_page
    page.goto(live_server.url + "/datasets/")
    follow(page, page.get_by_role("link", name="Staff of services"))
    follow(page, page.get_by_role("link", name="Build a table"))
    page.get_by_label("Full-time equivalent").check()
    page.get_by_text("Role: all 3").click()
    page.get_by_label("Nurses").check()
    follow(page, page.get_by_role("button", name="Show the table"))
    expect(page.locator("caption").first).to_contain_text("Headcount and full-time equivalent by role and period")
    expect(page.locator("tbody th")).to_have_text(["Nurses"])
    follow(page, page.get_by_role("link", name="March 2023, Headcount").first)
    expect(page.locator("th[aria-sort=descending]")).to_have_text(re.compile("^March 2023, Headcount"))
    follow(page, page.get_by_role("link", name="Permanent address of this table"))
    expect(page).to_have_url(re.compile("/tables/"))
    with page.expect_download() as download:
        page.get_by_role("link", name="ODS").click()
    assert download.value.suggested_filename == "staff-1.1.0-table.ods"


def test_a_phone_shows_the_version_without_scrolling_sideways(phone, live_server, versions):
    phone.goto(live_server.url + "/datasets/staff/v/1.1.0/")
    width = phone.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert width <= 0


def test_files_are_checked_in_the_browser_without_being_sent(page, live_server, versions, axe, tmp_path):
    """A file as published, an altered one, and the signature of the manifest."""
    for file in versions[0].files.filter(name__in=["staff-1.0.0.csv", "manifest.json", "manifest.json.sig"]):
        (tmp_path / file.name).write_bytes(versions[0].store.local_path(file.sha256).read_bytes())
    (tmp_path / "altered.csv").write_bytes((tmp_path / "staff-1.0.0.csv").read_bytes().replace(b"10", b"11", 1))
    sent = []
    page.on("request", lambda request: sent.append(len(request.post_data_buffer or b"")))
    page.goto(live_server.url + "/datasets/verify/")

    def check(*files: str, **results: str) -> None:
        page.evaluate("document.getElementById('verify-result').replaceChildren()")
        page.get_by_label("Files to check").set_input_files([tmp_path / file for file in files])
        expect(page.locator("#verify-result tbody th")).to_have_text(list(results))
        expect(page.locator("#verify-result tbody strong")).to_have_text(list(results.values()))

    file, manifest, signature = "staff-1.0.0.csv", "manifest.json", "manifest.json.sig"
    its_own = "Signature of the manifest"
    check(file, **{file: "As published"})
    check("altered.csv", **{"altered.csv": "Not as published"})
    check(file, manifest, signature, **dict.fromkeys([file, manifest, its_own], "As published"))
    axe(page)
    (tmp_path / "other").mkdir()
    for name in (file, manifest, signature):
        (tmp_path / "other" / name).write_bytes((tmp_path / name).read_bytes().replace(b'"rows": 36', b'"rows": 37', 1))
    others = [f"other/{name}" for name in (file, manifest, signature)]
    check(*others, **{file: "As published", **dict.fromkeys([manifest, its_own], "Not as published")})
    assert sum(sent) == 0
