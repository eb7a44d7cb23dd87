"""Rules for people who edit: a second factor, and a session that ends when nobody uses it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.shortcuts import redirect
from django.utils.deprecation import MiddlewareMixin

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

GUARDED = "/cms/"
#: When this session last proved a second factor; set by the signals in ``portal.users.signals``.
SECOND_FACTOR_AT = "second_factor_at"
LAST_SEEN_AT = "cms_last_seen_at"
# Writing the session on every request would cost a query each time.
SEEN_EVERY_SECONDS = 60


class EditingSessionMiddleware(MiddlewareMixin):
    """Let nobody into the CMS without a second factor, nor after a long pause."""

    def process_request(self, request: HttpRequest) -> HttpResponse | None:
        """Answer with a redirect when the person must first sign in again or set up a second factor."""
        if not request.path.startswith(GUARDED) or not request.user.is_authenticated:
            return None
        return self._after_a_pause(request) or self._without_second_factor(request)

    def _after_a_pause(self, request: HttpRequest) -> HttpResponse | None:
        now = time.time()
        seen = request.session.get(LAST_SEEN_AT, now)
        if now - seen > settings.EDITING_SESSION_SECONDS:
            logout(request)
            messages.info(request, "You were signed out because nothing happened for a while. Sign in to go on.")
            return redirect_to_login(request.get_full_path(), settings.LOGIN_URL)
        if now - seen > SEEN_EVERY_SECONDS or LAST_SEEN_AT not in request.session:
            request.session[LAST_SEEN_AT] = now
        return None

    def _without_second_factor(self, request: HttpRequest) -> HttpResponse | None:
        if not settings.SECOND_FACTOR_REQUIRED or SECOND_FACTOR_AT in request.session:
            return None
        messages.warning(request, "Editing needs a second factor: set one up here, or sign out and in again to use it.")
        return redirect("mfa_index")
