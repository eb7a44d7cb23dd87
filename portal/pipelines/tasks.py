"""Celery's side of runs: thin, because the row says what is to be done."""

from __future__ import annotations

from celery import shared_task
from django.conf import settings

from portal.pipelines.models import PipelineRun


@shared_task(name="pipelines.execute", soft_time_limit=settings.RUN_TIME_LIMIT, time_limit=settings.RUN_TIME_LIMIT + 60)
def execute(run_id: int) -> str:
    """Carry out a run, then send the next one of the series that waits."""
    from portal.pipelines.runner import execute_run  # noqa: PLC0415 - DuckDB is loaded by workers only

    state = execute_run(run_id)
    series = PipelineRun.objects.values_list("series", flat=True).get(pk=run_id)
    following = PipelineRun.objects.of_series(series).filter(state="queued").exclude(pk=run_id).last()
    if following:
        execute.delay(following.pk)
    return str(state)


@shared_task(name="pipelines.recover_runs")
def recover_runs() -> int:
    """Take up what lost its worker, and send again what waits. Beat calls this every minute."""
    from portal.pipelines import actions  # noqa: PLC0415 - actions import this module

    return len(actions.recover_runs())


@shared_task(name="pipelines.run_on_schedule")
def run_on_schedule(series: str) -> int:
    """Start a run of a series. The OH team sets the times under periodic tasks."""
    from portal.pipelines import actions  # noqa: PLC0415 - actions import this module
    from portal.pipelines.enums import Trigger  # noqa: PLC0415 - as above

    return int(actions.request_run(by=None, series=series, trigger=Trigger.SCHEDULE).pk)


@shared_task(name="pipelines.run_on_accepted_returns")
def run_on_accepted_returns() -> list[str]:
    """Start the runs of series whose accepted returns have settled. Beat calls this every minute."""
    from portal.pipelines.automatic import start_due_runs  # noqa: PLC0415 - actions import this module

    return [str(run) for run in start_due_runs()]


@shared_task(name="pipelines.look_for_trouble")
def look_for_trouble() -> list[str]:
    """Tell the OH team of missed schedules and of runs that ended badly. Beat calls this every five minutes."""
    from portal.pipelines.automatic import look_for_trouble as look  # noqa: PLC0415 - as above

    return [str(alert) for alert in look()]
