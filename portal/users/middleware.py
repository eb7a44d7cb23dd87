"""Rules for people who sign in: a second factor for staff, and a session that ends when nobody uses it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect
from django.utils.deprecation import MiddlewareMixin

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

GUARDED = "/cms/"
#: Staff need their second factor here too; everybody else does not.
SERVICE = ("/collect/", "/applications/")
#: When this session last proved a second factor; set by the signals in ``portal.users.signals``.
SECOND_FACTOR_AT = "second_factor_at"
LAST_SEEN_AT = "cms_last_seen_at"
# Writing the session on every request would cost a query each time.
SEEN_EVERY_SECONDS = 60


def is_staff(user: Any) -> bool:
    """Whether a person works for the OH team: may edit, or is marked as staff."""
    return user.is_active and (user.is_staff or user.is_superuser or user.has_perm("wagtailadmin.access_admin"))


class EditingSessionMiddleware(MiddlewareMixin):
    """Let no staff in without a second factor, nor anybody into the CMS after a long pause."""

    def process_request(self, request: HttpRequest) -> HttpResponse | None:
        """Answer with a redirect when the person must first sign in again or set up a second factor."""
        guarded = request.path.startswith(GUARDED)
        if not guarded and not request.path.startswith(SERVICE):
            return None
        if not request.user.is_authenticated:
            self._say_that_the_session_ended(request)
            return None
        if guarded and not is_staff(request.user):
            # Sent to sign in, somebody who is signed in would be sent back here, and so on.
            raise PermissionDenied
        if guarded:
            return self._after_a_pause(request) or self._without_second_factor(request)
        return self._without_second_factor(request) if is_staff(request.user) else None

    def _say_that_the_session_ended(self, request: HttpRequest) -> None:
        """Tell somebody whose session ended on the way: they are asked to sign in next."""
        if settings.SESSION_COOKIE_NAME not in request.COOKIES or request.session.session_key is not None:
            return
        lost = "What you sent last was not saved. " if request.method == "POST" else ""
        messages.info(
            request, f"Your session has ended. {lost}Sign in to go on: everything that was saved before is kept."
        )

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
        messages.warning(
            request, "People of the OH team need a second factor: set one up here, or sign out and in again to use it."
        )
        return redirect("mfa_index")
