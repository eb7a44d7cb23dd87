"""A researcher makes a key with a browser, on a phone and without JavaScript, and ends it."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from portal.api.key_links import token_of
from portal.api.models import ApiKey
from tests.browser.steps import follow

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, databases=["default", "submissions"])]


def test_a_key_is_made_and_ended_on_a_phone(phone, live_server, axe):
    phone.goto(live_server.url + "/api/v1/docs/")
    follow(phone, phone.get_by_role("link", name="ask for a key"))
    axe(phone)
    phone.goto(live_server.url + reverse("api_keys_of", args=[token_of("me@example.org")]))
    phone.get_by_label("What will use the key?").fill("Nightly load")
    follow(phone, phone.get_by_role("button", name="Make a key"))
    expect(phone.locator("#key")).to_have_text(re.compile(f"^{ApiKey.objects.get().start}"))
    axe(phone)
    width = phone.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert width <= 0
    phone.get_by_text("End this key").click()
    follow(phone, phone.get_by_role("button", name="End the key"))
    expect(phone.get_by_text("Ended", exact=True)).to_be_visible()
    assert not ApiKey.objects.active().exists()


def test_a_key_is_made_without_javascript(plain_page, live_server):
    plain_page.goto(live_server.url + reverse("api_keys_of", args=[token_of("me@example.org")]))
    follow(plain_page, plain_page.get_by_role("button", name="Make a key"))
    expect(plain_page.get_by_role("link", name="Say what will use the key")).to_be_visible()
    plain_page.get_by_label("What will use the key?").fill("Nightly load")
    follow(plain_page, plain_page.get_by_role("button", name="Make a key"))
    expect(plain_page.locator("#key")).to_be_visible()
