"""The OH team's page and registers of opportunities; reminders, each once; the end of rounds by the clock."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, Permission
from django.core import mail
from django.utils import timezone

from portal.applications import actions, equality, messages, reminders, tallies, tasks
from portal.applications.enums import ApplicationState as S
from portal.applications.models import Application, Concern, EqualityAnswers, ReminderSent
from portal.opportunities.enums import OpportunityState
from portal.opportunities.models import Opportunity
from portal.organisations.models import Membership
from tests.factories.opportunities import ApplicantFactory, OpportunityFactory, application_for
from tests.factories.users import UserFactory

pytestmark = pytest.mark.django_db(databases=["default", "submissions"])


@pytest.fixture
def team(client):
    client.user = UserFactory(is_staff=True, is_superuser=True)
    client.force_login(client.user)
    session = client.session
    session["second_factor"] = True
    session.save()
    return client


def today(days: int = 0):
    return timezone.localdate() + timedelta(days=days)


def test_the_page_shows_what_waits_and_takes_decisions(team) -> None:
    waiting = OpportunityFactory(state=OpportunityState.SUBMITTED, title="Waiting week", safeguarding_contact="Jo")
    OpportunityFactory(state=OpportunityState.CLOSED, decision_on=today(-3), title="Late week")
    OpportunityFactory(must_live_within_miles=5, organisation=waiting.organisation)
    page = team.get("/cms/opportunities/", follow=True)
    text = page.content.decode()
    assert page.status_code == 200, page.redirect_chain
    assert "Waiting week" in text
    assert "Late week" in text
    assert waiting.organisation.name in text
    team.post(f"/cms/opportunities/listings/{waiting.reference}/", {"action": "return"})
    waiting.refresh_from_db()
    assert waiting.state == OpportunityState.SUBMITTED, "a reason is needed"
    team.post(f"/cms/opportunities/listings/{waiting.reference}/", {"action": "approve"})
    waiting.refresh_from_db()
    assert waiting.state == OpportunityState.OPEN


def test_a_concern_goes_past_the_host_and_is_settled_once(team) -> None:
    application = application_for(OpportunityFactory(), applicant=ApplicantFactory(user_id=team.user.pk))
    team.post(f"/applications/{application.entry_code}/concern/", {"text": "I was left alone."})
    concern = Concern.objects.get()
    page = team.get("/cms/opportunities/").content.decode()
    assert "I was left alone." in page
    assert application.applicant.full_name in page, "somebody has to reach the person"
    team.post(f"/cms/opportunities/concerns/{concern.pk}/", {"outcome": ""})
    assert Concern.objects.get().settled_at is None
    team.post(f"/cms/opportunities/concerns/{concern.pk}/", {"outcome": "Spoke to both."})
    team.post(f"/cms/opportunities/concerns/{concern.pk}/", {"outcome": "Again"})
    assert Concern.objects.get().outcome == "Spoke to both."
    assert application.applicant.full_name not in team.get("/cms/opportunities/").content.decode(), "settled"
    again = actions.raise_concern(
        by=team.user, role="host", opportunity_reference=application.opportunity_reference, text="Again."
    )
    assert Concern.objects.first() == again, "what is open comes before what is settled"


def test_registers_can_be_read_and_not_changed(team) -> None:
    listing = OpportunityFactory()
    application_for(listing)
    actions.close_round(by=None, opportunity=listing)
    for address in (
        "opportunities/opportunity/", "applications/transition/", "opportunities/publisheddraw/",
        "opportunities/placesfilledelsewhere/", "applications/remindersent/", "applications/feedback/",
        f"opportunities/opportunity/inspect/{listing.pk}/",
    ):  # fmt: skip
        assert team.get(f"/cms/{address}").status_code == 200, address
    assert team.get("/cms/applications/transition/create/").status_code in {302, 403, 404}


def test_others_do_not_see_it(client) -> None:
    client.force_login(UserFactory())
    assert client.get("/cms/opportunities/").status_code in {302, 403}
    assert client.post("/cms/opportunities/concerns/1/").status_code in {302, 403}


def test_an_editor_of_the_cms_is_not_of_the_team(client) -> None:
    """Concerns about somebody's safety and listings on their way are not for everyone who writes pages."""
    editor = UserFactory()
    editor.user_permissions.add(Permission.objects.get(codename="access_admin"))
    client.force_login(editor)
    session = client.session
    session["second_factor"] = True
    session.save()
    listing = OpportunityFactory(state=OpportunityState.SUBMITTED)
    concern = actions.raise_concern(by=editor, role="host", opportunity_reference=listing.reference, text="Something.")
    page = client.get("/cms/opportunities/", follow=True)
    assert "Waiting for approval" not in page.content.decode()
    assert "do not have permission" in page.content.decode()
    client.post(f"/cms/opportunities/listings/{listing.reference}/", {"action": "approve"})
    client.post(f"/cms/opportunities/concerns/{concern.pk}/", {"outcome": "Nothing."})
    listing.refresh_from_db()
    concern.refresh_from_db()
    assert (listing.state, concern.settled_at) == (OpportunityState.SUBMITTED, None)
    assert client.get("/cms/applications/transition/").status_code in {302, 403}


