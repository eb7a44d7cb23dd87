"""Subscribing by e-mail. The database is not touched here: what a reader asked for is handed to a worker."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe
from kombu.exceptions import OperationalError

from portal.publications import tasks
from portal.publications.actions.subscriptions import uuid_of
from portal.publications.enums import Topic
from portal.publications.topics import title_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest

log = logging.getLogger(__name__)
CRUMBS = [(_("Home"), "/"), (_("Publications"), "/publications/")]


class SubscribeForm(forms.Form):
    """Where to write to. What is followed is part of the address of the page."""

    email = forms.EmailField(
        label=_("Your e-mail address"),
        error_messages={
            "required": _("Enter your e-mail address"),
            "invalid": _("Enter an e-mail address like name@example.com"),
        },
    )
    # People do not see this field; programs that fill in every field give themselves away.
    website = forms.CharField(required=False, label=_("Leave this empty"))


def _topic(request: HttpRequest) -> tuple[str, str, str]:
    """Return topic, code and title of what would be followed."""
    topic, code = request.GET.get("topic", Topic.EVERYTHING), request.GET.get("code", "")[:80]
    title = title_of(topic, code)
    if title is None:
        raise Http404
    return topic, code, title


@require_http_methods(["GET", "POST"])
def subscribe(request: HttpRequest) -> HttpResponse:
    """Ask for an address, and have the question sent to it."""
    topic, code, title = _topic(request)
    form = SubscribeForm(request.POST or None)
    context: dict[str, Any] = {"form": form, "topic": topic, "code": code, "topic_title": title, "breadcrumbs": CRUMBS}
    if request.method != "POST" or not form.is_valid():
        return render(request, "publications/subscribe.html", context)
    if not form.cleaned_data["website"]:
        task = {"email": form.cleaned_data["email"], "topic": topic, "code": code}
        if not _handed_on(lambda: tasks.store_subscription.delay(**task)):
            return render(request, "publications/subscribe.html", {**context, "unavailable": True}, status=503)
    return redirect(reverse("subscribed"))


@require_safe
def subscribed(request: HttpRequest) -> HttpResponse:
    """Say what happens next: the same for every address, so that nobody learns whose is known."""
    return _said(request, _("Check your e-mail"), _("We sent you a link. Follow it to confirm, and the e-mails begin."))


@require_http_methods(["GET", "POST"])
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Confirm an address: by a button, because mail programs follow links by themselves."""
    uuid = uuid_of(token)
    if uuid is None:
        raise Http404
    if request.method == "GET":
        return render(
            request, "publications/subscription_confirm.html", {"leave": False, "breadcrumbs": CRUMBS, "token": token}
        )
    if not _handed_on(lambda: tasks.confirm_stored_subscription.delay(uuid)):
        return _unavailable(request)
    return _said(request, _("You are subscribed"), _("You get an e-mail when there is something new."))


@csrf_exempt  # a mail program posts here without having seen the page (RFC 8058); the token is the proof
@require_http_methods(["GET", "POST"])
def leave(request: HttpRequest, token: str) -> HttpResponse:
    """End a subscription: one click of a person, or of their mail program."""
    uuid = uuid_of(token)
    if uuid is None:
        raise Http404
    if request.method == "GET":
        return render(
            request, "publications/subscription_confirm.html", {"leave": True, "breadcrumbs": CRUMBS, "token": token}
        )
    if not _handed_on(lambda: tasks.end_subscription.delay(uuid)):
        return _unavailable(request)
    return _said(request, _("You are no longer subscribed"), _("Your address is deleted. No more e-mails are sent."))


def _handed_on(send: Callable[[], Any]) -> bool:
    try:
        send()
    except OperationalError:
        log.exception("a subscription could not be queued")
        return False
    return True


def _said(request: HttpRequest, title: Any, text: Any) -> HttpResponse:
    context = {"said_title": title, "said_text": text, "breadcrumbs": CRUMBS}
    return render(request, "publications/subscription_said.html", context)


def _unavailable(request: HttpRequest) -> HttpResponse:
    context = {
        "said_title": _("That did not work"),
        "said_text": _("Something on our side is not working. Please try the same link again in a few minutes."),
        "breadcrumbs": CRUMBS,
    }
    return render(request, "publications/subscription_said.html", context, status=503)
