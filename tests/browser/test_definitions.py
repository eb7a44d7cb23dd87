"""Definitions in a browser: widened by one person, published by another; read without JavaScript, accessibly."""

from __future__ import annotations

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from portal.definitions.changes import definition_changes
from portal.definitions.models import PerspectiveVersion, RoleVersion
from portal.definitions.starting_content import load_starting_content
from tests.browser.register_desk import look, signed_in, widen_technicians
from tests.browser.steps import follow, says

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(databases=["default", "submissions"], transaction=True),
]


@pytest.fixture
def register():
    load_starting_content()


def test_a_widened_role_is_published_by_a_second_person_and_the_old_version_stays(live_server, new_page, register):
    before = {"roles": PerspectiveVersion.objects.get(code="D2").pins}
    role = RoleVersion.objects.get(code="tech").role
    page = signed_in(new_page, live_server, "editor", "Editors")
    widen_technicians(page, live_server.url, role.pk, picture="definitions-form", effective_from="2026-04-01")

    second = signed_in(new_page, live_server, "second", "Approvers")
    second.goto(f"{live_server.url}/cms/definitions/review/role/{role.pk}/")
    says(second, "or supports")
    look(second, "definitions-review")
    follow(second, "text=Approve and publish")
    says(second, "is published.")

    reader = new_page(java_script_enabled=False)
    reader.goto(f"{live_server.url}/definitions/roles/tech/")
    says(reader, "Version 2")
    says(reader, "Those who support surveillance count too.")
    reader.goto(f"{live_server.url}/definitions/roles/tech/v/1/")
    says(reader, "Carries out health surveillance under protocol")
    after = {"roles": {**before["roles"], "tech": 2}}
    (change,) = definition_changes(before, after)
    assert change.is_breaking
    assert PerspectiveVersion.objects.get(code="D2").pins["tech"] == 1


ADDRESSES = {
    "register": "/definitions/",
    "role": "/definitions/roles/nur-scphn/",
    "perspective": "/definitions/perspectives/D4/",
    "compare": "/definitions/compare/?a=nur-scphn&b=nur-oh-spec",
    "crosswalk": "/definitions/crosswalk/?role=tech&from_date=2025-04-01&to_date=2026-04-01",
    "why": "/definitions/why-counts-differ/",
    "lists": "/definitions/lists/",
    "list": "/definitions/lists/soc-2020/",
    "split": "/definitions/changes-in-figures/",
    "as-at": "/definitions/roles/tech/?on={today}",
}


def test_every_page_is_accessible_and_fits_any_screen(live_server, new_page, axe, register):
    for width in (320, 1280):
        page = new_page(viewport={"width": width, "height": 900})
        for name, address in ADDRESSES.items():
            page.goto(live_server.url + address.format(today=timezone.localdate()))
            look(page, f"definitions-{name}-{width}")
            assert page.evaluate("document.documentElement.scrollWidth") <= width, address
            axe(page)


def test_search_and_filters_work_without_javascript(live_server, new_page, register):
    page = new_page(java_script_enabled=False, viewport={"width": 390, "height": 800})
    page.goto(f"{live_server.url}/definitions/")
    page.fill("#q", "OHN")
    follow(page, "main >> text=Show")
    expect(page.locator(".portal-list__title")).to_have_text(["Occupational health nurse specialist (SCPHN)"])
    follow(page, "text=Occupational health nurse specialist (SCPHN)")
    says(page, "Counted in")


def test_editors_import_a_list_and_find_every_screen(live_server, new_page, register, tmp_path):
    page = signed_in(new_page, live_server, "editor", "Editors")
    file = tmp_path / "functions.csv"
    page.goto(f"{live_server.url}/cms/definitions/lists/")
    page.select_option("[name=slug]", "oh-functions")
    page.fill("[name=version]", "2027")
    file.write_text("code,title\nauditor,Auditor\n,Nobody\n")
    page.set_input_files("[name=file]", file)
    follow(page, "text=Save as a new edition")
    says(page, "The code is empty.")
    look(page, "definitions-cms-lists-errors")
    page.fill("[name=version]", "2027")
    file.write_text("code,title\nauditor,Auditor\n")
    page.set_input_files("[name=file]", file)
    follow(page, "text=Check only")
    says(page, "1 added, 3 gone")
    look(page, "definitions-cms-lists-check")
    page.set_input_files("[name=file]", file)
    follow(page, "text=Save as a new edition")
    says(page, "is saved with 1 entries")
    role, perspective = (
        RoleVersion.objects.get(code="tech").role_id,
        PerspectiveVersion.objects.get(code="D4").perspective_id,
    )
    for name, address, words in (
        ("roles", "snippets/definitions/role/", "Occupational health technician"),
        ("role", f"snippets/definitions/role/edit/{role}/", "This change"),
        ("perspectives", "snippets/definitions/perspective/", "Registered and qualified"),
        ("perspective", f"snippets/definitions/perspective/edit/{perspective}/", "Contested cases"),
        ("spreadsheet", "definitions/spreadsheet/", "Download, change, send back."),
        ("review", f"definitions/review/perspective/{perspective}/", "What this will affect"),
    ):
        page.goto(f"{live_server.url}/cms/{address}")
        look(page, f"definitions-cms-{name}")
        says(page, words)
