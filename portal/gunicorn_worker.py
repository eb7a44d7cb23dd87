"""A web process that leaves a new connection to one that has fewer.

A connection that stays open, as those of a proxy or of a program that asks again and again do, belongs for good to the
process that took it. All processes wait at one door: whichever wakes first could take them all, and the rest stand
idle. So each says how many it has, and who has more than another waits a moment before it reaches for the next.
"""

from __future__ import annotations

import time
from mmap import mmap
from typing import Any, Final

from gunicorn.workers.gthread import ThreadWorker

NO_PROCESS: Final = -1
MORE: Final = 2  # one more than another is as even as it gets
PATIENCE_SECONDS: Final = 0.002
PROCESSES: Final = 64
#: How many connections each process has: memory made before the first of them begins, so that all see it.
_held: Final = memoryview(mmap(-1, 4 * PROCESSES)).cast("i")
for _place in range(PROCESSES):
    _held[_place] = NO_PROCESS


class EvenWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """Gunicorn's worker of threads, which takes connections as evenly as it can."""

    age: int  # how many processes were begun before this one

    @property
    def nr_conns(self) -> int:
        """The number of connections that this process has."""
        return int(_held[self.age % PROCESSES])

    @nr_conns.setter
    def nr_conns(self, number: int) -> None:
        _held[self.age % PROCESSES] = number

    def accept(self, listener: Any) -> None:
        """Take a connection; one that another process took meanwhile is passed over."""
        if any(NO_PROCESS < number <= self.nr_conns - MORE for number in _held):
            time.sleep(PATIENCE_SECONDS)
        super().accept(listener)


def forget(worker: EvenWorker) -> None:
    """Wait no more for a process that has ended."""
    worker.nr_conns = NO_PROCESS
