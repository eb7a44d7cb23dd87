"""What a person typed when their session had ended: kept until they have signed in again.

The page asks once more before it saves: it was typed by whoever sat there, and only the same
person is shown it. Who that was is in a signed cookie, since the session is gone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core import signing
from django.shortcuts import render
from django.utils import timezone

from portal.submissions.forms import form_codes, load_form

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

COOKIE = "portal_person"
_SALT = "portal.submissions.interrupted"
KEPT = "interrupted"
#: Longer than anybody takes to sign in again; then what was typed is forgotten.
MOST_SECONDS = 3600
MOST_FIELDS = 2000


def remember_person(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Let the browser say, after its session has ended, who it was signed in as."""
    response.set_cookie(
        COOKIE,
        signing.dumps(request.user.pk, salt=_SALT),
        max_age=12 * MOST_SECONDS,
        secure=request.is_secure(),
        httponly=True,
        samesite="Lax",
        path="/collect/",
    )
    return response


def keep_what_was_typed(request: HttpRequest) -> None:
    """Keep a form that comes without a session."""
    try:
        person = signing.loads(request.COOKIES.get(COOKIE, ""), salt=_SALT, max_age=12 * MOST_SECONDS)
    except signing.BadSignature:
        return
    typed = [
        (name, value)
        for name, values in request.POST.lists()
        for value in values
        if name not in {"csrfmiddlewaretoken", "revision"}
    ]
    if (typed or request.FILES) and len(typed) <= MOST_FIELDS:
        request.session[KEPT] = {
            "person": person,
            "path": request.get_full_path(),
            "typed": typed,
            "had_file": bool(request.FILES),
            "at": timezone.now().timestamp(),
        }


def show_what_was_typed(request: HttpRequest) -> HttpResponse | None:
    """Show the same person what they typed and let them save it, once they are back on that page."""
    kept = request.session.get(KEPT)
    if not kept or request.method != "GET":
        return None
    if kept["person"] != request.user.pk or timezone.now().timestamp() - kept["at"] > MOST_SECONDS:
        del request.session[KEPT]
        return None
    if kept["path"] != request.get_full_path():
        return None
    del request.session[KEPT]
    labels = {item.name: item.label for code in form_codes() for item in load_form(code).items}
    shown = [(labels.get(name, name), value) for name, value in kept["typed"] if value and name != "action"]
    context = {"typed": kept["typed"], "shown": shown, "had_file": kept["had_file"], "path": kept["path"]}
    return render(request, "submissions/interrupted.html", context)
