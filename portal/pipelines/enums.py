"""States of runs and steps. Every way from one state to another is in ``TRANSITIONS``."""

from django.db import models


class RunState(models.TextChoices):
    """Where a run stands."""

    QUEUED = "queued", "Queued"
    SEALING = "sealing", "Sealing"
    COMPUTING = "computing", "Computing"
    ESTIMATING = "estimating", "Estimating"
    PROTECTING = "protecting", "Protecting"
    AUDITING = "auditing", "Auditing"
    DRAFTING = "drafting", "Drafting"
    SUCCEEDED = "succeeded", "Succeeded"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


class StepState(models.TextChoices):
    """Where one step of a run stands."""

    WAITING = "waiting", "Waiting"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"


class Trigger(models.TextChoices):
    """What started a run."""

    BUTTON = "button", "Button"
    SCHEDULE = "schedule", "Schedule"
    RETURN = "return", "Accepted return"
    COMMAND = "command", "Command"


class AlertKind(models.TextChoices):
    """What the OH team is told about runs without having asked."""

    MISSED = "missed", "A schedule was missed"
    FAILED = "failed", "A run failed"
    AUDIT = "audit", "An audit was not passed"


#: The steps of a run, in order; each has the name of the state in which it is done.
STEPS: tuple[RunState, ...] = (
    RunState.SEALING,
    RunState.COMPUTING,
    RunState.ESTIMATING,
    RunState.PROTECTING,
    RunState.AUDITING,
    RunState.DRAFTING,
)
FINISHED_STATES = frozenset({RunState.SUCCEEDED, RunState.FAILED, RunState.CANCELLED})
WORKING_STATES = frozenset(STEPS)
UNFINISHED_STATES = frozenset({RunState.QUEUED, *STEPS})

_AFTER = {
    step: STEPS[number + 1] if number + 1 < len(STEPS) else RunState.SUCCEEDED for number, step in enumerate(STEPS)
}
TRANSITIONS: dict[RunState, frozenset[RunState]] = {
    # A resumed run goes back to queued, and from there to the step that it had not finished.
    RunState.QUEUED: frozenset({*STEPS, RunState.FAILED, RunState.CANCELLED}),
    **{
        step: frozenset({after, RunState.QUEUED, RunState.FAILED, RunState.CANCELLED}) for step, after in _AFTER.items()
    },
    RunState.SUCCEEDED: frozenset(),
    RunState.FAILED: frozenset({RunState.QUEUED}),
    RunState.CANCELLED: frozenset(),
}
