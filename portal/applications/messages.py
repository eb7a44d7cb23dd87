"""E-mails to applicants and hosts. A host's never says who applied; an applicant's never says who else did."""

from __future__ import annotations

from celery import shared_task
from django.conf import settings
from django.core.mail import send_mail

from portal.applications.enums import ApplicationState as S
from portal.applications.models import Application, Transition
from portal.opportunities.models import Opportunity

SUBJECTS = {
    S.INELIGIBLE: "Your application does not meet a requirement",
    S.OFFERED: "You are offered a place",
    S.CONFIRMED: "Your place is confirmed",
    S.OFFER_LAPSED: "Your offer has run out",
    S.WAITING_LIST: "You are on the waiting list",
    S.NOT_SELECTED: "You were not selected this time",
    S.NO_DECISION: "There was no decision in time",
    S.CANCELLED_BY_HOST: "The host has cancelled",
}


@shared_task(name="applications.tell_applicant")
def tell_applicant(transition_id: int) -> None:
    """Tell an applicant about a step of the application. What has moved on since is not told any more."""
    step = Transition.objects.select_related("application__applicant").get(pk=transition_id)
    application = step.application
    if application.state != step.to_state:
        return
    listing = Opportunity.objects.select_related("organisation").get(reference=application.opportunity_reference)
    send_mail(
        subject=f"{SUBJECTS[S(step.to_state)]}: {listing.title}",
        message=_words(step, application, listing),
        from_email=None,
        recipient_list=[application.applicant.email],
    )


def _words(step: Transition, application: Application, listing: Opportunity) -> str:
    said = [f"{listing.title}, {listing.organisation.name}"]
    if step.to_state == S.OFFERED and application.offer_expires_at:
        said.append(
            f"You have a place if you want it. Answer by {application.offer_expires_at:%-d %B %Y, %H:%M}; "
            "after that it goes to the next person on the list."
        )
    elif step.to_state == S.WAITING_LIST:
        said.append(
            f"You are number {application.waiting_rank} in the order of the draw. When somebody says no, "
            "the next person is offered the place at once, and you get an e-mail."
        )
    elif step.to_state == S.CONFIRMED and listing.starts_on:
        said.append(f"It starts on {listing.starts_on:%-d %B %Y}.")
    elif step.to_state == S.NO_DECISION:
        said.append("The host did not decide in the time it had promised. We count this and publish it.")
    if step.reason:
        said.append(f"Reason: {step.get_reason_display()}.")
    said.append(f"See your application: {settings.BASE_URL}/applications/{application.entry_code}/")
    return "\n\n".join(said) + "\n"
