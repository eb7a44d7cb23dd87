"""Alive is not ready: what is away is named, why it is away is not told to the world."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.test import Client

from portal.core import health

pytestmark = pytest.mark.django_db(databases=["default", "submissions"])


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    health._migrated.clear()
    yield
    health._migrated.clear()


def test_alive_asks_nobody(client: Client, django_assert_num_queries) -> None:
    with django_assert_num_queries(0):
        answer = client.get("/healthz")
    assert answer.json() == {"status": "live"}
    assert "no-store" in answer["Cache-Control"]


def test_ready_asks_everything_this_process_needs(client: Client) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 200, answer.json()
    assert set(answer.json()["checks"]) == {
        "database:default", "database:submissions", "migrations:default", "migrations:submissions",
        "cache", "broker", "storage:public", "storage:private",
    }  # fmt: skip


def test_what_is_away_is_named_and_its_address_is_not(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(_key: str) -> None:
        raise ConnectionError("redis://secret@cache.internal refused")

    monkeypatch.setattr(cache, "get", away)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["status"] == "not ready"
    assert [name for name, check in answer.json()["checks"].items() if not check["ready"]] == ["cache"]
    assert "secret" not in answer.content.decode()


def test_a_missing_migration_is_not_ready(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health.MigrationExecutor, "migration_plan", lambda _self, _targets: [("one", False)])
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert not answer.json()["checks"]["migrations:default"]["ready"]
    assert not health._migrated


def test_the_public_process_asks_for_no_broker_and_no_private_files(settings) -> None:
    settings.PROCESS = "public"
    assert {"broker", "storage:private"}.isdisjoint(health.checks())
