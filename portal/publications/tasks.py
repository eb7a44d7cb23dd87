"""Publication on time, and what follows a publication. Rows say what is to be done."""

from __future__ import annotations

import datetime as dt

from celery import shared_task
from django.utils import timezone

from portal.core.actions import record_event
from portal.publications import fragments, frontend_cache, page_cache
from portal.publications.actions.publishing import publish_due
from portal.publications.actions.subscriptions import confirm_subscription, forget_unconfirmed, subscribe, unsubscribe
from portal.publications.after import FOLLOWS, unfinished
from portal.publications.enums import DeliveryState, ReleaseState
from portal.publications.mails import deliver_mail, send_link, send_question
from portal.publications.models import EarlyAccess, ReleaseVersion, SubscriptionMail, WebhookDelivery
from portal.publications.webhooks import deliver

AHEAD = dt.timedelta(seconds=75)


@shared_task(name="publications.prepare_due_releases")
def prepare_due_releases() -> int:
    """Every half minute: hand each release due soon to a worker for its exact second, and tell caches in front.

    What follows a publication and nobody did, because its message was lost, is sent again.
    """
    for version_pk in unfinished().values_list("pk", flat=True):
        after_publication.delay(version_pk)
    soon = timezone.now() + AHEAD
    due = list(ReleaseVersion.objects.due(soon).values_list("series__slug", "scheduled_for"))
    for series, moment in due:
        frontend_cache.shut_from(series, moment)
    moments = {moment for _series, moment in due}
    for moment in moments:
        publish_due_releases.apply_async(eta=max(moment, timezone.now()))
    return len(moments)


@shared_task(name="publications.publish_due_releases")
def publish_due_releases() -> list[int]:
    """Publish what is due. Started twice it does nothing the second time."""
    return [version.pk for version in publish_due()]


@shared_task(name="publications.deliver_due_webhooks")
def deliver_due_webhooks() -> int:
    """Every minute: send the messages whose time has come, first attempts and later ones."""
    due = WebhookDelivery.objects.filter(state=DeliveryState.QUEUED, next_attempt_at__lte=timezone.now())
    return sum(deliver(pk) for pk in due.order_by("next_attempt_at").values_list("pk", flat=True)[:100])


@shared_task(name="publications.after_publication")
def after_publication(version_pk: int) -> None:
    """Do what follows a publication or withdrawal and may be done again; leave a trace that it was done."""
    version = ReleaseVersion.objects.with_everything().get(pk=version_pk)
    if version.state == ReleaseState.SUPERSEDED:
        return  # the publication that superseded it does the work
    page_cache.drop(version.series.slug)
    if version.state == ReleaseState.PUBLISHED:
        fragments.prepare(version)
    frontend_cache.purge(version)
    deliver_due_webhooks.delay()
    deliver_due_mails.delay()
    record_event(by=None, action=FOLLOWS[ReleaseState(version.state)], obj=version)


@shared_task(name="publications.deliver_due_mails")
def deliver_due_mails() -> int:
    """Every minute: send the messages whose time has come, first attempts and later ones."""
    due = SubscriptionMail.objects.filter(state=DeliveryState.QUEUED, next_attempt_at__lte=timezone.now())
    return sum(deliver_mail(pk) for pk in due.order_by("next_attempt_at").values_list("pk", flat=True)[:500])


# The public process may not write to the database: it hands these to a worker.
@shared_task(name="publications.store_subscription")
def store_subscription(*, email: str, topic: str, code: str) -> None:
    """Note what an address asked for, and ask it whether it did."""
    row = subscribe(email=email, topic=topic, code=code)
    if row.confirmed_at is None:
        send_question(row)


@shared_task(name="publications.confirm_stored_subscription")
def confirm_stored_subscription(uuid: str) -> None:
    """Begin to send to an address that confirmed."""
    confirm_subscription(uuid=uuid)


@shared_task(name="publications.end_subscription")
def end_subscription(uuid: str) -> None:
    """Delete an address that left."""
    unsubscribe(uuid=uuid)


@shared_task(name="publications.forget_unconfirmed_subscriptions")
def forget_unconfirmed_subscriptions() -> int:
    """Every day: delete addresses that never confirmed."""
    return forget_unconfirmed()


@shared_task(name="publications.send_pre_release_link")
def send_pre_release_link(access_pk: int, token: str) -> None:
    """Send a named person their link."""
    access = EarlyAccess.objects.select_related("version__release").get(pk=access_pk)
    if access.revoked_at is None:
        send_link(access, token)
