"""What became of the e-mails about each release. Addresses are shown to nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from portal.publications.admin_views import guard
from portal.publications.enums import DeliveryState
from portal.publications.models import ReleaseVersion, Subscription, SubscriptionMail
from portal.publications.tasks import deliver_due_mails

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


def _may(request: HttpRequest) -> None:
    guard(request)
    if not request.user.has_perm("publications.publish_release"):
        raise PermissionDenied


@require_safe
def mails(request: HttpRequest) -> HttpResponse:
    """Count the messages of each release by state, and the subscriptions by topic."""
    _may(request)
    states = {state.value: Count("mails", filter=Q(mails__state=state)) for state in DeliveryState}
    context = {
        "versions": ReleaseVersion.objects.public().filter(mails__isnull=False).with_everything().annotate(**states)
        .distinct().order_by("-published_at")[:50],
        "failures": SubscriptionMail.objects.filter(state=DeliveryState.FAILED).select_related("version__release")[:50],
        "topics": Subscription.objects.filter(confirmed_at__isnull=False)
        .values("topic", "code").annotate(number=Count("pk")).order_by("-number"),
    }  # fmt: skip
    return render(request, "publications/admin/mails.html", context)


@require_POST
def mails_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Put the failed messages of a release back in the queue."""
    _may(request)
    version = get_object_or_404(ReleaseVersion, pk=pk)
    SubscriptionMail.objects.filter(version=version, state=DeliveryState.FAILED).update(
        state=DeliveryState.QUEUED, attempts=0, next_attempt_at=timezone.now()
    )
    deliver_due_mails.delay()
    return redirect("release_desk_mails")
