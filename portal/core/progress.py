"""Progress of long commands: a bar on a terminal, plain lines elsewhere, marked lines for a supervisor."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

if TYPE_CHECKING:
    from collections.abc import Iterator

#: A supervisor sets this variable and reads lines that start with the mark from standard output.
VARIABLE = "PORTAL_PROGRESS"
MARK = "::progress "


class Report(Protocol):
    """How a command says how far it is."""

    def __call__(self, fraction: float, text: str) -> None:
        """Say that ``fraction`` (0 to 1) is done and what is being done now."""


@contextmanager
def progress(title: str) -> Iterator[Report]:
    """Yield a function that shows how far the work called ``title`` is."""
    if os.environ.get(VARIABLE) == "lines":
        yield _marked
    elif sys.stderr.isatty():
        columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
        with Progress(*columns, console=Console(stderr=True)) as bar:
            task = bar.add_task(title, total=1.0)
            yield lambda fraction, text: bar.update(task, completed=fraction, description=f"{title}: {text}")
    else:
        yield lambda fraction, text: print(f"{title}: {fraction:4.0%} {text}", file=sys.stderr, flush=True)  # noqa: T201 - the terminal's own words


def _marked(fraction: float, text: str) -> None:
    sys.stdout.write(f"{MARK}{fraction:.4f} {text}\n")
    sys.stdout.flush()


def parse(line: str) -> tuple[float, str] | None:
    """Return fraction and text of a marked line; None for any other line."""
    if not line.startswith(MARK):
        return None
    number, _, text = line[len(MARK) :].strip().partition(" ")
    return float(number), text
