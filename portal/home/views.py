"""Language, feedback, and what programs and browsers ask of any site."""

from __future__ import annotations

import logging
from typing import Final

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET, require_http_methods
from kombu.exceptions import OperationalError

from portal.home.forms import FeedbackForm
from portal.home.tasks import store_feedback

log = logging.getLogger(__name__)
HOME: Final = [(_("Home"), "/")]


@require_GET
def choose_language(request: HttpRequest, code: str) -> HttpResponse:
    """Remember a language of the interface and go back. It changes nothing but the reader's own cookie."""
    if code not in dict(settings.LANGUAGES):
        raise Http404
    wanted = request.GET.get("next", "/")
    safe = url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()})
    answer = HttpResponseRedirect(wanted if safe else "/")
    answer.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        code,
        max_age=60 * 60 * 24 * 365,
        samesite="Lax",
        secure=request.is_secure(),
    )
    return answer


@require_http_methods(["GET", "POST"])
def feedback(request: HttpRequest) -> HttpResponse:
    """Show the form, or hand what was written to the worker."""
    form = FeedbackForm(request.POST or None, initial={"page": request.GET.get("page", "")[:300]})
    context = {"form": form, "breadcrumbs": HOME, "unavailable": False}
    if request.method != "POST" or not form.is_valid():
        return render(request, "home/feedback.html", context)
    if not form.is_from_a_program:
        try:
            store_feedback.delay(**form.as_task())
        except OperationalError:
            log.exception("feedback could not be queued")
            return render(request, "home/feedback.html", {**context, "unavailable": True}, status=503)
    return redirect("home:feedback-received")


@require_GET
def feedback_received(request: HttpRequest) -> HttpResponse:
    """Thank the reader and offer ways on."""
    return render(request, "home/feedback_received.html", {"breadcrumbs": HOME})


@require_GET
@cache_control(public=True, max_age=86400)
def robots(request: HttpRequest) -> HttpResponse:
    """Tell crawlers where the sitemap is, and to leave endless lists and the desk alone."""
    return render(request, "home/robots.txt", content_type="text/plain; charset=utf-8")


@require_GET
@cache_control(public=True, max_age=86400)
def icon(_request: HttpRequest) -> HttpResponse:
    """Lead to the site's icon: browsers ask here wherever no page names one, as for a file or a page left half read."""
    return redirect(static("govuk/assets/images/favicon.svg" if settings.GOV_UK_BRAND else "favicon.svg"))
