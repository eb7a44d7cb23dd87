"""Signing in by the link of an e-mail, and with an account of another service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.account.internal.flows.email_verification import verify_email_indirectly
from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from allauth.core.ratelimit import consume_or_429
from allauth.socialaccount.providers.openid_connect.views import login as openid_connect_login
from django.contrib import messages
from django.http import HttpResponseRedirect
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache

from portal.users.sign_in_links import user_of

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@never_cache
def sign_in_link(request: HttpRequest, token: str) -> HttpResponse:
    """Ask whether to sign in, and do so. Opening the link alone does nothing: mail scanners open links."""
    if too_many := consume_or_429(request, action="login"):
        return too_many
    user = user_of(token)
    if user is None:
        messages.error(request, "This sign-in link has been used or is out of date. Ask for a new one.")
        return redirect("account_request_login_code")
    if request.method != "POST":
        return render(request, "account/sign_in_link.html", {"person": user})
    record_authentication(request, user, method="code", email=user.email)
    # Whoever has the link reads the mail of this address.
    verify_email_indirectly(request, user, user.email)
    return perform_login(request, Login(user=user, email=user.email))


@never_cache
def sign_in_elsewhere(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Lead to the service where somebody has an account, by a page of its own.

    Our forms may be sent to this site alone (form-action), and a browser holds the whole way that a
    form leads to that: a redirect away is blocked, a page that goes on by itself is not.
    """
    answer = openid_connect_login(request, provider_id=provider_id)
    if request.method != "POST" or not isinstance(answer, HttpResponseRedirect) or answer.url.startswith("/"):
        return answer
    return render(request, "socialaccount/leaving.html", {"address": answer.url})
