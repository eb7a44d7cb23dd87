"""A real worker, killed as by a power cut at each step: the run goes on and makes the same bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from portal.datasets.models import DatasetVersion
from portal.pipelines import actions
from portal.pipelines.code_version import code_version
from portal.pipelines.enums import STEPS, RunState, StepState
from portal.pipelines.models import ComputedCells, PipelineRun, RunStep
from portal.pipelines.runner import execute_run
from portal.submissions.models import Return
from tests.factories.runs import collect_workforce
from tests.fixtures.worker import closed_gate, somebody_waits

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [
    pytest.mark.worker,
    pytest.mark.django_db(transaction=True, databases=["default", "submissions"]),
]
#: Every step of a series with estimates, returns carried forward and people; and what other series do otherwise:
#: rates of published figures and records of organisations, filled items, the frame as records.
KILLED: dict[str, tuple[RunState, ...]] = {
    "oh-headcount": STEPS,
    "oh-vacancies-turnover": (RunState.AUDITING,),
    "oh-age": (RunState.ESTIMATING,),
    "oh-response": (RunState.SEALING,),
}
POSTS = 160


def made_by(run: PipelineRun) -> dict[str, str]:
    version = DatasetVersion.objects.get(pk=run.dataset_version_id)
    return {file.name: file.sha256 for file in version.files.all()} | {"observations": version.digest}


@pytest.fixture
def one_commit(monkeypatch) -> Iterator[None]:
    """Fix the commit: in a shared checkout it may move between this process and the worker."""
    monkeypatch.setenv("PORTAL_COMMIT", "0" * 40)
    code_version.cache_clear()
    yield
    code_version.cache_clear()


@pytest.fixture
def returns() -> None:
    """Collect two periods of a small workforce; somebody who answered the first did not answer the second."""
    collect_workforce(posts=POSTS)
    answered = [
        set(
            Return.objects.accepted()
            .filter(collection__code=f"oh-{period}")
            .values_list("organisation_code", flat=True)
        )
        for period in ("2025-09", "2026-03")
    ]
    assert answered[0] - answered[1], "nobody is carried forward"


def run_and_kill(worker, series: str, step: RunState) -> PipelineRun:
    """Run a series from nothing kept, kill its worker at the end of a step, and let another one go on."""
    ComputedCells.objects.all().delete()
    with closed_gate("default", "pipelines_runstep", f"NEW.name = '{step}' AND NEW.state = 'done'"):
        run = actions.request_run(by=None, series=series)
        worker.wait_until(lambda: somebody_waits("default"), 240, f"the worker to be at the end of {step} of {series}")
        worker.kill()
        worker.wait_until(lambda: not somebody_waits("default"), 120, "the killed worker's connection to end")
    assert RunStep.objects.get(run=run, name=step).state == StepState.RUNNING
    worker.start()
    actions.recover_runs()
    worker.wait_until(
        lambda: PipelineRun.objects.get(pk=run.pk).is_finished, 240, f"{series}, killed at {step}, to end"
    )
    run.refresh_from_db()
    assert run.state == RunState.SUCCEEDED, run.failure
    assert run.attempts == 2
    return run


def test_a_worker_killed_at_any_step_is_replaced_and_the_bytes_are_the_same(one_commit, returns, worker) -> None:
    for series, steps in KILLED.items():
        undisturbed = actions.request_run(by=None, series=series, send=False)
        assert execute_run(undisturbed.pk) == RunState.SUCCEEDED, undisturbed.series
        undisturbed.refresh_from_db()
        for step in steps:
            assert made_by(run_and_kill(worker, series, step)) == made_by(undisturbed), (series, step)
    carried = PipelineRun.objects.filter(series="oh-headcount").first().counts["estimating"]["carried_returns"]
    assert carried > 0
    # One draft for each run: none was made twice, none is half made.
    asked = sum(len(steps) + 1 for steps in KILLED.values())
    assert DatasetVersion.objects.count() == PipelineRun.objects.count() == asked