def test_reminders_go_out_once_to_the_person_they_are_for() -> None:
    user = UserFactory(email="young@example.org")
    me = ApplicantFactory(user_id=user.pk, email=user.email)
    closing = OpportunityFactory(closes_at=timezone.now() + timedelta(hours=30))
    application_for(closing, applicant=me, state=S.DRAFT)
    soon = OpportunityFactory(starts_on=today(2), state=OpportunityState.DECIDED)
    application_for(soon, applicant=me, state=S.CONFIRMED)
    offered = OpportunityFactory()
    application_for(offered, applicant=me, state=S.OFFERED, offer_expires_at=timezone.now() + timedelta(hours=3))
    application_for(
        OpportunityFactory(), applicant=me, state=S.OFFERED, offer_expires_at=timezone.now() + timedelta(days=3)
    )
    assert tasks.send_reminders() == 3
    assert tasks.send_reminders() == 0
    assert {message.to[0] for message in mail.outbox} == {"young@example.org"}
    assert sorted(ReminderSent.objects.values_list("kind", flat=True)) == ["draft", "offer", "start"]


def test_a_reminder_that_cannot_be_sent_is_not_written_down(monkeypatch) -> None:
    user = UserFactory()
    application_for(
        OpportunityFactory(), applicant=ApplicantFactory(user_id=user.pk), state=S.OFFERED,
        offer_expires_at=timezone.now() + timedelta(hours=3),
    )  # fmt: skip

    def refuse(_title, _text, _sender, _to):
        raise ConnectionError("no mail server")

    monkeypatch.setattr(messages, "send_mail", refuse)
    with pytest.raises(ConnectionError):
        reminders.send_due()
    assert not ReminderSent.objects.exists()


def test_every_message_goes_out_once_to_those_it_is_for(team, monkeypatch, django_capture_on_commit_callbacks) -> None:
    """A host hears of approval and return, the team of what waits; delivering a task again sends nothing."""
    host, stranger = UserFactory(email="host@example.org"), UserFactory(email="stranger@example.org")
    listing = OpportunityFactory(state=OpportunityState.DRAFT)
    Membership.objects.create(organisation=listing.organisation, user=host, role="owner")
    Membership.objects.create(organisation=OpportunityFactory().organisation, user=stranger, role="owner")
    team.user.groups.add(Group.objects.create(name="Collection managers"))
    for task in (messages.tell_applicant, messages.tell_host, messages.tell_team):
        monkeypatch.setattr(task, "delay", task)
    sent: list[tuple[str, str]] = []

    def news() -> set[tuple[str, str]]:
        new = [(message.to[0], message.subject) for message in mail.outbox][len(sent) :]
        sent.extend(new)
        assert len(set(new)) == len(new)
        return set(new)

    def after(action, **changes: object) -> set[tuple[str, str]]:
        with django_capture_on_commit_callbacks(execute=True) as ran:
            action(opportunity=listing, **changes)
        for again in ran:
            again()
        return news()

    waits = {(team.user.email, "An opportunity waits for approval")}
    assert after(actions.submit_listing, by=host) == waits
    back = after(actions.return_listing, by=team.user, reason="Say what to wear.")
    assert back == {(host.email, f"Your opportunity needs a change: {listing.title}")}
    assert "Say what to wear." in mail.outbox[-1].body
    assert after(actions.submit_listing, by=host) == waits
    assert after(actions.approve_listing, by=team.user) == {
        (host.email, f"Your opportunity is listed: {listing.title}")
    }
    with django_capture_on_commit_callbacks(using="submissions", execute=True):
        actions.raise_concern(by=host, role="host", opportunity_reference=listing.reference, text="Somebody cried.")
    assert news() == {(team.user.email, "Somebody is worried about a person's safety")}
    assert "cried" not in mail.outbox[-1].body
    offered = application_for(listing, state=S.IN_DRAW)
    with django_capture_on_commit_callbacks(using="submissions", execute=True) as ran:
        offered.offer_expires_at, offered.waiting_rank = timezone.now() + timedelta(days=3), 1
        actions.transition(by=None, application=offered, to=S.OFFERED, role="service")
    for again in ran:
        again()
    assert news() == {(offered.applicant.email, f"You are offered a place: {listing.title}")}


