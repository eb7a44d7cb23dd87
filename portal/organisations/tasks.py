"""Messages of the register."""

from __future__ import annotations

from celery import shared_task
from django.conf import settings
from django.core.mail import send_mail

from portal.organisations.enums import RegistrationState
from portal.organisations.models import Invitation, Registration


@shared_task(name="organisations.send_invitation")
def send_invitation(invitation_id: int, secret: str) -> None:
    """Send the link of an invitation."""
    invitation = Invitation.objects.select_related("organisation").get(pk=invitation_id)
    send_mail(
        subject=f"You are invited to act for {invitation.organisation.name}",
        message=(
            f"You are invited as {invitation.get_role_display().split(':')[0].lower()} of {invitation.organisation.name} "
            f"in the occupational health workforce portal.\n\n"
            f"Sign in with this e-mail address and open: {settings.BASE_URL}/collect/organisations/invitations/{secret}/\n\n"
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
            + (f"Go on here: {settings.BASE_URL}/collect/\n" if approved else "")
        ),
        from_email=None,
        recipient_list=[registration.user.email],
    )
