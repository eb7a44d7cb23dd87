"""The link to the keys of an address: whoever reads its mail may make and end them."""

from __future__ import annotations

from django.core import signing

SALT = "portal.api.keys"
LINK_HOURS = 24


def token_of(email: str) -> str:
    """Return what the link to the keys of an address carries. It cannot be made up."""
    return signing.dumps(email.strip().lower(), salt=SALT)


def address_of(token: str) -> str | None:
    """Return whose keys a link shows; None when it is out of date or not one of ours."""
    try:
        return str(signing.loads(token, salt=SALT, max_age=LINK_HOURS * 3600))
    except signing.BadSignature:
        return None
