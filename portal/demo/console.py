"""What the demo says on the terminal."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.progress import TaskID


class Bar:
    """One bar over all steps of the preparation; each step fills its share."""

    def __init__(self, progress: Progress, task: TaskID, console: Console) -> None:
        self.progress = progress
        self.task = task
        self.console = console
        self.done = 0.0
        self.weight = 0
        self.label = ""

    def begin(self, label: str, weight: int) -> None:
        """Start a step."""
        self.label, self.weight = label, weight
        if not self.console.is_terminal:
            self.console.print(f"  {label} …")
        self.progress.update(self.task, description=label)

    def part(self, fraction: float, text: str) -> None:
        """Show how far the step is."""
        if not self.console.is_terminal:
            self.console.print(f"  {self.label}: {fraction:.0%} {text}")
        self.progress.update(
            self.task, completed=self.done + self.weight * min(fraction, 1.0), description=f"{self.label}: {text}"
        )

    def end(self) -> None:
        """Finish the step."""
        self.done += self.weight
        self.progress.update(self.task, completed=self.done)


class Show:
    """Speaks to the person at the terminal."""

    def __init__(self) -> None:
        self.console = Console(highlight=False, soft_wrap=True)

    def say(self, text: str) -> None:
        """Print a line."""
        self.console.print(text, markup=False)

    @contextmanager
    def bar(self, total: int) -> Iterator[Bar]:
        """Show a bar for the block; on a pipe the steps are printed instead."""
        columns = (
            BarColumn(bar_width=30),
            TaskProgressColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.description}", markup=False),
        )
        with Progress(*columns, console=self.console, disable=not self.console.is_terminal) as progress:
            yield Bar(progress, progress.add_task("Preparing", total=total), self.console)
