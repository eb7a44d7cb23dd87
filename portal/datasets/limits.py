"""What one query may use: its turn, its time, its memory. Beyond that it is refused, and others are served."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    from collections.abc import Iterator

MEGABYTE = 1024 * 1024


class OverBudgetError(Exception):
    """A query that needs more than one query may have; the message says what to do."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Budget:
    """The time and memory of one query, asked for before each step that takes either."""

    def __init__(self) -> None:
        self.seconds = float(settings.API_QUERY_SECONDS)
        self.bytes = int(settings.API_QUERY_MEGABYTES * MEGABYTE)
        self.ends = time.monotonic() + self.seconds

    def spend(self, size: int = 0) -> None:
        """Refuse (:class:`OverBudgetError`) when the time is over, or a step needs more memory than is left to it."""
        if time.monotonic() > self.ends:
            raise OverBudgetError(
                "query_timeout",
                f"The query took longer than {self.seconds:g} seconds. Ask for fewer criteria, or take the whole file.",
            )
        if size > self.bytes:
            raise OverBudgetError(
                "query_memory",
                f"The query needs more than {self.bytes // MEGABYTE:,} MB of memory. Narrow it, sort by fewer columns, "
                "or take the whole file.",
            )


class _Turns:
    """Lets so many queries compute at once in this process; the others wait their turn."""

    def __init__(self) -> None:
        self.free = threading.Condition()
        self.running = 0

    @contextmanager
    def turn(self, seconds: float) -> Iterator[None]:
        """Wait for a turn, at most ``seconds``."""
        with self.free:
            if not self.free.wait_for(lambda: self.running < settings.API_QUERIES_AT_ONCE, timeout=seconds):
                raise OverBudgetError("busy", "Too many queries are being answered. Try again in a moment.")
            self.running += 1
        try:
            yield
        finally:
            with self.free:
                self.running -= 1
                self.free.notify()


_turns = _Turns()


@contextmanager
def allowed() -> Iterator[Budget]:
    """Wait for a turn and give the query its budget."""
    with _turns.turn(float(settings.API_QUERY_SECONDS)):
        yield Budget()


class _Streams:
    """Counts the long answers being read, so that slow readers cannot take every thread of a process."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.readers: dict[str, int] = {}

    def enter(self, reader: str) -> bool:
        """Return whether ``reader`` may begin another long answer."""
        with self.lock:
            mine, every = self.readers.get(reader, 0), sum(self.readers.values())
            if mine >= settings.STREAMS_PER_READER or every >= settings.STREAMS_AT_ONCE:
                return False
            self.readers[reader] = mine + 1
            return True

    def leave(self, reader: str) -> None:
        """Give the place back."""
        with self.lock:
            left = self.readers.get(reader, 1) - 1
            if left > 0:
                self.readers[reader] = left
            else:
                self.readers.pop(reader, None)


streams = _Streams()
