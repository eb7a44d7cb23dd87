"""E-mail about keys, and forgetting those that ended."""

from __future__ import annotations

import datetime as dt

from celery import shared_task
from django.conf import settings
from django.core.mail import EmailMessage
from django.utils import timezone

from portal.api.key_links import LINK_HOURS, token_of
from portal.api.models import ApiKey

# Ended keys are shown to their holder for so long; then nothing of the holder is kept.
REMEMBERED = dt.timedelta(days=90)


@shared_task(name="api.send_link_to_keys")
def send_link_to_keys(email: str) -> None:
    """Send an address the link to its keys: whoever reads its mail may make and end them."""
    link = f"{settings.SERVICE_URL}/accounts/api-keys/{token_of(email)}/"
    _send(
        email,
        "Your keys for the data API",
        "Somebody, probably you, asked for a key to the data API of this site.\n\n"
        f"Make a key, see its use or end it here, within {LINK_HOURS} hours:\n{link}\n\n"
        "If it was not you, do nothing: no key was made and your address is not kept.\n",
    )


@shared_task(name="api.tell_of_withdrawal")
def tell_of_withdrawal(pk: int) -> None:
    """Tell the holder of a key that it was withdrawn, and why."""
    key = ApiKey.objects.select_related("holder").get(pk=pk)
    _send(
        key.holder.contact_email,
        f"Your key {key} for the data API was withdrawn",
        f"Your key that begins with {key.start} ({key.holder.label}) was taken out of use.\n\n"
        f"The reason: {key.holder.withdrawn_reason}\n\n"
        f"Everything published can be read without a key as before. Questions: {settings.BASE_URL}/contact/\n",
    )


@shared_task(name="api.forget_ended_keys")
def forget_ended_keys() -> int:
    """Delete keys that ended long ago, and who held them."""
    ended = ApiKey.objects.filter(revoked_at__lt=timezone.now() - REMEMBERED)
    return ended.delete()[1].get("api.ApiKey", 0)


def _send(address: str, subject: str, text: str) -> None:
    EmailMessage(subject=subject, body=text, to=[address]).send()
