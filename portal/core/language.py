"""The language of the interface: English, or what the reader chose here; never guessed from the browser.

A guess would make every page differ by ``Accept-Language``, which no shared cache keeps apart well, and would
give people half-translated pages that they did not ask for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.utils import translation
from django.utils.deprecation import MiddlewareMixin

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


class ChosenLanguageMiddleware(MiddlewareMixin):
    """Speaks the language of the reader's own cookie."""

    def process_request(self, request: HttpRequest) -> None:
        """Choose the language."""
        chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME)
        translation.activate(chosen if chosen in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE)
        request.LANGUAGE_CODE = translation.get_language()

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """Say which language it is."""
        del request
        response.headers.setdefault("Content-Language", translation.get_language() or settings.LANGUAGE_CODE)
        return response
