"""Fifth step, the gate: nothing goes on that gives a small group away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portal.pipelines.context import StepResult

if TYPE_CHECKING:
    from portal.pipelines.context import RunContext


def audit(context: RunContext) -> StepResult:
    """Say that no audit was made: what is not audited can be drafted and never approved."""
    context.say("No disclosure audit yet", level="warning")
    return StepResult(counts={"audited": False})
