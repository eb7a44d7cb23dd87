"""A host's journey through its pages: listing, approval, sealed applications, review, draw, places, report."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from portal.applications import actions, blind, series
from portal.applications.enums import ApplicationState as S
from portal.applications.enums import RejectionReason
from portal.applications.models import Application, Draw, Review
from portal.opportunities.actions import change_state, record_online_attendance
from portal.opportunities.enums import OpportunityState
from portal.opportunities.models import OnlineAttendance, Opportunity, PlacesFilledElsewhere
from portal.organisations.models import Membership
from tests.factories.opportunities import ApplicantFactory, HostFactory, OpportunityFactory, application_for
from tests.factories.users import UserFactory

pytestmark = pytest.mark.django_db(databases=["default", "submissions"])
CRITERIA = ["Says why they are interested", "Says what they hope to learn"]


def day(days: int) -> str:
    return f"{timezone.localdate() + timedelta(days=days):%Y-%m-%d}"


def answers(**changes: str) -> dict[str, str]:
    return {
        "title": "Occupational health week", "summary": "See how a team keeps staff well.", "kind": "work_experience",
        "mode": "in_person", "starts_on": day(60), "ends_on": day(64), "postcode": "ls1 4ap", "capacity": "2",
        "minimum_age": "14", "requirements_text": "Flat shoes: floors are wet", "safeguarding_contact": "Jo, 0113 1",
        "allocation_rule": "draw", "reviews_needed": "1", "draw_source": "Lotto numbers", "closes_on": day(20),
        "decision_on": day(30), "reply_days": "5", **changes,
    }  # fmt: skip


@pytest.fixture
def host(client):
    """A client signed in as somebody who acts for a host."""
    client.user = UserFactory()
    client.organisation = HostFactory()
    Membership.objects.create(organisation=client.organisation, user=client.user, role="editor")
    client.force_login(client.user)
    return client


def post(client, address: str, data: dict, status: int = 302) -> str:
    response = client.post(f"/applications/host/{address}", data, follow=status == 302)
    assert response.redirect_chain[0][1] == 302 if status == 302 else response.status_code == status
    return response.content.decode()


def make(client, **changes: str) -> Opportunity:
    post(client, f"{client.organisation.code}/new/", answers(**changes))
    return Opportunity.objects.latest("pk")


def approve(listing: Opportunity) -> None:
    listing.refresh_from_db()
    actions.approve_listing(by=UserFactory(), opportunity=listing)


def test_a_listing_from_draft_to_open(host) -> None:
    listing = make(host)
    assert (listing.state, listing.easting, listing.region_code) == (OpportunityState.DRAFT, 429363, "E12000003")
    assert listing.requirements == [{"requirement": "Flat shoes", "reason": "floors are wet"}]
    assert host.get(listing.get_absolute_url()).status_code == 404
    post(host, f"listings/{listing.reference}/do/", {"action": "submit"})
    listing.refresh_from_db()
    with pytest.raises(ValidationError, match="another person"):
        change_state(by=host.user, opportunity=listing, to=OpportunityState.OPEN)
    approve(listing)
    assert "Lotto numbers" in host.get(listing.get_absolute_url()).content.decode()
    page = post(host, f"listings/{listing.reference}/edit/", answers())
    assert "Only a draft" in page
    assert [said in page for said in ("draft started", "sent for approval", "listed", "locate")] == [True] * 3 + [False]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"requirements_text": "Flat shoes"}, "Line 1 has no reason"),
        ({"postcode": "LS1"}, "full postcode"),
        ({"allocation_rule": "review_then_draw"}, "Say what reviewers score"),
        ({"allocation_rule": "draw_with_shares"}, "Say which group has a share"),
        ({"allocation_rule": "open_to_all"}, "Only online activities"),
        ({"capacity": ""}, "how many places"),
        ({"capacity": "-3"}, "“Number of places”: the least is 1."),
        ({"reply_days": "0"}, "the least is 1."),
        ({"reviews_needed": "99"}, "the most is 5."),
        ({"minimum_age": "200"}, "the most is 99."),
        ({"summary": "x" * 501}, "has 501 characters; the most is 500."),
        ({"postcode": ""}, "Say where it is"),
        ({"starts_on": "soon"}, "“First day”: type a real day"),
        ({"allocation_rule": "draw_with_shares", "share": "40"}, "less than one for Deciles 1 to 3"),
        ({"title": ""}, "Fill in “Title”."),
        ({"kind": ""}, "Choose a kind."),
        ({"ends_on": day(10)}, "ends before it starts"),
        ({"criteria_text": "One\none"}, "Two criteria are the same"),
    ],
)
def test_what_is_wrong_with_a_listing_is_said(host, changes: dict, message: str) -> None:
    page = post(host, f"{host.organisation.code}/new/", answers(**changes), status=422)
    assert message in page
    assert "There is a problem" in page
    assert "This field is required" not in page
    assert not Opportunity.objects.exists()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"closes_on": day(-1)}, "closing day in the future"),
        ({"decision_on": ""}, "Say by which day everyone hears"),
        ({"decision_on": day(10)}, "hears before applications close"),
        ({"decision_on": day(70)}, "starts before everyone hears"),
    ],
)
def test_a_listing_with_impossible_days_is_not_sent_for_approval(host, changes: dict, message: str) -> None:
    listing = make(host, **changes)
    assert message in post(host, f"listings/{listing.reference}/do/", {"action": "submit"})
    listing.refresh_from_db()
    assert listing.state == OpportunityState.DRAFT


def test_copies_recurrence_and_templates(host) -> None:
    first = make(host, allocation_rule="draw_with_shares", share="40", share_deciles="3", capacity="5")
    assert first.shares_said == ["Deciles 1 to 3: 40% of the places, here 2 of 5"]
    post(host, f"listings/{first.reference}/do/", {"action": "repeat", "every_days": "7", "times": "3"})
    series = list(Opportunity.objects.filter(copied_from=first).order_by("starts_on"))
    assert [(item.starts_on - first.starts_on).days for item in series] == [7, 14, 21]
    assert {item.state for item in series} == {OpportunityState.DRAFT}
    assert series[0].shares[0]["share"] == 0.4
    assert "Change the draft" in post(host, f"listings/{first.reference}/do/", {"action": "copy"})
    assert Opportunity.objects.latest("pk").starts_on is None
    post(host, f"listings/{first.reference}/do/", {"action": "template", "name": "Our week"})
    template = host.organisation.listing_templates.get()
    page = host.get(f"/applications/host/{host.organisation.code}/new/?template={template.pk}").content.decode()
    assert "Occupational health week" in page
    assert "between" not in post(host, f"listings/{first.reference}/do/", {"action": "nonsense"})


def test_a_copy_says_how_many_applied_last_time(host) -> None:
    first = make(host)
    for _ in range(5):
        application_for(first)
    copy = make(host)
    Opportunity.objects.filter(pk=copy.pk).update(copied_from=first, state=OpportunityState.SUBMITTED)
    approve(copy)
    copy.refresh_from_db()
    assert (copy.previous_applications, copy.previous_places, copy.chance_last_time) == (5, 2, 0.4)


def test_somebody_else_s_listing_does_not_exist(host) -> None:
    other = OpportunityFactory()
    application = application_for(other)
    base = f"/applications/host/listings/{other.reference}/"
    pages = ["", "edit/", "cancel/", "applications/", "review/", "draw/", "concern/"]
    pages += [f"applications/{blind.host_code(application)}/", f"review/{blind.host_code(application)}/"]
    assert {host.get(base + page).status_code for page in pages} == {404}
    assert host.post(f"{base}do/", {"action": "copy"}).status_code == 404
    assert host.get(f"/applications/host/{other.organisation.code}/new/").status_code == 404
    # Nor does an application of theirs under a listing of one's own.
    own = reviewed_listing(host, number=1)[0]
    for page in ("applications", "review"):
        assert (
            host.get(f"/applications/host/listings/{own.reference}/{page}/{blind.host_code(application)}/").status_code
            == 404
        )
    viewer = Membership.objects.create(organisation=other.organisation, user=host.user, role="viewer")
    assert host.get(base).status_code == 404, viewer


def test_applications_are_sealed_until_closing(host) -> None:
    listing = OpportunityFactory(organisation=host.organisation)
    application = application_for(listing, statement="I am keen")
    page = host.get(f"/applications/host/listings/{listing.reference}/applications/").content.decode()
    assert "1 application so far" in page
    code = blind.host_code(application)
    assert code not in page
    assert (
        host.get(f"/applications/host/listings/{listing.reference}/applications/?export=csv")
        .headers["Content-Type"]
        .startswith("text/html")
    )
    assert host.get(f"/applications/host/listings/{listing.reference}/applications/{code}/").status_code == 302
    assert host.get(f"/applications/host/listings/{listing.reference}/review/{code}/").status_code == 302


def reviewed_listing(host, number: int = 4) -> tuple[Opportunity, list[Application]]:
    listing = OpportunityFactory(
        organisation=host.organisation, capacity=1, allocation_rule="review_then_draw", review_criteria=CRITERIA,
        review_line=3, starts_on=timezone.localdate() + timedelta(days=60),
    )  # fmt: skip
    people = [application_for(listing, applicant=ApplicantFactory(), statement="I am keen.") for _ in range(number)]
    actions.close_round(by=None, opportunity=listing)
    return listing, people


def test_review_line_and_draw(host) -> None:
    listing, people = reviewed_listing(host)
    base = f"listings/{listing.reference}"
    with pytest.raises(actions.RefusedError, match="applied to everyone at once"):
        actions.turn_down(by=UserFactory(), application=people[0], reason=RejectionReason.BELOW_LINE)
    assert "still to be reviewed" in post(host, f"{base}/do/", {"action": "finish_review"})
    for number, application in enumerate(people):
        code = blind.host_code(application)
        assert "Give a score" in post(host, f"{base}/review/{code}/", {"score_0": "5"}, status=422)
        score = "5" if number < 3 else "1"
        post(host, f"{base}/review/{code}/", {"score_0": score, "score_1": score})
    page = post(host, f"{base}/do/", {"action": "finish_review"})
    assert "Entries fixed: 3." in page
    people[3].refresh_from_db()
    assert people[3].state == S.NOT_SELECTED
    assert people[3].transitions.last().reason == "below_line"
    page = post(host, f"{base}/draw/", {"public_value": "1 2 3", "source": "Lotto, 1 May"})
    assert "draw is held" in page
    states = sorted(Application.objects.for_opportunity(listing.reference).values_list("state", flat=True))
    assert states == [S.NOT_SELECTED, S.OFFERED, S.WAITING_LIST, S.WAITING_LIST]


def test_a_reviewer_with_an_interest_does_not_count(host) -> None:
    listing, people = reviewed_listing(host, number=1)
    base = f"listings/{listing.reference}"
    post(host, f"{base}/review/{blind.host_code(people[0])}/", {"has_conflict": "on"})
    assert Review.objects.get().scores == {}
    assert "1 application still to be reviewed" in post(host, f"{base}/do/", {"action": "finish_review"})
    post(host, f"{base}/review/{blind.host_code(people[0])}/", {"action": "turn_down", "reason": "duplicate"})
    people[0].refresh_from_db()
    assert people[0].state == S.NOT_SELECTED


def test_places_are_confirmed_attended_and_the_round_finished(host) -> None:
    listing = OpportunityFactory(organisation=host.organisation, capacity=1)
    application = application_for(listing, postcode="LS1 4AP")
    application_for(listing, postcode="LS1 4AP")
    draw = actions.close_round(by=None, opportunity=listing)
    actions.run_draw(by=None, draw=draw, public_value="1", source="test")
    actions.publish_missing_draws()
    offered = Application.objects.get(state=S.OFFERED)
    actions.reply_to_offer(by=UserFactory(), application=offered, accepts=True)
    base = f"listings/{listing.reference}"
    place = f"{base}/applications/{blind.host_code(offered)}/"
    assert offered.applicant.full_name in host.get(f"/applications/host/{place}").content.decode()
    assert "record the date of the risk assessment" in post(host, place, {"action": "confirm"})
    post(host, place, {"action": "confirm", "risk_assessed_on": day(-1), "dbs": "not_needed"})
    offered.refresh_from_db()
    assert (offered.state, offered.postcode) == (S.CONFIRMED, "")
    assert "not come yet" in post(host, place, {"action": "confirm", "risk_assessed_on": day(3)}, status=422)
    post(host, f"{base}/do/", {"action": "finish"})
    post(host, place, {"action": "attended"})
    offered.refresh_from_db()
    assert offered.state == S.ATTENDED
    assert set(Application.objects.values_list("postcode", flat=True)) == {""}
    assert Application.objects.exclude(pk=offered.pk).get().transitions.last().reason == "places_gone"
    exported = host.get(f"/applications/host/{base}/applications/?export=csv")
    assert offered.applicant.full_name in exported.content.decode()
    assert offered.applicant.email not in exported.content.decode(), "under 18: no message outside the service"
    assert application.entry_code not in exported.content.decode(), "the public code would tell the group of the draw"


def test_a_place_that_is_taken_back_goes_to_the_next(host) -> None:
    listing = OpportunityFactory(organisation=host.organisation, capacity=1)
    for _ in range(2):
        application_for(listing)
    draw = actions.close_round(by=None, opportunity=listing)
    actions.run_draw(by=None, draw=draw, public_value="1", source="test")
    first = Application.objects.get(state=S.OFFERED)
    place = f"listings/{listing.reference}/applications/{blind.host_code(first)}/"
    assert "Nobody has said yes" in post(host, place, {"action": "cancel", "reason": "checks"})
    with pytest.raises(actions.RefusedError, match="said yes to"):
        actions.cancel_place(by=host.user, application=first, reason="checks")
    actions.reply_to_offer(by=UserFactory(), application=first, accepts=True)
    assert "Choose a reason" in post(host, place, {"action": "cancel"})
    post(host, place, {"action": "cancel", "reason": "checks"})
    assert Application.objects.get(state=S.OFFERED) != first


def test_cancelling_tells_everyone_why(host) -> None:
    listing = OpportunityFactory(organisation=host.organisation)
    application = application_for(listing, postcode="LS1 4AP")
    post(host, f"listings/{listing.reference}/cancel/", {}, status=422)
    post(host, f"listings/{listing.reference}/cancel/", {"reason": "staff"})
    application.refresh_from_db()
    assert (application.state, application.postcode) == (S.CANCELLED_BY_HOST, "")
    assert not Draw.objects.exists()
    again = host.get(f"/applications/host/listings/{listing.reference}/cancel/", follow=True)
    assert "there is nothing to cancel" in again.content.decode()


def test_places_elsewhere_and_the_report(host) -> None:
    address = f"{host.organisation.code}/elsewhere/"
    assert "Write the month" in post(host, address, {"period": "May", "kind": "taster", "places": "3"}, status=422)
    for places in ("3", "6"):
        post(host, address, {"period": f"{timezone.localdate():%Y-%m}", "kind": "taster", "places": places, "how": "x"})
    assert PlacesFilledElsewhere.objects.get().places == 6
    listing = OpportunityFactory(organisation=host.organisation, capacity=2)
    application_for(listing)
    page = host.get(f"/applications/host/{host.organisation.code}/report/").content.decode()
    assert "25% of places were listed openly" in page
    assert "fewer than 10" in page


def test_who_took_part_online_is_counted_where_nobody_applies(host) -> None:
    online = OpportunityFactory(
        organisation=host.organisation, mode="online", allocation_rule="open_to_all", capacity=None, closes_at=None,
        decision_on=None, starts_on=None, ends_on=None, on_demand=True, postcode="", easting=None, northing=None,
    )  # fmt: skip
    month = f"{timezone.localdate():%Y-%m}"
    said = post(host, f"listings/{online.reference}/do/", {"action": "attendance", "period": month, "people": "40"})
    again = post(host, f"listings/{online.reference}/do/", {"action": "attendance", "period": month, "people": "45"})
    assert OnlineAttendance.objects.get().people == 45, (said, again)
    assert "45" in host.get(f"/applications/host/listings/{online.reference}/").content.decode()
    post(host, f"listings/{online.reference}/do/", {"action": "attendance", "period": "2199-01", "people": "1"})
    with pytest.raises(ValidationError, match="People apply for this one"):
        record_online_attendance(by=host.user, opportunity=make(host), period=month, people=3)
    assert OnlineAttendance.objects.count() == 1
    year, number = timezone.localdate().year, (timezone.localdate().month + 2) // 3 * 3
    rows = list(series._of_online(f"opportunities-{year}-{number:02d}"))
    assert [row["weight_count"] for row in rows] == [45]