def test_everyone_who_entered_is_sent_the_commitment(monkeypatch, django_capture_on_commit_callbacks) -> None:
    """What lies in mailboxes cannot be written anew by somebody who may write the whole database."""
    monkeypatch.setattr(messages.tell_applicant, "delay", messages.tell_applicant)
    listing = OpportunityFactory(draw_source="Lotto of the Saturday after closing")
    entered = [application_for(listing) for _ in range(2)]
    with django_capture_on_commit_callbacks(using="submissions", execute=True):
        draw = actions.close_round(by=None, opportunity=listing)
    assert {message.to[0] for message in mail.outbox} == {item.applicant.email for item in entered}
    for item in entered:
        [own] = [message for message in mail.outbox if message.to == [item.applicant.email]]
        assert all(word in own.body for word in (draw.commitment, item.entry_code, "Lotto of the Saturday"))
        assert not any(other.entry_code in own.body for other in entered if other != item)


def test_rounds_end_by_the_clock() -> None:
    begun = OpportunityFactory(state=OpportunityState.DECIDED, starts_on=today(-1))
    application_for(begun, state=S.WAITING_LIST, waiting_rank=3, postcode="LS1 4AP")
    late = OpportunityFactory(state=OpportunityState.CLOSED, decision_on=today(-40))
    application_for(late, state=S.IN_DRAW, postcode="LS1 4AP")
    patient = OpportunityFactory(state=OpportunityState.CLOSED, decision_on=today(-10))
    application_for(patient, state=S.IN_DRAW, postcode="LS1 4AP")
    assert tasks.end_rounds() == 2
    states = dict(Application.objects.values_list("opportunity_reference", "state"))
    assert states == {begun.reference: S.NOT_SELECTED, late.reference: S.NO_DECISION, patient.reference: S.IN_DRAW}
    assert Opportunity.objects.get(pk=begun.pk).state == OpportunityState.FINISHED
    assert list(Application.objects.exclude(postcode="").values_list("opportunity_reference", flat=True)) == [
        patient.reference
    ]


def test_rounds_without_a_day_end_too() -> None:
    flexible = OpportunityFactory(state=OpportunityState.DECIDED, starts_on=None, decision_on=today(-40))
    fresh = OpportunityFactory(state=OpportunityState.DECIDED, starts_on=None, decision_on=today(-3))
    silent = OpportunityFactory(
        state=OpportunityState.CLOSED, decision_on=None, closes_at=timezone.now() - timedelta(days=40)
    )
    application_for(silent, state=S.IN_DRAW, postcode="LS1 4AP")
    assert tasks.end_rounds() == 2
    states = dict(Opportunity.objects.values_list("pk", "state"))
    assert states == {
        flexible.pk: OpportunityState.FINISHED, fresh.pk: OpportunityState.DECIDED, silent.pk: OpportunityState.CANCELLED
    }  # fmt: skip


def test_what_a_crash_left_of_an_ended_round_is_forgotten() -> None:
    """The listing is in one database, what is forgotten in the other: the first may be written alone."""
    ended, going_on = OpportunityFactory(state=OpportunityState.FINISHED), OpportunityFactory()
    for listing in (ended, going_on):
        application = application_for(listing, state=S.WAITING_LIST, waiting_rank=1, postcode="LS1 4AP")
        equality.save_answers(application=application, answers={"sex": "female"})
    assert tasks.end_rounds() == 1
    assert tasks.end_rounds() == 0
    assert EqualityAnswers.objects.get().opportunity_reference == going_on.reference
    assert Application.objects.exclude(postcode="").get().opportunity_reference == going_on.reference
    counts = tallies.counts_of(tallies.quarter_of(ended.closes_at))
    assert counts["sex", "female", "not_offered"] == 1


def test_a_round_half_closed_by_a_crash_is_finished() -> None:
    listing = OpportunityFactory(state=OpportunityState.CLOSED, closes_at=timezone.now() - timedelta(hours=1))
    application = application_for(listing)
    assert tasks.close_due_rounds() == 1
    application.refresh_from_db()
    assert application.state == S.IN_DRAW
    assert tasks.close_due_rounds() == 0


def test_what_comes_after_closing_is_refused() -> None:
    listing = OpportunityFactory()
    application_for(listing)
    seen_open = Opportunity.objects.get(pk=listing.pk)  # what a page held that was opened before
    actions.close_round(by=None, opportunity=listing)
    with pytest.raises(actions.RefusedError, match="does not take applications"):
        actions.submit_application(
            by=UserFactory(), applicant=ApplicantFactory(), opportunity=seen_open, postcode="LS1 4AP",
            declared_relationship=False,
        )  # fmt: skip
