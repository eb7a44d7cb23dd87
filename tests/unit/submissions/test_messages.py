"""Reminders go out once, to those they concern; questions go both ways with a notice; every message is a row."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from freezegun import freeze_time

from portal.core.notify import NotifyRefused
from portal.organisations.enums import MemberRole
from portal.organisations.models import Organisation
from portal.submissions import tasks
from portal.submissions.actions import (
    accept_return,
    accept_returns,
    answer_query,
    ask_team,
    load_return_records,
    raise_query,
    reopen_return,
    reply_to_query,
    resolve_query,
)
from portal.submissions.actions import messages as delivery
from portal.submissions.actions.reminders import (
    cancel_reminder,
    plan_reminder,
    plan_usual_reminders,
    remind_providers,
    send_reminder,
)
from portal.submissions.enums import Audience
from portal.submissions.errors import ActionRefused
from portal.submissions.models import Collection, Reminder, SentMessage
from portal.submissions.storing import RecordValues
from tests.factories import submissions as make
from tests.factories.users import UserFactory

pytestmark = pytest.mark.django_db(databases=["default", "submissions"])


@pytest.fixture(autouse=True)
def _sent_at_once(monkeypatch):
    monkeypatch.setattr(tasks.deliver_message, "delay", tasks.deliver_message)


@pytest.fixture
def committed(django_capture_on_commit_callbacks):
    return lambda: django_capture_on_commit_callbacks(using="submissions", execute=True)


@pytest.fixture
def opened(db):
    """Three providers: one has submitted, one has begun, one has done nothing."""
    for code in ("OH001", "OH002", "OH003"):
        make.person(f"{code.lower()}@example.org", make.organisation(code))
    made = make.collection()
    records = [RecordValues(role_code="nur-oh-pract", role_group="nurses", fte_nano=10**9, worker_ref="K1")]
    load_return_records(by=None, collection=made, records={"OH001": records})
    begun = make.the_return(made, "OH002")
    begun.state = "in_progress"
    begun.save()
    return made


@pytest.mark.parametrize(
    ("audience", "reached"),
    [(Audience.NOT_BEGUN, ["oh003"]), (Audience.NOT_SUBMITTED, ["oh002", "oh003"]), (Audience.QUERIED, [])],
)
def test_a_reminder_reaches_those_it_concerns_and_nobody_twice(opened, mailoutbox, committed, audience, reached):
    reminder = plan_reminder(by=None, collection=opened, audience=audience, send_at=timezone.now())
    with committed():
        assert tasks.keep_to_the_calendar()["messages"] == len(reached)
    with committed():
        assert tasks.keep_to_the_calendar()["messages"] == 0
        assert send_reminder(by=None, reminder=reminder) == 0
    assert sorted(to for message in mailoutbox for to in message.to) == [f"{name}@example.org" for name in reached]
    assert {row.state for row in SentMessage.objects.all()} <= {"sent"}


def test_the_database_itself_refuses_a_second_message_of_one_reminder(opened):
    reminder = plan_reminder(by=None, collection=opened, audience=Audience.NOT_BEGUN, send_at=timezone.now())
    send_reminder(by=None, reminder=reminder)
    row = SentMessage.objects.get()
    row.pk = None
    with pytest.raises(IntegrityError), transaction.atomic("submissions"):
        row.save(force_insert=True)


def test_the_words_are_the_teams_and_the_fields_are_filled(opened, mailoutbox, committed):
    with committed():
        count = remind_providers(
            by=UserFactory(),
            collection=opened,
            codes=["OH003"],
            subject="{collection}",
            text="{organisation}: {address}",
        )
    assert count == 1
    of_return = make.the_return(opened, "OH003")
    assert mailoutbox[0].subject == opened.title
    assert mailoutbox[0].body == f"Provider OH003: http://localhost:8000/collect/returns/{of_return.pk}/"
    of_return.refresh_from_db()
    assert of_return.reminded_at is not None
    with pytest.raises(ActionRefused, match=r"“.name.” is not a field of a message"):
        plan_reminder(
            by=None, collection=opened, audience="not_begun", send_at=timezone.now(), text="Dear {name}, remember."
        )


def test_the_usual_plan_lies_ahead_and_is_made_once(db):
    made = make.collection(is_open=False, opens_at=timezone.now() + dt.timedelta(days=1))
    assert plan_usual_reminders(by=None, collection=made) == 4
    assert plan_usual_reminders(by=None, collection=made) == 0
    days = [(made.closes_at - row.send_at).days for row in Reminder.objects.filter(audience=Audience.NOT_SUBMITTED)]
    assert days == [7, 1]
    first = Reminder.objects.order_by("send_at").first()
    cancel_reminder(by=None, reminder=first)
    assert Reminder.objects.count() == 3
    with pytest.raises(ActionRefused, match="after the collection has closed"):
        plan_reminder(by=None, collection=made, audience="not_begun", send_at=made.closes_at)


@pytest.mark.slow
def test_a_collection_opens_reminds_and_closes_by_itself(mailoutbox, committed):
    now = timezone.now()
    make.person("a@example.org", make.organisation())
    made = make.collection(
        is_open=False, opens_by_itself=True, opens_at=now + dt.timedelta(days=2), closes_at=now + dt.timedelta(days=30)
    )
    make.collection("by-hand", is_open=False, opens_at=now - dt.timedelta(days=1))
    plan_usual_reminders(by=None, collection=made)
    seen = []
    for days in (0, 2.01, 3, 16.1, 23.1, 29.1, 30.1, 31):
        with freeze_time(now + dt.timedelta(days=days)), committed():
            tasks.keep_to_the_calendar()
        made.refresh_from_db()
        seen.append((made.state, len(mailoutbox)))
    assert seen == [
        ("set_up", 0), ("open", 1), ("open", 1), ("open", 2), ("open", 3), ("open", 4), ("closed", 4), ("closed", 4),
    ]  # fmt: skip
    assert mailoutbox[0].subject == f"Open for returns: {made.title}"
    assert Collection.objects.get(code="by-hand").state == "set_up"


def test_a_message_that_cannot_be_sent_is_tried_again_and_then_shown(opened, mailoutbox, committed, monkeypatch):
    def refuse(*_args: object, **_kwargs: object):
        raise NotifyRefused("Notify answered 429: too many requests")

    monkeypatch.setattr(delivery.EmailMessage, "send", refuse)
    with committed():
        remind_providers(by=None, collection=opened, codes=["OH003"])
    row = SentMessage.objects.get()
    assert (row.state, row.attempts, row.failure) == ("waiting", 1, "Notify answered 429: too many requests")
    assert tasks.deliver_lost_messages() == 0
    for _ in range(6):
        with freeze_time(timezone.now() + dt.timedelta(minutes=6)):
            tasks.deliver_lost_messages()
    row.refresh_from_db()
    assert (row.state, row.attempts) == ("failed", delivery.MAX_ATTEMPTS)
    monkeypatch.undo()
    assert mailoutbox == []


def test_questions_go_both_ways_and_each_side_is_told(opened, mailoutbox, committed):
    manager = UserFactory(groups=["Collection managers"], email="desk@example.org")
    UserFactory(groups=["Collection managers"], email="desk2@example.org")
    of_return = make.the_return(opened)
    provider = make.person("second@example.org", Organisation.objects.get(code="OH001"))
    make.person("reads@example.org", Organisation.objects.get(code="OH001"), MemberRole.VIEWER)
    steps = []

    def told(action, **values: object):
        before = len(mailoutbox)
        with committed():
            result = action(**values)
        of_return.refresh_from_db()
        steps.append((of_return.state, sorted(to for message in mailoutbox[before:] for to in message.to)))
        return result

    both = ["oh001@example.org", "second@example.org"]
    query = told(raise_query, by=manager, of_return=of_return, text="Is this right?", sequence=1, item="fte_nano")
    told(answer_query, by=provider, query=query, text="It is.")
    told(reply_to_query, by=manager, query=query, text="Are you sure?")
    told(answer_query, by=provider, query=query, text="Yes.")
    told(resolve_query, by=manager, query=query, outcome="Confirmed by the provider")
    mine = told(ask_team, by=provider, of_return=of_return, text="May we change it?")
    told(resolve_query, by=manager, query=mine, outcome="Reopened for you")
    told(reopen_return, by=manager, of_return=of_return, reason="As asked", by_oh_team=True)
    assert steps == [
        ("queried", both), ("submitted", ["desk@example.org"]), ("queried", both), ("submitted", ["desk@example.org"]),
        ("submitted", []), ("submitted", ["desk2@example.org", "desk@example.org"]), ("submitted", both),
        ("in_progress", both),
    ]  # fmt: skip
    with pytest.raises(ActionRefused, match="settled already"):
        reply_to_query(by=manager, query=query, text="One more")
    assert not any("1000000000" in message.body or "K1" in message.body for message in mailoutbox)


def test_acceptance_is_told_one_by_one_and_all_at_once(opened, mailoutbox, committed):
    with committed():
        accept_return(by=UserFactory(), of_return=make.the_return(opened))
    records = [RecordValues(role_code="nur-oh-pract", role_group="nurses", fte_nano=10**9, worker_ref="K9")]
    load_return_records(by=None, collection=opened, records={"OH003": records})
    with committed():
        assert accept_returns(by=UserFactory(), collection=opened) == 1
    assert [(message.to, message.subject) for message in mailoutbox] == [
        (["oh001@example.org"], f"Your return is accepted: {opened.title}"),
        (["oh003@example.org"], f"Your return is accepted: {opened.title}"),
    ]
