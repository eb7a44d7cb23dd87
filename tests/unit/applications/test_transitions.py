"""The state table: what is not in it is refused, what is in it is logged."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.applications.actions import RefusedError, transition
from portal.applications.enums import (
    FINAL_STATES,
    OPEN_STATES,
    PLACE_HOLDING_STATES,
    REASON_REQUIRED,
    TRANSITIONS,
    ApplicationState,
)
from portal.applications.models import Application
from tests.factories.opportunities import OpportunityFactory, application_for

S = ApplicationState


def test_every_state_is_in_the_table_and_every_final_state_ends() -> None:
    assert set(TRANSITIONS) == set(S)
    assert {state for state, following in TRANSITIONS.items() if not following} == set(FINAL_STATES)


def reached_from_a_draft(*, without: frozenset[ApplicationState] = frozenset()) -> set[ApplicationState]:
    reached, frontier = {S.DRAFT}, [S.DRAFT]
    while frontier:
        new = TRANSITIONS[frontier.pop()] - reached - without
        reached |= new
        frontier += new
    return reached


def test_every_state_can_be_reached_from_a_draft() -> None:
    assert reached_from_a_draft() == set(S)


def test_no_way_leads_past_the_draw_the_offer_or_the_host_s_checks() -> None:
    assert not PLACE_HOLDING_STATES & reached_from_a_draft(without=frozenset({S.IN_DRAW}))
    assert S.WAITING_LIST not in reached_from_a_draft(without=frozenset({S.IN_DRAW}))
    assert S.IN_DRAW not in reached_from_a_draft(without=frozenset({S.ELIGIBLE}))
    assert S.ELIGIBLE not in reached_from_a_draft(without=frozenset({S.SUBMITTED}))
    assert S.ACCEPTED not in reached_from_a_draft(without=frozenset({S.OFFERED}))
    assert S.ATTENDED not in reached_from_a_draft(without=frozenset({S.CONFIRMED}))
    assert S.CONFIRMED not in reached_from_a_draft(without=frozenset({S.ACCEPTED}))


def test_an_open_state_can_always_be_left_by_the_applicant() -> None:
    assert all(S.WITHDRAWN in TRANSITIONS[state] for state in OPEN_STATES)
    assert not PLACE_HOLDING_STATES & {S.WAITING_LIST, S.NOT_SELECTED, S.DECLINED}


@pytest.mark.django_db(databases=["default", "submissions"])
def test_a_reason_is_needed_where_somebody_is_turned_down() -> None:
    application = application_for(OpportunityFactory(), state=S.UNDER_REVIEW)
    with pytest.raises(RefusedError, match="Give a reason"):
        transition(by=None, application=application, to=S.NOT_SELECTED, role="host")
    assert application.transitions.count() == 0


@pytest.mark.django_db(databases=["default", "submissions"])
@settings(max_examples=40)
@given(steps=st.lists(st.sampled_from(list(S)), max_size=12))
def test_random_histories_follow_the_table_and_are_logged(steps: list[ApplicationState]) -> None:
    application = application_for(
        OpportunityFactory(),
        state=S.DRAFT,
        waiting_rank=1,
        offer_expires_at="2030-01-01T00:00:00Z",
    )
    taken = []
    for step in steps:
        allowed = step in TRANSITIONS[S(application.state)]
        reason = "other" if step in REASON_REQUIRED else ""
        if allowed:
            transition(by=None, application=application, to=step, role="service", reason=reason)
            taken.append(step)
        else:
            with pytest.raises(RefusedError, match="cannot become"):
                transition(by=None, application=application, to=step, role="service", reason=reason)
    stored = Application.objects.get(pk=application.pk)
    assert stored.state == (taken[-1] if taken else S.DRAFT)
    assert list(stored.transitions.values_list("to_state", flat=True)) == taken
