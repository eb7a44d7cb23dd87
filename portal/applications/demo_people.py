"""Two people of the demo who can sign in: somebody at a host, and somebody with an offer to answer."""

from __future__ import annotations

from portal.applications.enums import ApplicationState as S
from portal.applications.models import Applicant, Application
from portal.opportunities.models import Opportunity
from portal.organisations.enums import MemberRole
from portal.organisations.models import Membership
from portal.users.models import User

HOST, APPLICANT = "host@demo.example", "applicant@demo.example"


def let_people_in() -> list[User]:
    """Give the round that is under way an owner at one host and a person with one of its offers; done once."""
    offer = Application.objects.filter(state=S.OFFERED).order_by("opportunity_reference", "waiting_rank").first()
    if offer is None:
        return []
    listing = Opportunity.objects.select_related("organisation").get(reference=offer.opportunity_reference)
    host, applicant = (_person(email) for email in (HOST, APPLICANT))
    Membership.objects.get_or_create(user=host, organisation=listing.organisation, defaults={"role": MemberRole.OWNER})
    Applicant.objects.filter(pk=offer.applicant_id).update(
        user_id=applicant.pk, full_name=applicant.get_full_name(), email=applicant.email
    )
    return [host, applicant]


def _person(email: str) -> User:
    name = email.partition("@")[0]
    user, made = User.objects.get_or_create(email=email, defaults={"first_name": "Demo", "last_name": name})
    if made:
        user.set_unusable_password()
        user.save()
    return user
