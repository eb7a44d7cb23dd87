"""Locks that PostgreSQL holds: exclusive per name, gone when the connection is."""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from typing import TYPE_CHECKING

from django.db import connections

if TYPE_CHECKING:
    from collections.abc import Iterator


def lock_number(name: str) -> int:
    """Return the 64-bit number PostgreSQL knows the lock ``name`` by."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)


@contextmanager
def advisory_lock(name: str, *, using: str = "default", wait: bool = False) -> Iterator[bool]:
    """Hold the lock ``name`` for the block; yield whether it was got.

    With ``wait`` the block starts when the lock is free, and the answer is always True.
    """
    number = lock_number(name)
    with connections[using].cursor() as cursor:
        if wait:
            cursor.execute("SELECT pg_advisory_lock(%s)", [number])
            held = True
        else:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [number])
            held = cursor.fetchone()[0]
        try:
            yield held
        finally:
            if held:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [number])
