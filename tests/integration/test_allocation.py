"""Places are given by the draw, never twice, and move on by themselves."""

from __future__ import annotations

import threading
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connections, transaction
from django.utils import timezone

from portal.applications import actions
from portal.applications.actions import RefusedError
from portal.applications.enums import ApplicationState as S
from portal.applications.models import Application, Draw, Transition
from portal.methods import lottery
from portal.opportunities.places import UnknownPlaceError
from tests.factories.opportunities import ApplicantFactory, OpportunityFactory, application_for, born
from tests.factories.users import UserFactory

pytestmark = pytest.mark.django_db(databases=["default", "submissions"])


def drawn(opportunity, number: int) -> Draw:
    for _ in range(number):
        application_for(opportunity)
    draw = actions.close_round(by=None, opportunity=opportunity)
    return actions.run_draw(by=None, draw=draw, public_value="1 2 3 4 5 6", source="National lottery of 1 May")


def states(opportunity) -> dict[str, int]:
    found = list(Application.objects.for_opportunity(opportunity.reference).values_list("state", flat=True))
    return {state: found.count(state) for state in found}


def send(applicant, opportunity, **changes: Any):
    return actions.submit_application(
        by=UserFactory(),
        applicant=applicant,
        opportunity=opportunity,
        **{"postcode": "LS1 4AP", "declared_relationship": False, **changes},
    )


def test_a_draw_offers_every_place_and_lines_up_the_rest() -> None:
    opportunity = OpportunityFactory(capacity=8)
    draw = drawn(opportunity, 30)
    assert states(opportunity) == {S.OFFERED: 8, S.WAITING_LIST: 22}
    published = actions.public_record(draw)
    assert lottery.verify(published) == []
    offered = Application.objects.filter(state=S.OFFERED).values_list("entry_code", flat=True)
    assert {row[1] for row in published["ranking"] if row[3]} == set(offered)


def test_a_declined_place_goes_to_the_head_of_the_list_at_once() -> None:
    opportunity = OpportunityFactory(capacity=2)
    drawn(opportunity, 4)
    next_in_line = Application.objects.waiting().first()
    someone = Application.objects.filter(state=S.OFFERED).first()
    actions.reply_to_offer(by=UserFactory(), application=someone, accepts=False)
    next_in_line.refresh_from_db()
    assert next_in_line.state == S.OFFERED
    assert states(opportunity) == {S.OFFERED: 2, S.DECLINED: 1, S.WAITING_LIST: 1}


def test_a_lapsed_offer_moves_on_by_itself() -> None:
    opportunity = OpportunityFactory(capacity=1)
    drawn(opportunity, 3)
    late = Application.objects.get(state=S.OFFERED)
    Application.objects.filter(pk=late.pk).update(offer_expires_at=timezone.now() - timedelta(seconds=1))
    with pytest.raises(RefusedError, match="time to answer"):
        actions.reply_to_offer(by=UserFactory(), application=late, accepts=True)
    assert actions.lapse_offers() == 1
    assert states(opportunity) == {S.OFFER_LAPSED: 1, S.OFFERED: 1, S.WAITING_LIST: 1}
    assert actions.lapse_offers() == 0


def test_somebody_who_withdrew_after_closing_is_passed_over() -> None:
    opportunity = OpportunityFactory(capacity=1)
    entries = [application_for(opportunity) for _ in range(2)]
    draw = actions.close_round(by=None, opportunity=opportunity)
    actions.withdraw_application(by=UserFactory(), application=entries[0], reason="dates")
    actions.run_draw(by=None, draw=draw, public_value="7", source="test")
    assert states(opportunity) == {S.WITHDRAWN: 1, S.OFFERED: 1}


@pytest.mark.parametrize("state", ["draft", "submitted", "decided", "finished", "cancelled"])
def test_only_an_open_listing_is_closed(state: str) -> None:
    opportunity = OpportunityFactory(state=state)
    application = application_for(opportunity)
    with pytest.raises(RefusedError, match="only an open listing can be closed"):
        actions.close_round(by=None, opportunity=opportunity)
    application.refresh_from_db()
    assert application.state == S.ELIGIBLE


def test_a_draw_is_held_once_and_not_without_a_source() -> None:
    opportunity = OpportunityFactory()
    application_for(opportunity)
    draw = actions.close_round(by=None, opportunity=opportunity)
    with pytest.raises(RefusedError, match="look it up"):
        actions.run_draw(by=None, draw=draw, public_value="7", source=" ")
    actions.run_draw(by=None, draw=draw, public_value="7", source="test")
    with pytest.raises(RefusedError, match="held once"):
        actions.run_draw(by=None, draw=draw, public_value="8", source="test")


