"""E-mail about releases: asked for, confirmed by its owner, sent once for each release, ended by one click."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django.core import signing
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from portal.core.actions import record_event
from portal.publications.enums import Topic
from portal.publications.models import Subscription, SubscriptionMail

if TYPE_CHECKING:
    from portal.publications.models import ReleaseVersion

SALT = "publications.subscription"
CONFIRM_WITHIN = dt.timedelta(days=7)


def token_of(subscription: Subscription) -> str:
    """Return what the links in a message carry: it names the subscription and cannot be made up."""
    return signing.dumps(str(subscription.uuid), salt=SALT)


def uuid_of(token: str) -> str | None:
    """Return which subscription a link names, None for a link that is not ours."""
    try:
        return str(signing.loads(token, salt=SALT))
    except signing.BadSignature:
        return None


@transaction.atomic
def subscribe(*, by: None = None, email: str, topic: str, code: str = "") -> Subscription:
    """Note what an address asked for. Nothing but the question whether it is so is sent until it is confirmed."""
    row, created = Subscription.objects.get_or_create(email=email.strip().lower(), topic=topic, code=code)
    if created:
        # The trail says that somebody asked, not who.
        record_event(by=by, action="subscribe", detail={"topic": topic, "code": code})
    return row


@transaction.atomic
def confirm_subscription(*, by: None = None, uuid: str) -> Subscription | None:
    """Begin to send. A link that is followed twice confirms once."""
    row = Subscription.objects.select_for_update().filter(uuid=uuid).first()
    if row is not None and row.confirmed_at is None:
        row.confirmed_at = timezone.now()
        row.save(update_fields=["confirmed_at"])
        record_event(by=by, action="confirm_subscription", detail={"topic": row.topic, "code": row.code})
    return row


@transaction.atomic
def unsubscribe(*, by: None = None, uuid: str) -> bool:
    """Delete the subscription and everything of it, at once."""
    row = Subscription.objects.filter(uuid=uuid).first()
    if row is None:
        return False
    record_event(by=by, action="unsubscribe", detail={"topic": row.topic, "code": row.code})
    row.delete()
    return True


def forget_unconfirmed(*, now: dt.datetime | None = None) -> int:
    """Delete what nobody confirmed within a week."""
    before = (now or timezone.now()) - CONFIRM_WITHIN
    return Subscription.objects.filter(confirmed_at__isnull=True, created_at__lt=before).delete()[0]


def queue_mails(version: ReleaseVersion) -> int:
    """Write one message for each address that follows the release, in the transaction that publishes it."""
    data = version.dataset_version
    roles = data.meta.by_id.get("role_code")
    wanted = (
        Q(topic=Topic.EVERYTHING)
        | Q(topic=Topic.SERIES, code=version.series.slug)
        | Q(topic=Topic.DATASET, code=data.dataset.slug)
        | Q(topic=Topic.ROLE, code__in=list(roles.labels) if roles else [])
    )
    # One address may follow the publication and its dataset: it gets one message.
    rows = Subscription.objects.filter(wanted, confirmed_at__isnull=False).order_by("email", "pk").distinct("email")
    return len(
        SubscriptionMail.objects.bulk_create(
            [SubscriptionMail(subscription=row, version=version) for row in rows], ignore_conflicts=True
        )
    )
