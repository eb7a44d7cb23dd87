"""A session that proved a second factor says so; losing the factor takes that away."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from allauth.mfa.signals import authenticator_added, authenticator_removed, authenticator_used
from django.dispatch import receiver

from portal.users.middleware import SECOND_FACTOR_AT

if TYPE_CHECKING:
    from django.http import HttpRequest


@receiver([authenticator_added, authenticator_used])
def remember_second_factor(request: HttpRequest, **_kwargs: Any) -> None:
    """Note the time: adding a factor asks for a code from it, so that adding proves it too."""
    request.session[SECOND_FACTOR_AT] = time.time()


@receiver(authenticator_removed)
def forget_second_factor(request: HttpRequest, **_kwargs: Any) -> None:
    """Ask again: the factor that was proved is gone."""
    request.session.pop(SECOND_FACTOR_AT, None)
