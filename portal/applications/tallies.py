"""What is left of equality answers: the sums of a quarter, sealed with a key that the database does not have.

The sums of one round would tell the answers of the one person who was offered its place, and the first round of a
quarter is the quarter's only one. So no sum lies open in the database or in a backup of it, and none is kept of a round.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from collections import Counter
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from django.utils import timezone

from portal.applications.models import QuarterTally, TalliedRound

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection

DATABASE = "submissions"
MONTHS_IN_QUARTER = 3
#: Question, answer and outcome, and how many applicants.
Counts = Counter[tuple[str, str, str]]
_NONCE = 12
#: Sealed sums have a length in steps of this, so that the length does not tell which answers are in them.
_STEP = 16_384


def quarter_of(moment: dt.datetime) -> str:
    """Return the quarter in which a round is counted, by its last month: ``2026-09``."""
    day = timezone.localtime(moment).date()
    return f"{day.year}-{(day.month + 2) // MONTHS_IN_QUARTER * MONTHS_IN_QUARTER:02d}"


@transaction.atomic(using=DATABASE)
def add_rounds(*, period: str, references: Collection[str], counts: Counts) -> None:
    """Add rounds that were not counted before to the sums of their quarter. Nothing tells them apart afterwards."""
    TalliedRound.objects.bulk_create(
        [TalliedRound(opportunity_reference=reference, period=period) for reference in references]
    )
    QuarterTally.objects.get_or_create(period=period, defaults={"sealed": seal(period, Counter())})
    kept = QuarterTally.objects.select_for_update().get(period=period)
    kept.sealed = seal(period, opened(period, bytes(kept.sealed)) + counts)
    kept.save()


def counts_of(period: str) -> Counts:
    """Return the sums of a quarter; empty where no round of it has ended."""
    kept = QuarterTally.objects.filter(period=period).first()
    return opened(period, bytes(kept.sealed)) if kept else Counter()


@transaction.atomic(using=DATABASE)
def seal_again(*, old_key: str) -> int:
    """Seal every sum with the key in use, after a rotation; return how many."""
    rows = list(QuarterTally.objects.select_for_update().order_by("period"))
    for row in rows:
        row.sealed = seal(row.period, opened(row.period, bytes(row.sealed), key=old_key))
        row.save()
    return len(rows)


def _cipher(key: str | None = None) -> AESGCM:
    used = settings.PSEUDONYM_KEY if key is None else key
    if not used:
        raise ImproperlyConfigured("PSEUDONYM_KEY is not set: equality tallies cannot be sealed or read.")
    return AESGCM(hmac.digest(used.encode(), b"equality tallies", hashlib.sha256))


def seal(period: str, counts: Counts) -> bytes:
    """Return sums as the database may keep them: bound to their quarter, another text every time."""
    text = json.dumps([[*cell, number] for cell, number in sorted(counts.items())]).encode()
    padded = text.ljust(-(-len(text) // _STEP) * _STEP)
    nonce = os.urandom(_NONCE)
    return nonce + _cipher().encrypt(nonce, padded, period.encode())


def opened(period: str, sealed: bytes, *, key: str | None = None) -> Counts:
    """Return what was sealed.

    Raises:
        ImproperlyConfigured: when it was sealed with another key, or for another quarter.
    """
    try:
        text = _cipher(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], period.encode())
    except InvalidTag as fault:
        raise ImproperlyConfigured(
            f"The equality tallies of {period} were sealed with another PSEUDONYM_KEY, or changed since. "
            "Set the key that was in use when its rounds ended, or seal them again: manage.py seal_tallies_again."
        ) from fault
    return Counter({(question, answer, outcome): number for question, answer, outcome, number in json.loads(text)})
