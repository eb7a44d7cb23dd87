"""Pseudonyms by keyed hash. The key is outside the database; without it nobody can go back.

Every kind of thing has its own domain, so that a worker's and an organisation's pseudonym
never meet even where the provider uses one and the same text for both.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

if TYPE_CHECKING:
    from collections.abc import Iterable

#: A separator that cannot be typed: A1 + 23 and A12 + 3 are two different keys.
SEPARATOR = "\x1f"
LENGTH = 32
_NO_KEY = "PSEUDONYM_KEY is not set: records cannot be stored without pseudonyms."


def _digest(domain: str, parts: tuple[str, ...]) -> bytes:
    key = settings.PSEUDONYM_KEY
    if not key:
        raise ImproperlyConfigured(_NO_KEY)
    message = SEPARATOR.join((domain, *parts)).encode()
    return hmac.digest(key.encode(), message, "sha256")


def pseudonym(domain: str, *parts: str) -> str:
    """Return the 32 hexadecimal digits that stand for ``parts`` in ``domain``."""
    return _digest(domain, parts).hex()[:LENGTH]


def pseudonyms(domain: str, *parts: str, of: Iterable[str]) -> list[str]:
    """Return the pseudonym of each text, as :func:`pseudonym` gives it with the text as its last part."""
    key = settings.PSEUDONYM_KEY.encode()
    if not key:
        raise ImproperlyConfigured(_NO_KEY)
    start = SEPARATOR.join((domain, *parts, ""))
    digest = hmac.digest
    return [digest(key, (start + text).encode(), "sha256").hex()[:LENGTH] for text in of]


def noise_keys(workers: Iterable[str]) -> list[int]:
    """Return the noise key of each worker."""
    key = settings.PSEUDONYM_KEY.encode()
    if not key:
        raise ImproperlyConfigured(_NO_KEY)
    start, digest = f"noise{SEPARATOR}", hmac.digest
    return [digest(key, (start + worker).encode(), "sha256")[0] for worker in workers]


def noise_key(pseudonym_of_worker: str) -> int:
    """Return the worker's share of the random key of a cell: 0 to 255, the same in every table."""
    return _digest("noise", (pseudonym_of_worker,))[0]


def organisation_key(code: str) -> str:
    """Return the pseudonym of an organisation."""
    return pseudonym("organisation", code)


def registration_key(body: str, number: str) -> str:
    """Return the pseudonym of a registration, whatever its case and spaces."""
    return pseudonym("registration", body, "".join(number.split()).upper())
