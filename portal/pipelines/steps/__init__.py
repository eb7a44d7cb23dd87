"""The steps of a run, in order. Each may be repeated: from the same inputs it makes the same outputs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portal.pipelines.enums import RunState
from portal.pipelines.steps import auditing, computing, drafting, estimating, protecting, sealing

if TYPE_CHECKING:
    from collections.abc import Callable

    from portal.pipelines.context import RunContext, StepResult

STEP_FUNCTIONS: dict[RunState, Callable[[RunContext], StepResult]] = {
    RunState.SEALING: sealing.seal,
    RunState.COMPUTING: computing.compute,
    RunState.ESTIMATING: estimating.estimate,
    RunState.PROTECTING: protecting.protect,
    RunState.AUDITING: auditing.audit,
    RunState.DRAFTING: drafting.draft,
}
