"""Pseudonyms by keyed hash, AES-CMAC. The key is outside the database; without it nobody can go back.

Every kind of thing has its own domain, so that a worker's and an organisation's pseudonym
never meet even where the provider uses one and the same text for both.
"""

from __future__ import annotations

import hmac
from typing import Any

import numpy as np
import polars as pl
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.cmac import CMAC
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

#: A separator that cannot be typed: A1 + 23 and A12 + 3 are two different keys.
SEPARATOR = "\x1f"
LENGTH = 32
_BLOCK = 16
_NO_KEY = "PSEUDONYM_KEY is not set: records cannot be stored without pseudonyms."


def _key_of(domain: str, parts: tuple[str, ...]) -> bytes:
    """Return the key of a domain and of what holds its things there: HMAC of their names."""
    key = settings.PSEUDONYM_KEY
    if not key:
        raise ImproperlyConfigured(_NO_KEY)
    return hmac.digest(key.encode(), SEPARATOR.join((domain, *parts)).encode(), "sha256")


def pseudonym(domain: str, *parts: str) -> str:
    """Return the 32 hexadecimal digits that stand for the last of ``parts``, held by the others, in ``domain``."""
    return _one(_key_of(domain, parts[:-1]), parts[-1]).hex()


def pseudonyms(domain: str, *parts: str, of: pl.Series) -> pl.Series:
    """Return the pseudonym of each text, as :func:`pseudonym` gives it with the text as its last part."""
    return _hexadecimal(_cmac(_key_of(domain, parts), of).tobytes())


def noise_keys(workers: pl.Series) -> pl.Series:
    """Return the noise key of each worker."""
    return pl.Series(_cmac(_key_of("noise", ()), workers)[:, 0], dtype=pl.Int64)


def _one(key: bytes, text: str) -> bytes:
    cipher = CMAC(algorithms.AES(key))
    cipher.update(text.encode())
    return cipher.finalize()


def _cmac(key: bytes, texts: pl.Series) -> np.ndarray:
    """Return AES-CMAC (RFC 4493) of each text, a row of 16 bytes each.

    The first blocks of all texts are enciphered together, then the second ones: a hundred thousand
    texts take as many calls as the longest has blocks.
    """
    encoded = texts.cast(pl.Binary).to_list()
    lengths = texts.str.len_bytes().to_numpy().astype(np.int64)
    last = np.maximum(-(-lengths // _BLOCK) - 1, 0)
    blocks = int(last.max(initial=0)) + 1
    padded = np.array(encoded, dtype=f"S{blocks * _BLOCK}").view(np.uint8).reshape(len(encoded), blocks, _BLOCK).copy()
    encrypt = Cipher(algorithms.AES(key), modes.ECB()).encryptor().update  # noqa: S305 - the building block of CMAC
    whole, short = _subkeys(encrypt(bytes(_BLOCK)))
    every = np.arange(len(encoded))
    is_whole = (lengths > 0) & (lengths % _BLOCK == 0)
    padded[every[~is_whole], last[~is_whole], lengths[~is_whole] % _BLOCK] = 0x80
    padded[every, last] ^= np.where(is_whole[:, None], whole, short)
    state = np.zeros((len(encoded), _BLOCK), dtype=np.uint8)
    for number in range(blocks):
        more = every[last >= number]
        mixed = (state[more] ^ padded[more, number]).tobytes()
        state[more] = np.frombuffer(encrypt(mixed), dtype=np.uint8).reshape(len(more), _BLOCK)
    return state


def _subkeys(zero: bytes) -> tuple[np.ndarray, np.ndarray]:
    """Return what is mixed into a last block that is full, and into one that is not."""
    keys, value = [], int.from_bytes(zero, "big")
    for _ in range(2):
        value = (value << 1) ^ (0x87 if value >> 127 else 0)
        value &= (1 << 128) - 1
        keys.append(np.frombuffer(value.to_bytes(_BLOCK, "big"), dtype=np.uint8))
    return keys[0], keys[1]


def _hexadecimal(digests: bytes) -> pl.Series:
    """Return digests as texts; a column is made of all of them without a Python text for each."""
    digits = np.frombuffer(digests.hex().encode(), dtype=f"S{LENGTH}")
    return pl.Series(digits.tolist(), dtype=pl.Binary).cast(pl.String)


def keys_of_sequence(domain: str, *parts: str, first: int, count: int) -> pl.Series:
    """Return keys of numbered things, from number ``first``: AES of the number by a key of what holds them.

    AES is a permutation: two things of one holder never share a key.
    """
    counter = Cipher(algorithms.AES(_key_of(domain, parts)), modes.CTR(first.to_bytes(_BLOCK, "big"))).encryptor()
    return _hexadecimal(counter.update(bytes(_BLOCK * count)))


def noise_key(pseudonym_of_worker: str) -> int:
    """Return the worker's share of the random key of a cell: 0 to 255, the same in every table."""
    return _one(_key_of("noise", ()), pseudonym_of_worker)[0]


def organisation_key(code: str) -> str:
    """Return the pseudonym of an organisation."""
    return pseudonym("organisation", code)


def registration_key(body: str, number: str) -> str:
    """Return the pseudonym of a registration, whatever its case and spaces."""
    return pseudonym("registration", numbered(body, "".join(number.split()).upper()))


def numbered(body: Any, number: Any) -> Any:
    """Return body and number as the one text that :func:`registration_key` stands for; of texts or of columns."""
    return body + SEPARATOR + number
