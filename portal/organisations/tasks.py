"""Messages of the register."""

from __future__ import annotations

from celery import shared_task
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.mail import send_mail

from portal.organisations.enums import MemberRole, RegistrationState
from portal.organisations.models import Invitation, ParentLink, Registration
from portal.users.enums import GroupName


@shared_task(name="organisations.send_invitation")
def send_invitation(invitation_id: int, secret: str) -> None:
    """Send the link of an invitation."""
    invitation = Invitation.objects.select_related("organisation").get(pk=invitation_id)
    send_mail(
        subject=f"You are invited to act for {invitation.organisation.name}",
        message=(
            f"You are invited as {invitation.get_role_display().split(':')[0].lower()} of {invitation.organisation.name} "
            f"in the occupational health workforce portal.\n\n"
            f"Sign in with this e-mail address and open: {settings.SERVICE_URL}/collect/organisations/invitations/{secret}/\n\n"
            f"The link works until {invitation.expires_at:%d %B %Y}.\n"
        ),
        from_email=None,
        recipient_list=[invitation.email],
    )


@shared_task(name="organisations.send_decision")
def send_decision(registration_id: int) -> None:
    """Tell a person what became of their request."""
    registration = Registration.objects.select_related("user").get(pk=registration_id)
    approved = registration.state == RegistrationState.APPROVED
    said = f"\n\nReason: {registration.reason}" if registration.reason else ""
    send_mail(
        subject=f"Your request to act for {registration.organisation_name}",
        message=(
            f"Your request is {registration.get_state_display().lower()}.{said}\n\n"
            + (f"Go on here: {settings.SERVICE_URL}/collect/\n" if approved else "")
        ),
        from_email=None,
        recipient_list=[registration.user.email],
    )


@shared_task(name="organisations.send_registration")
def send_registration(registration_id: int) -> None:
    """Tell those who decide that somebody asks for access."""
    registration = Registration.objects.select_related("user").get(pk=registration_id)
    managers = get_user_model().objects.filter(is_active=True, groups__name=GroupName.COLLECTION_MANAGERS.value)
    for address in managers.values_list("email", flat=True):
        send_mail(
            subject=f"A request for access to {registration.organisation_name}",
            message=(
                f"{registration.user.email} asks to act for {registration.organisation_name}.\n\n"
                f"Decide here: {settings.SERVICE_URL}/cms/collect/registrations/\n"
            ),
            from_email=None,
            recipient_list=[address],
        )


@shared_task(name="organisations.send_parent_request")
def send_parent_request(link_id: int) -> None:
    """Tell the owners of a parent organisation that another asks to belong to it."""
    link = ParentLink.objects.select_related("organisation", "parent").get(pk=link_id)
    owners = link.parent.memberships.filter(role=MemberRole.OWNER, ended_at=None, user__is_active=True)
    for address in owners.values_list("user__email", flat=True):
        send_mail(
            subject=f"{link.organisation.name} asks to belong to {link.parent.name}",
            message=(
                f"{link.organisation.name} ({link.organisation.code}) asks to belong to {link.parent.name}. "
                f"What you see of its returns stays its own decision.\n\n"
                f"Agree or refuse here: {settings.SERVICE_URL}/collect/organisations/{link.parent.code}/people/\n"
            ),
            from_email=None,
            recipient_list=[address],
        )
