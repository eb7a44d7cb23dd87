"""Third step: estimates for those who did not answer, where the specification asks for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portal.pipelines.context import StepResult

if TYPE_CHECKING:
    from portal.pipelines.context import RunContext


def estimate(context: RunContext) -> StepResult:
    """Estimate nothing for a series that is published as returned; say so in the log."""
    context.say("Published as returned: nothing is estimated, and the coverage stands beside every figure")
    context.progress(1, 1)
    return StepResult(counts={"estimated_cells": 0})
