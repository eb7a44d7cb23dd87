"""Listings, applicants and applications."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import factory
from django.utils import timezone

from portal.applications.models import Applicant, Application
from portal.opportunities.enums import AllocationRule, OpportunityKind, OpportunityState
from portal.opportunities.models import Opportunity
from portal.organisations.models import Organisation


class HostFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Organisation

    code = factory.Sequence(lambda n: f"HOST{n}")
    name = factory.Sequence(lambda n: f"Host {n} NHS Foundation Trust")


class OpportunityFactory(factory.django.DjangoModelFactory):
    """An open listing in Leeds with eight places, drawn by lot."""

    class Meta:
        model = Opportunity

    organisation = factory.SubFactory(HostFactory)
    title = factory.Sequence(lambda n: f"Work experience in occupational health {n}")
    summary = "Spend a week with the occupational health team."
    kind = OpportunityKind.WORK_EXPERIENCE
    postcode = "LS1 4AP"
    easting, northing = 429363, 433330
    capacity = 8
    allocation_rule = AllocationRule.DRAW
    state = OpportunityState.OPEN
    closes_at = factory.LazyFunction(lambda: timezone.now() + timedelta(days=7))
    decision_on = factory.LazyFunction(lambda: timezone.localdate() + timedelta(days=14))

    class Params:
        draft = factory.Trait(state=OpportunityState.DRAFT)
        online = factory.Trait(
            mode="online",
            kind=OpportunityKind.ONLINE,
            capacity=None,
            allocation_rule=AllocationRule.OPEN_TO_ALL,
            easting=None,
            northing=None,
            postcode="",
        )


def born(age: int) -> date:
    """Return the birthday of somebody who is of that age today, and for months to come."""
    return timezone.localdate() - timedelta(days=round((age + 0.5) * 365.25))


class ApplicantFactory(factory.django.DjangoModelFactory):
    """Somebody of 17."""

    class Meta:
        model = Applicant

    user_id = factory.Sequence(lambda n: 100_000 + n)
    full_name = factory.Sequence(lambda n: f"Young Person {n}")
    email = factory.Sequence(lambda n: f"young{n}@example.org")
    date_of_birth = factory.LazyFunction(lambda: born(17))


def application_for(opportunity: Opportunity, **fields: Any) -> Application:
    """Return an application that has passed the eligibility check."""
    return Application.objects.create(
        applicant=fields.pop("applicant", None) or ApplicantFactory(),
        opportunity_reference=opportunity.reference,
        organisation_code=opportunity.organisation.code,
        **{"state": "eligible", "declared_relationship": False, **fields},
    )
