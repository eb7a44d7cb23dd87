"""Whether what a process remembers is still so: a word in the shared cache that is another after every change.

Whoever changes something calls :meth:`Generation.change` inside the transaction: from then on nothing is taken from
memory or put into it, and once the transaction has ended the word is a new one. So no process answers from
memory what the database no longer says, not even between the commit and the new word. A process asks for the word
once in a fiftieth of a second, however many readers it has: whoever changes something waits as long after closing,
so that by the commit nobody believes a word from before. The word is new from the
beginning of the change: a transaction that fails, or a process that dies, leaves it closed for two minutes, and
what was remembered before is not believed after. Slower, never wrong.
"""

from __future__ import annotations

import secrets
import time
from typing import TYPE_CHECKING, Generic, TypeVar

import structlog
from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from redis.exceptions import RedisError

from portal.core.cache import reach, run_of_server

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

CLOSED_SECONDS = 120
LEASE_SECONDS = 0.02
MOST = 64
Found = TypeVar("Found")


def _is_shared() -> bool:
    return not settings.CACHES["default"]["BACKEND"].endswith("LocMemCache")


class Closing:
    """Counts the changes of one thing that are under way: two may be at once, and the last of them opens it."""

    def __init__(self, key: str) -> None:
        self.key = key

    def begin(self) -> None:
        """Count one more. A process that dies meanwhile leaves it closed for so many seconds."""
        cache.add(self.key, 0, CLOSED_SECONDS)
        cache.incr(self.key)
        cache.touch(self.key, CLOSED_SECONDS)

    def end(self) -> int | None:
        """Count one less; return how many are left, None when it took longer than a closing lasts."""
        try:
            return int(cache.decr(self.key))
        except ValueError:
            return None


class Generation:
    """The generation of one kind of thing."""

    def __init__(self, name: str) -> None:
        self.word = f"generation:{name}"
        self.changing = f"generation:{name}:changing"
        self.closing = Closing(self.changing)
        self.leased = ("", 0.0)  # the word, and until when it is believed without asking again

    def current(self) -> str:
        """Return the word; "" while something is changing, or when no cache is shared by all processes."""
        if not _is_shared():
            return ""
        now, (word, until) = time.monotonic(), self.leased
        if now < until:
            return word
        word = reach.ask(self._asked) or ""
        # Counted from before the question: a change that began after the answer waits out the whole of it.
        self.leased = (word, now + LEASE_SECONDS if word else 0.0)
        return word

    def _asked(self) -> str:
        found = cache.get_many([self.word, self.changing])
        if found.get(self.changing, 0) > 0:
            return ""
        word = found.get(self.word) or self._first()
        return f"{run_of_server()}.{word}" if word else ""

    def _first(self) -> str:
        word = secrets.token_hex(8)
        # Two processes may race for the first word: the one that loses keeps nothing this time.
        return word if cache.add(self.word, word, None) else ""

    def change(self) -> None:
        """Close until the current transaction has ended. Without the cache nothing can be closed: the error is raised."""
        self.closing.begin()
        self._renew()
        if _is_shared() and not self._is_closed_here():
            time.sleep(LEASE_SECONDS)
        transaction.on_commit(self._opened)

    def _is_closed_here(self) -> bool:
        """Return whether the current transaction has closed it before, and waited then."""
        return any(function == self._opened for _, function, _ in transaction.get_connection().run_on_commit)

    def _renew(self) -> None:
        cache.set(self.word, secrets.token_hex(8), None)

    def _opened(self) -> None:
        try:
            self._renew()
            left = self.closing.end()
        except RedisError as error:  # the change stands; the closing ends by itself, and the word is new already
            structlog.get_logger(__name__).warning("generation_not_opened", error=type(error).__name__)
            return
        if left is None:  # there is nothing left to open
            structlog.get_logger(__name__).warning("generation_closed_long", generation=self.word)


class Remembered(Generic[Found]):
    """What was found by its key, for as long as the generation is the same."""

    def __init__(self, generation: Generation, most: int = MOST) -> None:
        self.generation = generation
        self.most = most
        self.kept: dict[Hashable, tuple[str, Found]] = {}

    def get(self, key: Hashable, find: Callable[[], Found]) -> Found:
        """Return what was found for ``key``, else find it. It is shared by threads: do not change it."""
        word = self.generation.current()  # before it is looked for: what changes meanwhile makes it worthless
        kept = self.kept.get(key)
        if word and kept and kept[0] == word:
            return kept[1]
        found = find()
        if word:
            if len(self.kept) >= self.most:
                self.kept = {}
            self.kept[key] = (word, found)
        return found
