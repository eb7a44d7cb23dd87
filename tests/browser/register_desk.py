"""What an editor and a second person do with definitions in the CMS, for the browser tests that need it done."""

from __future__ import annotations

import os
from typing import Any

from django.contrib.auth.models import Group
from playwright.sync_api import expect

from tests.browser.steps import follow, sign_in
from tests.factories import definitions as make


def look(page: Any, name: str) -> None:
    """Keep a picture where a person asked for pictures."""
    if folder := os.environ.get("PORTAL_SCREENSHOTS"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def signed_in(new_page: Any, live_server: Any, name: str, group: str) -> Any:
    """Return a page on which a new member of a group is signed in."""
    person = make.person(name, "access_admin")
    person.groups.add(Group.objects.get(name=group))
    return sign_in(new_page(viewport={"width": 1280, "height": 1000}), live_server, person)


def widen_technicians(page: Any, server: str, pk: int, *, picture: str, **fields: str) -> None:
    """Write a widening of the role of technicians and send it to review; ``fields`` are filled in as well."""
    page.goto(f"{server}/cms/snippets/definitions/role/edit/{pk}/")
    page.fill("[name=summary]", "Carries out or supports health surveillance under protocol.")
    page.click("role=tab[name='This change']")
    page.select_option("[name=change_class]", "widening")
    page.fill("[name=change_note]", "Those who support surveillance count too.")
    for name, value in fields.items():
        page.fill(f"[name={name}]", value)
    page.locator("#panel-child-this_change-crosswalk-section .c-sf-add-button").first.click()
    row = page.locator("#panel-child-this_change-crosswalk-section")
    row.locator("[name$='-value-source']").fill("tech v1")
    row.locator("[name$='-value-target']").fill("this")
    row.locator("[name$='-value-basis']").fill("Everyone counted before is counted still.")
    look(page, picture)
    page.click("[data-w-dropdown-target=toggle] >> nth=-1")
    follow(page, "[name=action-submit]")
    expect(page).to_have_url(f"{server}/cms/snippets/definitions/role/")
