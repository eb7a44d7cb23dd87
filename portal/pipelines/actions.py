"""Starting, stopping and repeating runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from portal.core.actions import record_event, send_on_commit
from portal.core.locks import advisory_lock, lock_number
from portal.pipelines import tasks
from portal.pipelines.enums import STEPS, RunState, StepState, Trigger
from portal.pipelines.errors import PipelineError
from portal.pipelines.models import PipelineRun, RunLogLine, RunStep
from portal.pipelines.runner import MAX_ATTEMPTS, fail, lock_name, move
from portal.pipelines.specification import specification_of

if TYPE_CHECKING:
    from collections.abc import Mapping

#: A run that nobody waits for in person is not asked for twice while one is still waiting.
DEBOUNCED = frozenset({Trigger.SCHEDULE, Trigger.RETURN})


@transaction.atomic
def request_run(
    *,
    by: Any | None,
    series: str,
    trigger: Trigger = Trigger.COMMAND,
    parameters: Mapping[str, Any] | None = None,
    send: bool = True,
) -> PipelineRun:
    """Write down a run and send it to a worker once that is committed.

    ``send=False`` is for a command that carries the run out by itself.
    """
    specification_of(series)
    _wait_for_turn(series)
    if trigger in DEBOUNCED:
        waiting = PipelineRun.objects.of_series(series).filter(state=RunState.QUEUED, attempts=0).first()
        if waiting:
            return waiting
    last = PipelineRun.objects.of_series(series).aggregate(last=Max("number"))["last"] or 0
    run = PipelineRun.objects.create(
        series=series, number=last + 1, trigger=trigger, parameters=dict(parameters or {}), requested_by=by
    )
    RunStep.objects.bulk_create(
        [RunStep(run=run, name=step.value, position=position) for position, step in enumerate(STEPS)]
    )
    record_event(by=by, action="request_run", obj=run, detail={"trigger": trigger, "parameters": run.parameters})
    if send:
        send_on_commit(tasks.execute, run.pk)
    return run


@transaction.atomic
def cancel_run(*, by: Any | None, run: PipelineRun) -> PipelineRun:
    """Stop a run: at once where it waits, at its next breath where it works."""
    row = PipelineRun.objects.select_for_update().get(pk=run.pk)
    if row.is_finished:
        raise PipelineError(f"{row} has {row.get_state_display().lower()} already.")
    row.cancel_requested_at, row.cancel_requested_by = timezone.now(), by
    row.save(update_fields=["cancel_requested_at", "cancel_requested_by"])
    if row.state == RunState.QUEUED:
        move(row, RunState.CANCELLED)
    record_event(by=by, action="cancel_run", obj=row)
    return row


@transaction.atomic
def retry_run(*, by: Any | None, run: PipelineRun, send: bool = True) -> PipelineRun:
    """Let a failed run go on from the step that failed."""
    row = PipelineRun.objects.select_for_update().get(pk=run.pk)
    move(row, RunState.QUEUED)
    row.attempts, row.failure = 0, ""
    row.save(update_fields=["attempts", "failure"])
    row.steps.exclude(state=StepState.DONE).update(state=StepState.WAITING, progress=0)
    record_event(by=by, action="retry_run", obj=row)
    if send:
        send_on_commit(tasks.execute, row.pk)
    return row


def recover_runs() -> list[PipelineRun]:
    """Send again what waits, and take up what lost its worker. Return the runs concerned."""
    found = []
    for run in PipelineRun.objects.unfinished().order_by("pk"):
        with advisory_lock(lock_name(run.series)) as free:
            run.refresh_from_db()
            if not free or run.is_finished:
                continue
            if run.state != RunState.QUEUED:
                _take_up(run)
        if not run.is_finished:
            tasks.execute.delay(run.pk)
        found.append(run)
    return found


def _take_up(run: PipelineRun) -> None:
    with transaction.atomic():
        if run.cancel_requested_at:
            move(run, RunState.CANCELLED)
            return
        if run.attempts >= MAX_ATTEMPTS:
            fail(run, f"Given up after {run.attempts} attempts: the worker ended each time.")
            return
        RunLogLine.objects.create(run=run, level="warning", message="The worker ended; the run goes on where it stood")
        move(run, RunState.QUEUED)


def _wait_for_turn(series: str) -> None:
    """Number the runs of a series one after the other, until this transaction ends."""
    from django.db import connection  # noqa: PLC0415 - the connection of the calling thread

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [lock_number(f"pipelines-number:{series}")])
