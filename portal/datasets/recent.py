"""What was found a moment ago: under load a process asks the database for a version once a second, not every request.

An answer may so be a second behind a withdrawal or a publication. Caches on the way may keep it for a
minute anyway (``Cache-Control``), so nobody loses by it. What is not found is never kept.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Generic, TypeVar

from django.conf import settings

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

MOST = 64
Found = TypeVar("Found")


class Recent(Generic[Found]):
    """Keeps what was found by its key, for ``LOOKUP_SECONDS`` and for so many keys at most."""

    def __init__(self, most: int = MOST) -> None:
        self.most = most
        self.kept: dict[Hashable, tuple[float, Found]] = {}

    def get(self, key: Hashable, find: Callable[[], Found]) -> Found:
        """Return what was found for ``key`` a moment ago, else find it. It is shared: do not change it."""
        if not settings.LOOKUP_SECONDS:
            return find()
        now = time.monotonic()  # before it is looked for: what changes meanwhile is seen in time
        kept = self.kept.get(key)
        if kept and now - kept[0] < settings.LOOKUP_SECONDS:
            return kept[1]
        found = find()
        if len(self.kept) >= self.most:
            self.kept = {}
        self.kept[key] = (now, found)
        return found
