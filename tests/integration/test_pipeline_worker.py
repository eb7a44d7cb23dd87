"""A real worker, killed as by a power cut at each step: the run goes on and makes the same bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from portal.datasets.models import DatasetVersion
from portal.pipelines import actions
from portal.pipelines.code_version import code_version
from portal.pipelines.enums import STEPS, RunState, StepState
from portal.pipelines.models import PipelineRun, RunStep
from portal.pipelines.runner import execute_run
from tests.factories.runs import SERIES, accepted_collection
from tests.fixtures.worker import closed_gate, somebody_waits

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [
    pytest.mark.worker,
    pytest.mark.django_db(transaction=True, databases=["default", "submissions"]),
]


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


def test_a_worker_killed_at_any_step_is_replaced_and_the_bytes_are_the_same(one_commit, worker, tmp_path) -> None:
    accepted_collection(tmp_path, rows=400)
    undisturbed = actions.request_run(by=None, series=SERIES, send=False)
    assert execute_run(undisturbed.pk) == RunState.SUCCEEDED
    undisturbed.refresh_from_db()
    for step in STEPS:
        with closed_gate("default", "pipelines_runstep", f"NEW.name = '{step}' AND NEW.state = 'done'"):
            run = actions.request_run(by=None, series=SERIES)
            worker.wait_until(lambda: somebody_waits("default"), 120, f"the worker to be at the end of {step}")
            worker.kill()
            worker.wait_until(lambda: not somebody_waits("default"), 30, "the killed worker's connection to end")
        assert RunStep.objects.get(run=run, name=step).state == StepState.RUNNING
        worker.start()
        actions.recover_runs()
        worker.wait_until(
            lambda run=run: PipelineRun.objects.get(pk=run.pk).is_finished, 240, f"the run killed at {step} to end"
        )
        run.refresh_from_db()
        assert run.state == RunState.SUCCEEDED, run.failure
        assert run.attempts == 2
        assert made_by(run) == made_by(undisturbed), step
    # One draft for each run: none was made twice, none is half made.
    assert DatasetVersion.objects.count() == PipelineRun.objects.count() == len(STEPS) + 1
