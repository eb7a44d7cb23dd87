"""A real worker, killed as by a power cut at each step: the run goes on and makes the same bytes."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import psycopg
import pytest
from django.db import connection

from portal.datasets.models import DatasetVersion
from portal.pipelines import actions
from portal.pipelines.code_version import code_version
from portal.pipelines.enums import STEPS, RunState, StepState
from portal.pipelines.models import PipelineRun, RunStep
from portal.pipelines.runner import execute_run
from tests.factories.runs import SERIES, accepted_collection
from tests.fixtures.worker import database_url

if TYPE_CHECKING:
    from collections.abc import Iterator

GATE = 7_770_001

pytestmark = [
    pytest.mark.worker,
    pytest.mark.django_db(transaction=True, databases=["default", "submissions"]),
]


@contextmanager
def closed_gate(step: str) -> Iterator[None]:
    """Hold a worker at the moment when it has done a step and is about to write that down."""
    with psycopg.connect(database_url("default", "owner"), autocommit=True) as holder:
        holder.execute("SELECT pg_advisory_lock(%s)", [GATE])
        holder.execute(f"""
            CREATE OR REPLACE FUNCTION test_gate() RETURNS trigger LANGUAGE plpgsql AS $body$
            BEGIN
                IF NEW.name = '{step}' AND NEW.state = 'done' THEN PERFORM pg_advisory_xact_lock({GATE}); END IF;
                RETURN NEW;
            END $body$;
            CREATE OR REPLACE TRIGGER test_gate BEFORE UPDATE ON pipelines_runstep
            FOR EACH ROW EXECUTE FUNCTION test_gate()""")
        try:
            yield
        finally:
            holder.execute("SELECT pg_advisory_unlock(%s)", [GATE])
            holder.execute("DROP TRIGGER IF EXISTS test_gate ON pipelines_runstep")


def notice_dead_clients() -> None:
    """Let PostgreSQL end a statement whose client is gone, as it would when it next speaks to it."""
    with connection.cursor() as cursor:
        name = connection.settings_dict["NAME"]
        cursor.execute(f"ALTER DATABASE {name} SET client_connection_check_interval = '200ms'")


def somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND objid = %s", [GATE]
        )
        return cursor.fetchone()[0] > 0


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
    notice_dead_clients()
    worker.stop()
    worker.start()
    for step in STEPS:
        with closed_gate(step):
            run = actions.request_run(by=None, series=SERIES)
            worker.wait_until(somebody_waits, 120, f"the worker to be at the end of {step}")
            worker.kill()
            worker.wait_until(lambda: not somebody_waits(), 30, "the killed worker's connection to end")
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
