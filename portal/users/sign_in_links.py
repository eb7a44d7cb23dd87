"""Sign-in by a link in an e-mail: it works once, for a quarter of an hour, on any device."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from django.conf import settings
from django.core import signing
from django.urls import reverse

from portal.users.models import User

if TYPE_CHECKING:
    from django.http import HttpRequest

SALT = "portal.users.sign_in_link"


def make_link(request: HttpRequest, user: User) -> str:
    """Return the full address that signs this person in."""
    token = signing.dumps({"user": user.pk, "stamp": _stamp(user)}, salt=SALT)
    return request.build_absolute_uri(reverse("sign_in_link", args=[token]))


def user_of(token: str) -> User | None:
    """Return whose link it is; None when it is out of date, used, or not one of ours."""
    try:
        said = signing.loads(token, salt=SALT, max_age=settings.ACCOUNT_LOGIN_BY_CODE_TIMEOUT)
    except signing.BadSignature:
        return None
    user = User.objects.filter(pk=said["user"], is_active=True).first()
    return user if user is not None and _stamp(user) == said["stamp"] else None


def _stamp(user: User) -> str:
    """Return what changes with every sign-in, so that a used link is worth nothing."""
    parts = (user.email, user.password, str(user.last_login))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:20]
