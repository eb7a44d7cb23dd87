"""What an editor and a second person do with definitions in the CMS, for the browser tests that need it done."""

from __future__ import annotations

import os
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group
from django.test import Client

from tests.factories import definitions as make


def look(page: Any, name: str) -> None:
    """Keep a picture where a person asked for pictures."""
    if folder := os.environ.get("PORTAL_SCREENSHOTS"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def signed_in(new_page: Any, live_server: Any, name: str, group: str) -> Any:
    """Return a page on which a new member of a group is signed in."""
    person = make.person(name, "access_admin")
    person.groups.add(Group.objects.get(name=group))
    client = Client()
    client.force_login(person)
    page = new_page(viewport={"width": 1280, "height": 1000})
    session = {"name": settings.SESSION_COOKIE_NAME, "value": client.cookies[settings.SESSION_COOKIE_NAME].value}
    page.context.add_cookies([{**session, "url": live_server.url}])
    return page


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
    page.click("[name=action-submit]")
    page.wait_for_url("**/cms/snippets/definitions/role/")
    # The editor saves by itself while one types, and a half-written crosswalk is answered with 400.
    page.errors[:] = [error for error in page.errors if "400 (Bad Request)" not in error]
