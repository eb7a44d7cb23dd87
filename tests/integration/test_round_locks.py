"""What may not happen at once waits for the other: entering a round that is being closed, offering a place twice."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from django.db import OperationalError, connections, transaction

from portal.applications import actions
from portal.applications.actions.steps import DATABASE, RefusedError, hold_entrance
from portal.applications.models import Application, Draw
from tests.factories.opportunities import ApplicantFactory, OpportunityFactory, application_for
from tests.factories.users import UserFactory

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.django_db(databases=["default", "submissions"], transaction=True)


def beside(work: Callable[[], object]) -> Exception | None:
    """Do something on a connection of its own that does not wait for locks; return what it ran into."""
    found: list[Exception] = []

    def run() -> None:
        try:
            with connections[DATABASE].cursor() as cursor:
                cursor.execute("SET lock_timeout = '50ms'")
            work()
        except (OperationalError, RefusedError) as fault:
            found.append(fault)
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return found[0] if found else None


def test_nobody_slips_in_while_the_entries_are_being_fixed() -> None:
    """Closing is done alone: an application sent in that second waits, and then it is too late for it."""
    listing, user = OpportunityFactory(), UserFactory()

    def send() -> None:
        actions.submit_application(
            by=user, applicant=ApplicantFactory(), opportunity=listing, postcode="LS1 4AP", declared_relationship=False
        )

    with transaction.atomic(using=DATABASE):
        hold_entrance(listing.reference, alone=True)
        assert isinstance(beside(send), OperationalError)
    with transaction.atomic(using=DATABASE):  # another applicant who is entering keeps nobody out
        hold_entrance(listing.reference)
        assert beside(send) is None
    draw = actions.close_round(by=None, opportunity=listing)
    assert isinstance(beside(send), RefusedError)
    assert [code for code, _group, _before in draw.entries] == [
        Application.objects.exclude(state="draft").get().entry_code
    ]


def test_places_of_one_listing_are_offered_by_one_at_a_time() -> None:
    listing = OpportunityFactory(capacity=1)
    for _ in range(2):
        application_for(listing)
    actions.run_draw(by=None, draw=actions.close_round(by=None, opportunity=listing), public_value="7", source="Lotto")

    def offer() -> None:
        actions.offer_places(by=None, opportunity_reference=listing.reference)

    with transaction.atomic(using=DATABASE):
        Draw.objects.select_for_update().get(opportunity_reference=listing.reference)
        assert isinstance(beside(offer), OperationalError)
    assert beside(offer) is None
    assert Application.objects.holding_a_place().count() == 1
