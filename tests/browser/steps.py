"""What every journey through the browser does: follow, read, sign in.

A page comes when it comes. So nothing here looks at a page at one instant: each step waits for what it says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.test import Client
from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from portal.users.models import User


def follow(page: Page, target: str | Locator) -> None:
    """Click what leads to another page, and return when that page is there as a whole."""
    with page.expect_navigation():
        if isinstance(target, str):
            page.click(target)
        else:
            target.click()


def says(page: Page, words: str, where: str = "main") -> None:
    """Wait until a part of the page shows these words."""
    expect(page.locator(where).first).to_contain_text(words, use_inner_text=True)


def fits(page: Page, width: int) -> None:
    """Make the window so wide, and fail if the page is wider."""
    page.set_viewport_size({"width": width, "height": 900})
    page.wait_for_function("width => window.innerWidth === width", arg=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width, page.url


def sign_in(page: Page, live_server: Any, user: User) -> Page:
    """Sign somebody in on a page, whoever was before; return it."""
    page.goto("about:blank")  # nothing that the page still asks for may bring the earlier session back
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
    return page
