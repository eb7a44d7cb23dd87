"""Carrying out a run: one step after the other, each kept before the next begins.

A run holds the lock of its series for as long as a worker is at it. PostgreSQL lets go of the
lock when the worker's connection ends, so a run in a working state whose lock is free has lost
its worker: it goes on with the step that was not finished, or fails after too many tries.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import structlog
from django.db import OperationalError, transaction
from django.utils import timezone

from portal.core.locks import advisory_lock
from portal.pipelines.context import RunContext, StepResult
from portal.pipelines.enums import FINISHED_STATES, STEPS, TRANSITIONS, RunState, StepState
from portal.pipelines.errors import PipelineError, RunCancelledError, TransitionError
from portal.pipelines.models import PipelineRun, RunLogLine, RunStep
from portal.pipelines.steps import STEP_FUNCTIONS

if TYPE_CHECKING:
    from collections.abc import Callable

log = structlog.get_logger(__name__)
MAX_ATTEMPTS = 3
UNFORESEEN = (
    "This was not foreseen: the log of the workers says where. The run can go on from this step once it is mended."
)
#: How loud the last line of a run's log is.
LEVELS = {RunState.SUCCEEDED: "info", RunState.CANCELLED: "warning", RunState.FAILED: "error"}


def lock_name(series: str) -> str:
    """Return the name of the lock that keeps the runs of a series apart."""
    return f"pipelines:{series}"


def execute_run(run_id: int, *, threads: int | None = None) -> RunState:
    """Carry out a run from where it stands and return its state; do nothing where another worker is at it."""
    series = PipelineRun.objects.values_list("series", flat=True).get(pk=run_id)
    with advisory_lock(lock_name(series)) as held:
        run = PipelineRun.objects.select_related("requested_by").get(pk=run_id)
        if not held or run.is_finished:
            return RunState(run.state)
        return _attempt(run, threads=threads)


def _attempt(run: PipelineRun, *, threads: int | None) -> RunState:
    """Do every step that is not done; write down why where that fails."""
    if run.attempts >= MAX_ATTEMPTS:
        return fail(
            run, f"Given up after {run.attempts} attempts: the worker ended each time. See the log of the workers."
        )
    if run.state != RunState.QUEUED:
        move(run, RunState.QUEUED)
    run.attempts += 1
    run.started_at = run.started_at or timezone.now()
    run.save(update_fields=["attempts", "started_at"])
    try:
        with tempfile.TemporaryDirectory(prefix=f"run-{run.pk}-") as folder:
            _steps(run, RunContext(run=run, folder=Path(folder), threads=threads))
    except RunCancelledError as error:
        return _end(run, RunState.CANCELLED, str(error))
    except OperationalError:
        raise  # the database is away: the task is tried again and finds the run as it stands
    except PipelineError as error:
        return fail(run, str(error))
    except Exception as error:
        log.exception("run_failed", run=run.pk, series=run.series)
        return fail(run, f"{type(error).__name__}: {error}. {UNFORESEEN}")
    return _end(run, RunState.SUCCEEDED, "")


def _steps(run: PipelineRun, context: RunContext) -> None:
    for state in STEPS:
        step = run.steps.get(name=state)
        if step.state == StepState.DONE:
            continue
        context.step = step
        context.stop_if_asked()
        move(run, state)
        _step(step, context, STEP_FUNCTIONS[state])


def _step(step: RunStep, context: RunContext, function: Callable[[RunContext], StepResult]) -> None:
    step.state, step.started_at, step.finished_at = StepState.RUNNING, timezone.now(), None
    step.save()
    try:
        result = function(context)
    except RunCancelledError:
        # It was stopped and did not fail.
        step.state, step.progress = StepState.WAITING, 0
        step.save(update_fields=["state", "progress"])
        raise
    except Exception:
        step.state = StepState.FAILED
        step.save(update_fields=["state"])
        raise
    step.state, step.finished_at, step.progress = StepState.DONE, timezone.now(), 100
    step.outputs, step.counts = result.outputs, result.counts
    with transaction.atomic():
        step.save()
        context.run.counts = {**context.run.counts, step.name: result.counts}
        context.run.save(update_fields=["counts"])


def move(run: PipelineRun, state: RunState) -> None:
    """Bring a run into a state, if the table of transitions has the way."""
    if state not in TRANSITIONS[RunState(run.state)]:
        raise TransitionError(f"{run} is {run.get_state_display().lower()} and cannot become {state.label.lower()}.")
    run.state = state
    run.heartbeat_at = timezone.now()
    run.finished_at = timezone.now() if state in FINISHED_STATES else None
    run.save(update_fields=["state", "heartbeat_at", "finished_at"])


def fail(run: PipelineRun, reason: str) -> RunState:
    """End a run as failed, with the reason for people."""
    return _end(run, RunState.FAILED, reason)


def _end(run: PipelineRun, state: RunState, reason: str) -> RunState:
    with transaction.atomic():
        run.failure = reason
        run.save(update_fields=["failure"])
        # Every way out of the steps passes here; a step done last stands one short of succeeded.
        move(run, state)
        RunLogLine.objects.create(run=run, level=LEVELS[state], message=reason or "Succeeded")
    return state
