"""What people get by e-mail: the question, the news of a release, the link of pre-release access."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.utils import timezone

from portal.publications.actions.subscriptions import token_of
from portal.publications.enums import DeliveryState
from portal.publications.models import EarlyAccess, Subscription, SubscriptionMail
from portal.publications.news import title_of, words_of
from portal.publications.topics import name_of_topic

if TYPE_CHECKING:
    from portal.publications.models import ReleaseVersion

# Minutes to wait after each failed attempt; after the last the message has failed.
WAITS = (1, 10, 60, 360)


def _link(path: str) -> str:
    return f"{settings.BASE_URL}{path}"


def send_question(subscription: Subscription) -> None:
    """Ask an address whether it asked. Whoever did not asks nothing more of us by doing nothing."""
    about, token = name_of_topic(subscription.topic, subscription.code), token_of(subscription)
    _send(
        subscription.email,
        f"Confirm: e-mail about {about}",
        f"Somebody, probably you, asked for an e-mail when there is something new of this: {about}.\n\n"
        f"If it was you, confirm it here within seven days:\n{_link(f'/publications/subscribe/{token}/confirm/')}\n\n"
        "If it was not you, do nothing: the address is forgotten in a week.\n",
    )


def _send(address: str, subject: str, text: str, headers: dict[str, str] | None = None) -> None:
    EmailMessage(subject=subject, body=text, to=[address], headers=headers or {}).send()


def deliver_mail(pk: int) -> bool:
    """Attempt a message once; return whether it was handed to the mail server."""
    with transaction.atomic():
        row = (
            SubscriptionMail.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("subscription", "version__release", "version__series")
            .filter(pk=pk, state=DeliveryState.QUEUED)
            .first()
        )
        if row is None:
            return False
        row.attempts += 1
        try:
            _announce(row)
        except OSError as error:  # what the mail library raises for the server and the network
            row.answer = str(error)[:300] or type(error).__name__
            if row.attempts > len(WAITS):
                row.state = DeliveryState.FAILED
            else:
                row.next_attempt_at = timezone.now() + dt.timedelta(minutes=WAITS[row.attempts - 1])
        else:
            row.state, row.delivered_at, row.answer = DeliveryState.DELIVERED, timezone.now(), ""
        row.save()
    return row.state == DeliveryState.DELIVERED


def _announce(row: SubscriptionMail) -> None:
    version, leave = row.version, _link(f"/publications/subscribe/{token_of(row.subscription)}/leave/")
    host = urlsplit(settings.BASE_URL).hostname or "localhost"
    _send(
        row.subscription.email,
        title_of(version),
        f"{_lines(version)}\n\n--\nYou asked for this e-mail. One click ends it: {leave}\n",
        {
            "List-Unsubscribe": f"<{leave}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "List-Id": f"Releases <releases.{host}>",
            "Auto-Submitted": "auto-generated",
        },
    )


def _lines(version: ReleaseVersion) -> str:
    return f"{version.title}\n\n{words_of(version)}\n\n{_link(version.get_absolute_url())}"


def send_link(access: EarlyAccess, token: str) -> None:
    """Send a named person the link that opens when the window does."""
    _send(
        access.email,
        f"Pre-release access: {access.version.release.title}",
        f"{access.name},\n\nyou are given access to these statistics from the same time on the last working day "
        "before they are published. They are in confidence until then: do not pass on the link, the figures or "
        "what they suggest. Every look is recorded, and your post and organisation are named on the published list."
        f"\n\n{_link(f'/pre-release/{token}/')}\n",
    )
