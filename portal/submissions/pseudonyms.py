"""Pseudonyms by keyed hash. The key is outside the database; without it nobody can go back.

Every kind of thing has its own domain, so that a worker's and an organisation's pseudonym
never meet even where the provider uses one and the same text for both.
"""

from __future__ import annotations

import hmac

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

#: A separator that cannot be typed: A1 + 23 and A12 + 3 are two different keys.
SEPARATOR = "\x1f"
LENGTH = 32


def _digest(domain: str, parts: tuple[str, ...]) -> bytes:
    key = settings.PSEUDONYM_KEY
    if not key:
        raise ImproperlyConfigured("PSEUDONYM_KEY is not set: records cannot be stored without pseudonyms.")
    message = SEPARATOR.join((domain, *parts)).encode()
    return hmac.digest(key.encode(), message, "sha256")


def pseudonym(domain: str, *parts: str) -> str:
    """Return the 32 hexadecimal digits that stand for ``parts`` in ``domain``."""
    return _digest(domain, parts).hex()[:LENGTH]


def noise_key(pseudonym_of_worker: str) -> int:
    """Return the worker's share of the random key of a cell: 0 to 255, the same in every table."""
    return _digest("noise", (pseudonym_of_worker,))[0]


def organisation_key(code: str) -> str:
    """Return the pseudonym of an organisation."""
    return pseudonym("organisation", code)


def registration_key(body: str, number: str) -> str:
    """Return the pseudonym of a registration, whatever its case and spaces."""
    return pseudonym("registration", body, "".join(number.split()).upper())
