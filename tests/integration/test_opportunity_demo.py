"""The demo of the second half: the same every time, honest draws, and a bias that can be found."""

from __future__ import annotations

import pytest

from portal.applications import demo, demo_people
from portal.applications.enums import ApplicationState as S
from portal.applications.models import Application, Draw
from portal.methods import lottery
from portal.opportunities.models import Opportunity, PublishedDraw
from portal.organisations.models import Membership
from portal.users.models import User

pytestmark = pytest.mark.django_db(databases=["default", "submissions"])


def test_the_demo_is_made_once_and_its_draws_verify() -> None:
    made = demo.load_demo(by=None, listings=100, applications=600, now=demo.DEMO_NOW)
    under_way = Opportunity.objects.filter(state="decided").count()
    assert made == {"listings": 100, "applications": 600 + 10 * under_way}
    # Somebody has an offer to answer and somebody at its host waits for the answer: both can sign in.
    person = User.objects.get(email=demo_people.APPLICANT)
    offer = Application.objects.get(applicant__user_id=person.pk)
    assert offer.state == S.OFFERED
    assert Membership.objects.get(user__email=demo_people.HOST).organisation.code == offer.organisation_code
    assert demo.load_demo(by=None, listings=100, applications=600, now=demo.DEMO_NOW) == {
        "listings": 0,
        "applications": 0,
    }
    assert all(Opportunity.objects.values_list("is_synthetic", flat=True))
    records = [published.record for published in PublishedDraw.objects.all()]
    assert len(records) == Draw.objects.count() > 20
    assert [lottery.verify(record) for record in records] == [[]] * len(records)
    for draw in Draw.objects.all():
        held = Application.objects.for_opportunity(draw.opportunity_reference).holding_a_place().count()
        assert held <= draw.places


def test_the_built_in_bias_is_there() -> None:
    demo.load_demo(by=None, listings=300, applications=4_000, now=demo.DEMO_NOW)
    reviewed = Opportunity.objects.filter(allocation_rule="review_then_draw").values_list("reference", flat=True)
    rows = Application.objects.filter(opportunity_reference__in=list(reviewed))

    def share_below_the_line(deciles: list[int]) -> float:
        mine = rows.filter(deprivation_decile__in=deciles)
        turned_down = mine.filter(state=S.NOT_SELECTED, transitions__reason="below_line").distinct()
        return turned_down.count() / mine.count()

    assert share_below_the_line([1, 2, 3]) > share_below_the_line([8, 9, 10]) + 0.1
