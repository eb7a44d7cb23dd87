"""Take up runs that lost their worker, and send again those that wait."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from portal.pipelines.actions import recover_runs


class Command(BaseCommand):
    """What beat does every minute, for an operator."""

    help = "Resume or fail runs whose worker is gone, and send waiting runs to the workers again."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Recover and name the runs."""
        for run in recover_runs():
            self.stdout.write(f"{run}: {run.get_state_display().lower()}")
