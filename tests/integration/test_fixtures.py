"""What the other tests stand on."""

from __future__ import annotations

import socket
from collections.abc import Callable

import psycopg
import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from playwright.sync_api import Page as BrowserPage
from playwright.sync_api import expect
from pytest_socket import SocketConnectBlockedError
from wagtail.models import Page, Site

from portal.celery import app
from portal.users.models import User
from tests.factories.users import UserFactory
from tests.fixtures.worker import Worker, database_url


def test_no_socket_leaves_this_machine() -> None:
    # The package warns before it raises, and warnings are errors.
    with pytest.raises((SocketConnectBlockedError, UserWarning), match=r"192\.0\.2\.1"):
        socket.create_connection(("192.0.2.1", 80), timeout=1)


# The same test twice: the second run sees whether the first was undone.
@pytest.mark.parametrize("turn", [1, 2])
@pytest.mark.django_db(transaction=True, databases=["default", "submissions"])
def test_a_test_that_commits_leaves_the_database_as_migrations_made_it(turn: int) -> None:
    assert Site.objects.count() == 1
    root = Page.objects.get(depth=1)
    page_type = ContentType.objects.get(app_label="wagtailcore", model="page")
    assert page_type == root.content_type
    child = root.add_child(title="Committed", slug=f"committed-{turn}")
    UserFactory(groups=["Editors"])
    assert User.objects.count() == 1
    assert Page.objects.filter(slug__startswith="committed").get() == child


@pytest.mark.django_db
def test_the_public_role_reaches_its_database_only() -> None:
    with psycopg.connect(database_url("default", "public")) as public:
        assert public.execute("SELECT 1").fetchone() == (1,)
    with pytest.raises(psycopg.OperationalError, match="permission denied"):
        psycopg.connect(database_url("submissions", "public"))


@pytest.mark.worker
@pytest.mark.django_db(transaction=True, databases=["default", "submissions"])
def test_a_killed_worker_can_be_replaced(worker: Worker) -> None:
    def answers() -> bool:
        return len(app.control.ping(timeout=1, limit=1)) == 1

    # It takes jobs a moment before it listens for questions.
    worker.wait_until(answers, what="an answer of the worker")
    worker.kill()
    assert not answers()
    worker.start()
    worker.wait_until(answers, what="an answer of the next worker")


@pytest.mark.browser
@pytest.mark.django_db(transaction=True, databases=["default", "submissions"])
def test_the_browser_reaches_the_live_server(page: BrowserPage, live_server: object) -> None:
    page.expected_errors.add("status of 404")  # type: ignore[attr-defined]  # ours
    with page.expect_console_message(lambda message: "status of 404" in message.text):
        page.goto(f"{live_server}/static/admin-is-not-here")
    expect(page.locator("main")).to_contain_text("Page not found")
    assert page.errors  # type: ignore[attr-defined]  # a list of ours


@pytest.mark.browser
def test_axe_finds_what_is_wrong(page: BrowserPage, axe: Callable[[BrowserPage], None]) -> None:
    page.set_content("<html lang=en><title>Good</title><main><h1>Good</h1><p>Words</p></main></html>")
    axe(page)
    page.set_content("<html lang=en><title>Bad</title><main><h1>Bad</h1><img src='data:,'></main></html>")
    with pytest.raises(AssertionError, match="image-alt"):
        axe(page)


@pytest.mark.django_db
def test_the_tests_use_a_database_of_their_own() -> None:
    assert connection.settings_dict["NAME"].startswith("test_default_")
