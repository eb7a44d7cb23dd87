"""Keys for heavier use: asked for by e-mail, without an account; made, watched and ended by who reads that mail."""

from __future__ import annotations

import hashlib
import logging
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe
from kombu.exceptions import OperationalError

from portal.api import actions, tasks
from portal.api.forms import AddressForm, KeyForm
from portal.api.key_links import LINK_HOURS, address_of
from portal.api.models import ApiKey
from portal.api.usage import counted, uses_of

if TYPE_CHECKING:
    from django.http import HttpRequest

log = logging.getLogger(__name__)
CRUMBS = [("Home", "/"), ("Datasets", "/datasets/"), ("Data API", "/api/v1/docs/")]
HOUR = 3600
MOST_MAILS = 3  # to one address in an hour, so that nobody's mailbox is filled by others
MOST_ASKED = 20  # from one network address in an hour


def limits() -> dict[str, str]:
    """Return the allowances as people read them."""
    return {
        "anonymous": f"{settings.API_ANONYMOUS_PER_MINUTE:,}",
        "key": f"{settings.API_KEY_PER_MINUTE:,}",
        "keys": str(actions.MOST_KEYS),
        "hours": str(LINK_HOURS),
        "days": str(tasks.REMEMBERED.days),
    }


@never_cache
@require_http_methods(["GET", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """Ask for an address, and send the link to its keys there."""
    form = AddressForm(request.POST or None)
    context = {"form": form, "limits": limits(), "breadcrumbs": CRUMBS}
    if request.method != "POST" or not form.is_valid():
        return render(request, "api/key_ask.html", context)
    email = form.cleaned_data["email"].strip().lower()
    if not form.cleaned_data["website"] and not _too_often(request, email):
        try:
            tasks.send_link_to_keys.delay(email)
        except OperationalError:
            log.exception("a link to keys could not be queued")
            form.add_error(None, "Something on our side is not working. Please try again in a few minutes.")
            return render(request, "api/key_ask.html", context, status=503)
    return redirect("api_keys_asked")


def _too_often(request: HttpRequest, email: str) -> bool:
    address = hashlib.sha256(email.encode()).hexdigest()[:24]
    here = counted(f"keys-asked-from:{request.META.get('REMOTE_ADDR', '')}", seconds=HOUR)
    return here > MOST_ASKED or counted(f"keys-asked-for:{address}", seconds=HOUR) > MOST_MAILS


@require_safe
def asked(request: HttpRequest) -> HttpResponse:
    """Say what happens next: the same for every address, so that nobody learns who has keys."""
    return render(request, "api/key_asked.html", {"limits": limits(), "breadcrumbs": CRUMBS})


@never_cache
@require_http_methods(["GET", "POST"])
def keys(request: HttpRequest, token: str) -> HttpResponse:
    """Show the keys of an address with their use; make one; end one."""
    email = address_of(token)
    if email is None:
        return render(request, "api/key_old_link.html", {"limits": limits(), "breadcrumbs": CRUMBS}, status=404)
    context: dict[str, Any] = {"form": KeyForm(), "secret": ""}
    if request.method == "POST":
        if "end" in request.POST:
            return _end(request, email)
        context = _make(request, email)
    return render(request, "api/keys.html", context | _shown(email))


def _shown(email: str) -> dict[str, Any]:
    rows = list(ApiKey.objects.of_address(email)[:50])
    uses = uses_of(row.digest for row in rows)
    entries = [{"key": row, "today": uses[row.digest][0], "month": uses[row.digest][1]} for row in rows]
    may_make = sum(row.revoked_at is None for row in rows) < actions.MOST_KEYS
    return {"email": email, "entries": entries, "may_make": may_make, "limits": limits(), "breadcrumbs": CRUMBS}


def _make(request: HttpRequest, email: str) -> dict[str, Any]:
    form = KeyForm(request.POST)
    if not form.is_valid():
        return {"form": form, "secret": ""}
    try:
        key, secret = actions.create_api_key(by=None, label=form.cleaned_data["label"], contact_email=email)
    except actions.KeyRefusedError as error:
        form.add_error(None, str(error))
        return {"form": form, "secret": ""}
    return {"form": KeyForm(), "secret": secret, "made": key}


def _end(request: HttpRequest, email: str) -> HttpResponse:
    wanted = request.POST["end"]
    key = get_object_or_404(ApiKey.objects.of_address(email), pk=wanted if wanted.isdecimal() else 0)
    if key.revoked_at is None:
        actions.revoke_api_key(by=None, key=key)
    return redirect(request.path)
