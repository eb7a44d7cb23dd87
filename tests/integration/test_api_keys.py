"""Keys of the data API: asked for by e-mail, shown once, watched, ended, withdrawn with a reason, forgotten."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.core import mail
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone
from kombu.exceptions import OperationalError

from portal.api import actions, key_views, tasks
from portal.api.key_links import token_of
from portal.api.models import ApiKey, ApiKeyHolder
from portal.core.models import AuditEvent
from portal.users.enums import GroupName
from portal.users.starting_content import load_starting_content
from tests.factories.users import UserFactory

pytestmark = pytest.mark.django_db(databases=["default", "submissions"])
DATASETS = "/api/v1/datasets"


@pytest.fixture(autouse=True)
def _at_once(monkeypatch):
    """Do at once what is handed to a worker, and begin with nothing counted."""
    cache.clear()
    for task in (tasks.send_link_to_keys, tasks.tell_of_withdrawal):
        monkeypatch.setattr(task, "delay", task)


def keys_of(email: str) -> str:
    return reverse("api_keys_of", args=[token_of(email)])


def test_a_researcher_asks_makes_uses_watches_and_ends_a_key(client, settings):
    settings.API_KEY_PER_MINUTE = 7
    assert client.post(reverse("api_keys"), {"email": "Researcher@Example.org"}, follow=True).status_code == 200
    address = re.search(r"http://[^/]+(/accounts/api-keys/\S+/)", mail.outbox[0].body)[1]
    made = client.post(address, {"label": "Nightly load"})
    secret = re.search(r'<code id="key">([\w-]{43})</code>', made.content.decode())[1]
    assert made["Cache-Control"].startswith("max-age=0, no-cache, no-store")
    key = ApiKey.objects.get()
    assert key.holder.contact_email == "researcher@example.org"
    assert secret not in f"{key.digest} {AuditEvent.objects.get(action='create_api_key').__dict__}"

    answer = client.get(DATASETS, headers={"X-API-Key": secret})
    assert (answer.status_code, answer["RateLimit-Limit"], answer["RateLimit-Remaining"]) == (200, "7", "6")
    page = client.get(address).content.decode()
    assert "1 today, 1 in 30 days" in page
    assert secret not in page  # shown once

    assert client.post(address, {"end": str(key.pk)}, follow=True).content.decode().count("Ended") == 1
    refused = client.get(DATASETS, headers={"X-API-Key": secret})
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (403, "unknown_key")
    assert client.get(DATASETS).status_code == 200  # without a key as before


def test_a_mistyped_key_is_refused_and_counts_as_anonymous(client, settings, one_minute):
    settings.API_ANONYMOUS_PER_MINUTE = 2
    answers = [client.get(DATASETS, headers={"X-API-Key": "mistyped"}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [403, 403, 429]
    assert answers[0]["Content-Type"] == "application/problem+json"


def test_a_mailbox_is_not_filled_and_programs_get_nothing(client):
    for _ in range(key_views.MOST_MAILS + 2):
        assert client.post(reverse("api_keys"), {"email": "a@example.org"}).status_code == 302
    assert len(mail.outbox) == key_views.MOST_MAILS
    assert client.post(reverse("api_keys"), {"email": "b@example.org", "website": "x"}).status_code == 302
    assert len(mail.outbox) == key_views.MOST_MAILS
    assert "name@example.com" in client.post(reverse("api_keys"), {"email": "nobody"}).content.decode()


def test_without_the_queue_it_says_so(client, monkeypatch):
    def away(*_args: object):
        raise OperationalError

    monkeypatch.setattr(tasks.send_link_to_keys, "delay", away)
    answer = client.post(reverse("api_keys"), {"email": "a@example.org"})
    assert (answer.status_code, "try again in a few minutes" in answer.content.decode()) == (503, True)


def test_nobody_ends_or_sees_the_keys_of_another(client):
    key, _ = actions.create_api_key(by=None, label="Theirs", contact_email="other@example.org")
    mine = keys_of("me@example.org")
    assert "Theirs" not in client.get(mine).content.decode()
    assert client.post(mine, {"end": str(key.pk)}).status_code == 404
    assert client.post(mine, {"end": "1 OR 1"}).status_code == 404
    assert client.get(mine[:-4] + "xyz/").status_code == 404
    key.refresh_from_db()
    assert key.revoked_at is None


def test_a_link_is_good_for_a_day_and_keys_are_few(client, monkeypatch):
    for number in range(actions.MOST_KEYS):
        actions.create_api_key(by=None, label=f"Key {number}", contact_email="me@example.org")
    full = client.post(keys_of("me@example.org"), {"label": "One more"}).content.decode()
    assert "End one to make another" in full
    assert ApiKey.objects.count() == actions.MOST_KEYS
    link = keys_of("me@example.org")
    monkeypatch.setattr("django.core.signing.time.time", lambda: timezone.now().timestamp() + 86_401)
    assert client.get(link).status_code == 404


def test_the_team_withdraws_a_key_with_a_reason_its_holder_gets(client, django_capture_on_commit_callbacks):
    load_starting_content()
    key, secret = actions.create_api_key(by=None, label="A crawler", contact_email="me@example.org")
    screen, address = reverse("api_key_list"), reverse("api_key_withdraw", args=[key.pk])
    client.force_login(UserFactory(groups=[GroupName.ANALYSTS.value]))
    assert client.post(address, {"reason": "No."}).status_code in {302, 403}
    key.refresh_from_db()
    assert key.revoked_at is None
    person = UserFactory(groups=[GroupName.ADMINISTRATORS.value])
    client.force_login(person)
    assert "A crawler" in client.get(screen).content.decode()
    assert "Give the reason" in client.post(address, {"reason": " "}, follow=True).content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        client.post(address, {"reason": "It asks for every cell every minute."})
    assert client.get(DATASETS, headers={"X-API-Key": secret}).status_code == 403
    assert mail.outbox[0].to == ["me@example.org"]
    assert "It asks for every cell every minute." in mail.outbox[0].body
    assert AuditEvent.objects.get(action="withdraw_api_key").actor_id == person.pk
    client.logout()
    assert "It asks for every cell every minute." in client.get(keys_of("me@example.org")).content.decode()


def test_ended_keys_and_their_holders_are_forgotten():
    for days in (100, 10):
        key, _ = actions.create_api_key(by=None, label=f"{days}", contact_email="me@example.org")
        ApiKey.objects.filter(pk=key.pk).update(revoked_at=timezone.now() - dt.timedelta(days=days))
    actions.create_api_key(by=None, label="in use", contact_email="me@example.org")
    assert tasks.forget_ended_keys() == 1
    assert set(ApiKeyHolder.objects.values_list("label", flat=True)) == {"10", "in use"}
