"""E-mail about releases: asked for, confirmed, sent once after the commit, ended by one click."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.urls import reverse
from django.utils import timezone

from portal.core.models import AuditEvent
from portal.publications import actions, tasks
from portal.publications.actions.subscriptions import forget_unconfirmed, token_of
from portal.publications.enums import Topic
from portal.publications.mails import WAITS
from portal.publications.models import Subscription, SubscriptionMail
from tests.factories import publications as make

pytestmark = [pytest.mark.django_db(databases=["default", "submissions"]), pytest.mark.slow]


@pytest.fixture(autouse=True)
def _at_once(monkeypatch):
    """Do at once what the pages hand to a worker."""
    for name in ("store_subscription", "confirm_stored_subscription", "end_subscription"):
        task = getattr(tasks, name)
        monkeypatch.setattr(task, "delay", task)


@pytest.fixture
def series():
    return make.make_series()


def link_in(message: mail.EmailMessage, word: str) -> str:
    return re.search(rf"http://[^/]+(/publications/subscribe/\S+/{word}/)", message.body)[1]


def follow(email: str, topic: str, code: str = "") -> Subscription:
    row = actions.subscribe(email=email, topic=topic, code=code)
    return actions.confirm_subscription(uuid=str(row.uuid))


def test_a_reader_subscribes_confirms_is_told_once_and_leaves(client, tmp_path, series, people):
    form = f"/publications/subscribe/?topic=series&code={series.slug}"
    assert "Occupational health workforce" in client.get(form).content.decode()
    for _ in range(2):  # asking twice asks once more, and makes one subscription
        assert client.post(form, {"email": "Reader@Example.org"}, follow=True).status_code == 200
    row = Subscription.objects.get()
    assert (row.email, row.confirmed_at) == ("reader@example.org", None)
    confirm = link_in(mail.outbox[0], "confirm")
    client.get(confirm)
    row.refresh_from_db()
    assert row.confirmed_at is None, "a mail program that follows links confirms nothing"
    client.post(confirm)
    mail.outbox.clear()
    version = make.publish(make.make_release(tmp_path, series), people)
    assert mail.outbox == [], "nothing leaves before the commit"
    assert tasks.deliver_due_mails() == 1
    assert tasks.deliver_due_mails() == 0
    (message,) = mail.outbox
    assert message.to == ["reader@example.org"]
    assert message.subject == f"New: {version.title}"
    assert version.get_absolute_url() in message.body
    leave = link_in(message, "leave")
    assert message.extra_headers["List-Unsubscribe"] == f"<http://localhost:8000{leave}>"
    assert message.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    client.get(leave)
    assert Subscription.objects.exists()
    # As a mail program does it: without the page, without its token against forgery (RFC 8058).
    strict = type(client)(enforce_csrf_checks=True)
    assert strict.post(leave, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert not Subscription.objects.exists()
    assert not SubscriptionMail.objects.exists()
    assert "reader@example.org" not in str(list(AuditEvent.objects.values()))


def test_one_address_gets_one_message_however_many_topics_brought_it(tmp_path, series, people):
    version = make.make_release(tmp_path, series)
    for topic, code in (
        (Topic.SERIES, series.slug),
        (Topic.DATASET, version.dataset_version.dataset.slug),
        (Topic.ROLE, "nurses"),
        (Topic.EVERYTHING, ""),
    ):
        follow("all@example.org", topic, code)
    follow("nurse@example.org", Topic.ROLE, "nurses")
    follow("other@example.org", Topic.SERIES, "another-series")
    actions.subscribe(email="silent@example.org", topic=Topic.EVERYTHING)
    make.publish(version, people)
    tasks.deliver_due_mails()
    assert sorted(message.to[0] for message in mail.outbox) == ["all@example.org", "nurse@example.org"]


def test_a_publication_that_fails_sends_nothing(tmp_path, series, people, monkeypatch):
    follow("reader@example.org", Topic.EVERYTHING)
    version = make.approve(make.make_release(tmp_path, series), people)

    def fail(*_parts: object):
        raise OSError("disk full")

    monkeypatch.setattr("portal.publications.actions.publishing._do_the_rest_on_commit", fail)
    with pytest.raises(OSError, match="disk full"):
        actions.publish_release(by=people["Publishers"], version=version)
    assert not SubscriptionMail.objects.exists()


def test_a_mail_server_that_fails_is_tried_again_and_the_reason_is_kept(tmp_path, series, people, monkeypatch):
    follow("reader@example.org", Topic.EVERYTHING)
    make.publish(make.make_release(tmp_path, series), people)

    def refuse(*_parts: object):
        raise ConnectionRefusedError("the mail server is away")

    monkeypatch.setattr(EmailBackend, "send_messages", refuse)
    for attempt in range(len(WAITS) + 1):
        row = SubscriptionMail.objects.get()
        assert (row.state, row.attempts) == ("queued", attempt)
        SubscriptionMail.objects.update(next_attempt_at=timezone.now())
        tasks.deliver_due_mails()
    row.refresh_from_db()
    assert (row.state, row.answer) == ("failed", "the mail server is away")


def test_what_nobody_confirmed_is_forgotten_in_a_week():
    row = actions.subscribe(email="silent@example.org", topic=Topic.EVERYTHING)
    kept = follow("reader@example.org", Topic.EVERYTHING)
    assert forget_unconfirmed(now=timezone.now() + dt.timedelta(days=6)) == 0
    assert forget_unconfirmed(now=timezone.now() + dt.timedelta(days=8)) == 1
    assert list(Subscription.objects.all()) == [kept]
    assert row.pk != kept.pk


@pytest.mark.parametrize("topic", ["topic=series&code=no-such", "topic=nonsense", "topic=everything&code=x"])
def test_what_does_not_exist_cannot_be_followed(client, topic):
    assert client.get(f"/publications/subscribe/?{topic}").status_code == 404


def test_a_made_up_link_and_a_mistyped_address_are_refused(client, series):
    assert client.post(reverse("subscription_leave", args=["made-up"])).status_code == 404
    answer = client.post("/publications/subscribe/", {"email": "not an address"})
    assert "Enter an e-mail address like" in answer.content.decode()
    client.post("/publications/subscribe/", {"email": "robot@example.org", "website": "http://spam"})
    assert not Subscription.objects.exists()
    other = token_of(Subscription(email="x@example.org"))
    assert client.post(reverse("subscription_confirm", args=[other])).status_code == 200  # the same for everyone


def test_the_log_counts_messages_and_shows_no_address(client, tmp_path, series):
    people = make.make_people(in_cms=True)
    follow("reader@example.org", Topic.EVERYTHING)
    make.publish(make.make_release(tmp_path, series), people)
    tasks.deliver_due_mails()
    client.force_login(people["Publishers"])
    text = client.get(reverse("release_desk_mails")).content.decode()
    assert "<td>1</td><td>0</td><td>0" in text
    assert "reader@" not in text
