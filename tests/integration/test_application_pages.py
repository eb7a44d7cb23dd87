"""The applicant's pages: saved as one goes, private to the applicant, clear when something is wrong."""

from __future__ import annotations

import pytest

from portal.applications import actions, equality
from portal.applications.enums import ApplicationState as S
from portal.applications.models import Applicant, Application, EqualityAnswers, EqualityTally
from tests.factories.opportunities import ApplicantFactory, OpportunityFactory, application_for
from tests.factories.users import UserFactory

pytestmark = pytest.mark.django_db(databases=["default", "submissions"])
ABOUT = {"full_name": "Ada Young", "date_of_birth": "1 3 2009"}


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
        ("about-you", {"full_name": "", "date_of_birth": "1 3 2009"}, "Type your full name"),
        ("about-you", {"full_name": "A", "date_of_birth": "31 2 2009"}, "Type a real date of birth"),
        ("about-you", {"full_name": "A", "date_of_birth": "1 1 1800"}, "Check the year of birth"),
        ("guardian", {"agrees": "on"}, "Type the name of your parent or guardian"),
        ("school", {"school_or_college": ""}, "or “none”"),
        ("school", {"school_or_college": "Leeds Academy"}, "Give somebody there"),
        ("postcode", {"postcode": "LS1"}, "full postcode"),
        ("postcode", {"postcode": "nowhere"}, "is not a postcode"),
        ("statement", {"statement": "word " * 151}, "That is 151 words"),
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
    assert answer(signed_in, opportunity, "about-you", {**ABOUT, "date_of_birth": "1 3 2012"}).url.endswith(
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
        user_id=signed_in.user.pk, full_name="A", email="a@example.org", date_of_birth="2009-01-01"
    )
    opportunity = OpportunityFactory(capacity=1)
    application = application_for(opportunity, applicant=mine)
    draw = actions.close_round(by=None, opportunity=opportunity)
    actions.run_draw(by=None, draw=draw, public_value="1", source="test")
    signed_in.post(f"/applications/{application.entry_code}/reply/", {"answer": "yes"})
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
    tally = EqualityTally.objects.filter(question="sex")
    assert sum(tally.values_list("applicants", flat=True)) == 2
    assert set(tally.values_list("answer", flat=True)) == {"female", "not_answered"}
    assert equality.tally_and_purge(by=None, opportunity_reference=opportunity.reference) == 0
    assert sum(EqualityTally.objects.filter(question="sex").values_list("applicants", flat=True)) == 2
