"""Pseudonyms by keyed hash. The key is outside the database; without it nobody can go back.

Every kind of thing has its own domain, so that a worker's and an organisation's pseudonym
never meet even where the provider uses one and the same text for both.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

#: A separator that cannot be typed: A1 + 23 and A12 + 3 are two different keys.
SEPARATOR = "\x1f"
LENGTH = 32
_HASH_BLOCK = 64
_AES_BLOCK = 16
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
    return [digest.hex()[:LENGTH] for digest in _digests(SEPARATOR.join((domain, *parts, "")), of)]


def noise_keys(workers: Iterable[str]) -> list[int]:
    """Return the noise key of each worker."""
    return [digest[0] for digest in _digests(f"noise{SEPARATOR}", workers)]


def _digests(start: str, texts: Iterable[str]) -> Iterator[bytes]:
    """Yield HMAC-SHA-256 of each text. The key and the start are hashed once, not for each text."""
    key = settings.PSEUDONYM_KEY.encode()
    if not key:
        raise ImproperlyConfigured(_NO_KEY)
    padded = (hashlib.sha256(key).digest() if len(key) > _HASH_BLOCK else key).ljust(_HASH_BLOCK, b"\0")
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in padded) + start.encode()).copy
    outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in padded)).copy
    for text in texts:
        within, around = inner(), outer()
        within.update(text.encode())
        around.update(within.digest())
        yield around.digest()


def keys_of_sequence(domain: str, *parts: str, first: int, count: int) -> list[str]:
    """Return keys of numbered things, from number ``first``: AES of the number by a key of what holds them.

    AES is a permutation: two things of one holder never share a key.
    """
    key = _digest(domain, parts)
    counter = Cipher(algorithms.AES(key), modes.CTR(first.to_bytes(_AES_BLOCK, "big"))).encryptor()
    text = counter.update(bytes(_AES_BLOCK * count)).hex()
    return [text[at : at + LENGTH] for at in range(0, len(text), LENGTH)]


def noise_key(pseudonym_of_worker: str) -> int:
    """Return the worker's share of the random key of a cell: 0 to 255, the same in every table."""
    return _digest("noise", (pseudonym_of_worker,))[0]


def organisation_key(code: str) -> str:
    """Return the pseudonym of an organisation."""
    return pseudonym("organisation", code)


def registration_key(body: str, number: str) -> str:
    """Return the pseudonym of a registration, whatever its case and spaces."""
    return pseudonym("registration", body, "".join(number.split()).upper())