@pytest.mark.parametrize("column", ["entries", "commitment", "places"])
def test_the_database_refuses_a_change_of_committed_entries(column: str) -> None:
    opportunity = OpportunityFactory()
    application_for(opportunity)
    draw = actions.close_round(by=None, opportunity=opportunity)
    changed = {"entries": [], "commitment": "0" * 64, "places": 99}
    with pytest.raises(IntegrityError, match="never change"), transaction.atomic("submissions"):
        Draw.objects.filter(pk=draw.pk).update(**{column: changed[column]})


def test_the_database_refuses_a_change_of_the_result_and_of_the_log() -> None:
    draw = drawn(OpportunityFactory(), 2)
    with pytest.raises(IntegrityError, match="never change"), transaction.atomic("submissions"):
        Draw.objects.filter(pk=draw.pk).update(ranking=[])
    with pytest.raises(IntegrityError, match="never change"), transaction.atomic("submissions"):
        Transition.objects.all().delete()


def test_four_open_applications_are_the_most() -> None:
    applicant = ApplicantFactory()
    for _ in range(4):
        send(applicant, OpportunityFactory())
    with pytest.raises(RefusedError, match="4 open applications"):
        send(applicant, OpportunityFactory())
    actions.withdraw_application(by=UserFactory(), application=applicant.applications.first(), reason="dates")
    assert send(applicant, OpportunityFactory()).state == S.ELIGIBLE


def test_nobody_applies_twice_for_one_listing() -> None:
    applicant, opportunity = ApplicantFactory(), OpportunityFactory()
    send(applicant, opportunity)
    with pytest.raises(RefusedError, match="already"):
        send(applicant, opportunity)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"postcode": "LS1"}, "full postcode"),
        ({"declared_relationship": True}, "what the relationship"),
    ],
)
def test_what_is_missing_is_asked_for(changes, message: str) -> None:
    with pytest.raises(RefusedError, match=message):
        send(ApplicantFactory(), OpportunityFactory(), **changes)


def test_an_unknown_postcode_is_named() -> None:
    with pytest.raises(UnknownPlaceError, match="ZZ9 9ZZ"):
        send(ApplicantFactory(), OpportunityFactory(), postcode="zz99zz")


def test_under_16_needs_consent() -> None:
    child = ApplicantFactory(date_of_birth=born(15))
    with pytest.raises(RefusedError, match="parent or guardian"):
        send(child, OpportunityFactory())
    assert send(child, OpportunityFactory(), guardian_consents=True).guardian_consent_at is not None


def test_requirements_are_checked_with_the_reason_shown() -> None:
    too_far = send(ApplicantFactory(), OpportunityFactory(must_live_within_miles=10), postcode="SW1A 1AA")
    assert (too_far.state, too_far.transitions.last().reason) == (S.INELIGIBLE, "not_local")
    too_old = send(ApplicantFactory(date_of_birth=date(1990, 1, 1)), OpportunityFactory(maximum_age=19))
    assert (too_old.state, too_old.transitions.last().reason) == (S.INELIGIBLE, "age")


def test_what_statistics_need_is_kept_and_the_postcode_goes_when_the_place_is_confirmed() -> None:
    opportunity = OpportunityFactory(capacity=1)
    application = send(ApplicantFactory(), opportunity)
    assert (application.region_code, application.distance_band) == ("E12000003", "under 5")
    draw = actions.close_round(by=None, opportunity=opportunity)
    actions.run_draw(by=None, draw=draw, public_value="7", source="test")
    actions.reply_to_offer(by=UserFactory(), application=application, accepts=True)
    with pytest.raises(RefusedError, match="under 18"):
        actions.confirm_place(by=UserFactory(), application=application)
    checks = actions.Checks(risk_assessed_on=date(2026, 11, 1), dbs="not_needed")
    confirmed = actions.confirm_place(by=UserFactory(), application=application, checks=checks)
    assert confirmed.postcode == ""
    assert confirmed.deprivation_decile


@pytest.mark.django_db(databases=["default", "submissions"], transaction=True)
def test_three_hundred_compete_for_eight_places_at_once() -> None:
    """Everybody answers at the same time, half say no: never more than eight hold a place."""
    opportunity = OpportunityFactory(capacity=8)
    drawn(opportunity, 300)
    user = UserFactory()
    most_held, faults = [], []

    def answer_until_done(worker: int) -> None:
        try:
            for _ in range(12):
                mine = Application.objects.filter(state=S.OFFERED).order_by("?").first()
                if mine is None:
                    break
                try:
                    actions.reply_to_offer(by=user, application=mine, accepts=(worker + mine.pk) % 2 == 0)
                except RefusedError:
                    continue  # another thread answered first
                most_held.append(Application.objects.holding_a_place().count())
        except Exception as fault:  # noqa: BLE001 - reported below
            faults.append(fault)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=answer_until_done, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert max(most_held) == 8
    total = states(opportunity)
    assert sum(total.values()) == 300
    assert total.get(S.OFFERED, 0) + total.get(S.ACCEPTED, 0) == 8
