"""Endpoints and the log of messages, for administrators."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from portal.core.actions import record_event
from portal.publications.enums import DeliveryState
from portal.publications.models import WebhookDelivery, WebhookEndpoint
from portal.publications.tasks import deliver_due_webhooks

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


class EndpointForm(forms.ModelForm):
    """A new endpoint."""

    # Named here for its scheme; the model's rule, https only, is checked all the same.
    url = forms.URLField(label="Address", assume_scheme="https")

    class Meta:
        model = WebhookEndpoint
        fields = ("description", "url")


def _guard(request: HttpRequest) -> None:
    if not request.user.has_perm("publications.add_webhookendpoint"):
        raise PermissionDenied


def webhooks(request: HttpRequest) -> HttpResponse:
    """List endpoints with their secrets, take new ones, show the last messages."""
    _guard(request)
    form = EndpointForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        endpoint = form.save()
        record_event(by=request.user, action="add_webhook_endpoint", obj=endpoint, detail={"url": endpoint.url})
        messages.success(request, "The endpoint is told of the next publication.")
        return redirect("release_desk_webhooks")
    context: dict[str, Any] = {
        "form": form,
        "endpoints": WebhookEndpoint.objects.all(),
        "deliveries": WebhookDelivery.objects.select_related("endpoint")[:50],
    }
    return render(request, "publications/admin/webhooks.html", context)


@require_POST
def toggle(request: HttpRequest, pk: int) -> HttpResponse:
    """Switch an endpoint off or on again."""
    _guard(request)
    endpoint = get_object_or_404(WebhookEndpoint, pk=pk)
    endpoint.is_active = not endpoint.is_active
    endpoint.save(update_fields=["is_active"])
    record_event(by=request.user, action="switch_webhook_endpoint", obj=endpoint, detail={"active": endpoint.is_active})
    return redirect("release_desk_webhooks")


@require_POST
def send_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Put a message that failed back in the queue, with the same id: receivers know it again."""
    _guard(request)
    WebhookDelivery.objects.filter(pk=pk, state=DeliveryState.FAILED).update(
        state=DeliveryState.QUEUED, attempts=0, next_attempt_at=timezone.now()
    )
    deliver_due_webhooks.delay()
    return redirect("release_desk_webhooks")
