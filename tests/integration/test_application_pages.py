"""The applicant's pages: saved as one goes, private to the applicant, clear when something is wrong."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.utils import timezone

from portal.applications import actions, equality, tallies
from portal.applications.enums import ApplicationState as S
from portal.applications.models import Applicant, Application, Draw, EqualityAnswers
from tests.factories.opportunities import ApplicantFactory, OpportunityFactory, application_for, born
from tests.factories.users import UserFactory

pytestmark = pytest.mark.django_db(databases=["default", "submissions"])


def typed(day: date) -> str:
    return f"{day.day} {day.month} {day.year}"


ABOUT = {"full_name": "Ada Young", "date_of_birth": typed(born(17))}


@pytest.fixture
def signed_in(client):
    client.user = UserFactory()
    client.force_login(client.user)
    return client


def answer(client, opportunity, step: str, data: dict, status: int = 302):
    response = client.post(f"/applications/apply/{opportunity.reference}/{step}/", data)
    assert response.status_code == status, response.content.decode()[:3000]
    return response


def apply(client, opportunity) -> Application:
    answer(client, opportunity, "about-you", ABOUT)
    answer(client, opportunity, "school", {"school_or_college": "none"})
    answer(client, opportunity, "postcode", {"postcode": "ls1 4ap"})
    answer(client, opportunity, "statement", {"statement": "I want to help people stay well at work."})
    answer(client, opportunity, "relationship", {"declared_relationship": "no"})
    assert client.post(f"/applications/apply/{opportunity.reference}/check/").status_code == 302
    return Application.objects.get(opportunity_reference=opportunity.reference)


def test_the_journey_from_listing_to_tracker(signed_in) -> None:
    opportunity = OpportunityFactory()
    assert signed_in.get(f"/applications/apply/{opportunity.reference}/").url.endswith("/about-you/")
    application = apply(signed_in, opportunity)
    assert (application.state, application.postcode) == (S.ELIGIBLE, "LS1 4AP")
    assert opportunity.title in signed_in.get("/applications/").content.decode()
    assert application.entry_code in signed_in.get(f"/applications/{application.entry_code}/").content.decode()


def test_answers_are_saved_before_the_application_is_sent(signed_in) -> None:
    opportunity = OpportunityFactory()
    answer(signed_in, opportunity, "about-you", ABOUT)
    answer(signed_in, opportunity, "postcode", {"postcode": "LS1 4AP"})
    assert Application.objects.get().state == S.DRAFT
    assert "LS1 4AP" in signed_in.get(f"/applications/apply/{opportunity.reference}/postcode/").content.decode()


@pytest.mark.parametrize(
    ("step", "data", "message"),
    [
        ("about-you", {"full_name": "", "date_of_birth": typed(born(17))}, "Type your full name"),
        ("about-you", {"full_name": "A", "date_of_birth": "31 2 2009"}, "Type a real date of birth"),
        ("about-you", {"full_name": "A", "date_of_birth": "1 1 1800"}, "Check the year of birth"),
        ("guardian", {"agrees": "on"}, "Type the name of your parent or guardian"),
        ("school", {"school_or_college": ""}, "or “none”"),
        ("school", {"school_or_college": "Leeds Academy"}, "Give somebody there"),
        ("postcode", {"postcode": "LS1"}, "full postcode"),
        ("postcode", {"postcode": "nowhere"}, "Type a full postcode"),
        ("postcode", {"postcode": "ZZ99 9ZZ"}, "Check it and try again"),
        (
            "about-you",
            {"full_name": "A", "date_of_birth": typed(born(17)), "telephone": "☎☎☎"},
            "Type a telephone number",
        ),
        ("guardian", {"guardian_name": "A", "guardian_contact": "mum", "agrees": "on"}, "Type an e-mail address, or"),
        ("statement", {"statement": "word " * 151}, "That is 151 words"),
        ("statement", {"statement": "🦄" * 2_001}, "That is 2,001 characters"),
        ("relationship", {"declared_relationship": "yes"}, "Say what the relationship is"),
        ("relationship", {}, "Say yes or no"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_lost(signed_in, step: str, data: dict, message: str) -> None:
    ApplicantFactory(user_id=signed_in.user.pk)
    page = answer(signed_in, OpportunityFactory(), step, data, status=422).content.decode()
    assert "There is a problem" in page
    assert message in page
    assert "This field is required" not in page
    assert 'href="#"' not in page


def test_people_under_16_are_asked_for_consent(signed_in) -> None:
    opportunity = OpportunityFactory()
    assert answer(signed_in, opportunity, "about-you", {**ABOUT, "date_of_birth": typed(born(15))}).url.endswith(
        "/guardian/"
    )
    missing = answer(signed_in, opportunity, "guardian", {"guardian_name": "Jo"}, status=422).content.decode()
    assert "must agree" in missing


def test_somebody_else_s_application_does_not_exist(signed_in) -> None:
    other = application_for(OpportunityFactory(), state=S.OFFERED, offer_expires_at="2090-01-01T00:00:00Z")
    for address in ("", "withdraw/", "equality/"):
        assert signed_in.get(f"/applications/{other.entry_code}/{address}").status_code == 404
    assert signed_in.post(f"/applications/{other.entry_code}/reply/", {"answer": "no"}).status_code == 404
    other.refresh_from_db()
    assert other.state == S.OFFERED


def test_pages_need_sign_in_and_are_never_cached(client, signed_in) -> None:
    assert "no-store" in signed_in.get("/applications/")["Cache-Control"]
    signed_in.logout()
    assert "/accounts/login/" in client.get("/applications/").url


def test_offer_answered_and_withdrawal_with_reason(signed_in) -> None:
    mine = Applicant.objects.create(
        user_id=signed_in.user.pk, full_name="A", email="a@example.org", date_of_birth=born(17)
    )
    opportunity = OpportunityFactory(capacity=1)
    application = application_for(opportunity, applicant=mine)
    draw = actions.close_round(by=None, opportunity=opportunity)
    actions.run_draw(by=None, draw=draw, public_value="1", source="test")
    said = [
        signed_in.post(f"/applications/{application.entry_code}/reply/", {"answer": answer}, follow=True)
        # A second click does no harm; another answer in another tab is refused in words.
        for answer in ("yes", "yes", "no")
    ]
    refused = [
        "There is no offer to answer any more. Your application now: you said yes." in s.content.decode() for s in said
    ]
    assert refused == [False, False, True]
    assert signed_in.post(f"/applications/{application.entry_code}/withdraw/", {}).status_code == 422
    signed_in.post(f"/applications/{application.entry_code}/withdraw/", {"reason": "travel"})
    history = list(application.transitions.values_list("to_state", "reason"))
    assert history[-2:] == [(S.ACCEPTED, ""), (S.WITHDRAWN, "travel")]


def test_equality_answers_are_apart_tallied_and_purged(signed_in) -> None:
    opportunity = OpportunityFactory(capacity=1)
    application = apply(signed_in, opportunity)
    signed_in.post(f"/applications/{application.entry_code}/equality/", {"sex": "female", "disability": "prefer_not"})
    kept = EqualityAnswers.objects.get()
    assert application.entry_code not in {kept.token, kept.entry_code_hash}
    application_for(opportunity)
    draw = actions.close_round(by=None, opportunity=opportunity)
    actions.run_draw(by=None, draw=draw, public_value="1", source="test")
    assert equality.tally_and_purge(by=None, opportunity_reference=opportunity.reference) == 1
    assert not EqualityAnswers.objects.exists()
    counts = tallies.counts_of(tallies.quarter_of(opportunity.closes_at))
    assert {answer for question, answer, _ in counts if question == "sex"} == {"female", "not_answered"}
    assert sum(number for (question, _, _), number in counts.items() if question == "sex") == 2
    assert equality.tally_and_purge(by=None, opportunity_reference=opportunity.reference) == 0
    assert tallies.counts_of(tallies.quarter_of(opportunity.closes_at)) == counts


def test_who_has_applied_is_led_to_the_application_whatever_is_clicked(signed_in) -> None:
    opportunity = OpportunityFactory()
    application = apply(signed_in, opportunity)
    for page in ("", "about-you/", "postcode/", "check/"):
        for send in (signed_in.get, signed_in.post):
            response = send(f"/applications/apply/{opportunity.reference}/{page}")
            assert response.url == f"/applications/{application.entry_code}/", page
    assert Application.objects.count() == 1
    signed_in.post(f"/applications/{application.entry_code}/withdraw/", {"reason": "dates"})
    assert signed_in.get(f"/applications/apply/{opportunity.reference}/postcode/").status_code == 200


def test_equality_answers_are_shown_to_the_person_alone_and_can_be_changed_until_the_round_ends(signed_in) -> None:
    opportunity = OpportunityFactory(capacity=1)
    application = apply(signed_in, opportunity)
    address = f"/applications/{application.entry_code}/equality/"
    assert "Application sent" in signed_in.get(f"{address}?sent").content.decode()
    signed_in.post(address, {"sex": "female", "care_experience": "no"})
    page = signed_in.get(address).content.decode()
    assert page.count(" checked") == 2
    assert "Application sent" not in page
    signed_in.post(address, {"sex": "female", "care_experience": "yes"})
    assert EqualityAnswers.objects.get().care_experience == "yes"
    assert address in signed_in.get(f"/applications/{application.entry_code}/").content.decode()
    signed_in.post(address, {})
    assert not EqualityAnswers.objects.exists()
    actions.cancel_listing(by=None, opportunity=opportunity, reason="staff")
    # What came now would never be counted and deleted.
    signed_in.post(address, {"sex": "female"})
    with pytest.raises(actions.RefusedError, match="round has ended"):
        actions.answer_equality_questions(application=application, answers={"sex": "female"})
    assert not EqualityAnswers.objects.exists()
    assert address not in signed_in.get(f"/applications/{application.entry_code}/").content.decode()


def test_nothing_is_saved_for_a_listing_that_has_closed(signed_in) -> None:
    opportunity = OpportunityFactory()
    ApplicantFactory(user_id=signed_in.user.pk)
    closed = OpportunityFactory(state="finished")
    for step in ("postcode", "check"):
        response = signed_in.post(f"/applications/apply/{closed.reference}/{step}/", {"postcode": "LS1 4AP"})
        assert response.status_code == 302
    assert not Application.objects.exists()
    answer(signed_in, opportunity, "postcode", {"postcode": "LS1 4AP"})
    was_open = type(opportunity).objects.get(pk=opportunity.pk)  # what a page held that was opened before
    actions.cancel_listing(by=None, opportunity=opportunity, reason="staff")
    with pytest.raises(actions.RefusedError, match="does not take applications"), actions.while_open(was_open):
        pytest.fail("the block must not run")
    assert set(Application.objects.values_list("postcode", flat=True)) == {""}


def test_who_turns_18_on_the_way_is_not_asked_for_a_school_any_more(signed_in) -> None:
    ApplicantFactory(user_id=signed_in.user.pk, date_of_birth=born(18))
    opportunity = OpportunityFactory()
    page = answer(signed_in, opportunity, "school", {"school_or_college": "none"})
    assert page.url == f"/applications/apply/{opportunity.reference}/check/"


def test_a_birthday_that_is_changed_asks_what_it_makes_necessary(signed_in) -> None:
    opportunity = OpportunityFactory()
    grown = ApplicantFactory(user_id=signed_in.user.pk, date_of_birth="1990-01-01")
    application_for(opportunity, applicant=grown, state=S.DRAFT, postcode="LS1 4AP")
    address = f"/applications/apply/{opportunity.reference}/check/"
    assert signed_in.get(address).status_code == 200
    answer(signed_in, opportunity, "about-you", {**ABOUT, "date_of_birth": typed(born(15))})
    assert signed_in.get(address).url.endswith("/guardian/")
    Applicant.objects.update(guardian_name="Jo")
    assert signed_in.get(address).url.endswith("/school/")


def test_who_has_a_place_can_still_leave_and_is_told_what_comes_next(signed_in) -> None:
    mine = ApplicantFactory(user_id=signed_in.user.pk)
    listing = OpportunityFactory(capacity=1, starts_on="2030-02-04", state="decided")
    application = application_for(listing, applicant=mine, state=S.CONFIRMED, postcode="LS1 4AP")
    Draw.objects.create(opportunity_reference=listing.reference, entries=[], places=1, rule={}, commitment="0" * 64)
    address = f"/applications/{application.entry_code}/"
    page = signed_in.get(address).content.decode()
    assert "It starts on Monday 4 February 2030" in page
    assert f"{address}withdraw/" in page
    signed_in.post(f"{address}withdraw/", {"reason": "travel"})
    application.refresh_from_db()
    assert (application.state, application.postcode) == (S.WITHDRAWN, "")
    assert "Why: I cannot get there." in signed_in.get(address).content.decode()
    lapsed = application_for(
        OpportunityFactory(), applicant=mine, state=S.OFFERED, offer_expires_at=timezone.now() - timedelta(minutes=1)
    )
    page = signed_in.get("/applications/").content.decode()
    assert "The offer ran out" in page
    assert "You have an offer" not in page
    assert "Yes, I take the place" not in signed_in.get(f"/applications/{lapsed.entry_code}/").content.decode()
