"""A run from seal to draft: what it makes, how it fails, and that it can be made again."""

from __future__ import annotations

import threading

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connections, transaction

from portal.core.locks import advisory_lock
from portal.core.models import AuditEvent
from portal.core.storage import private_files
from portal.datasets.models import Dataset, DatasetVersion
from portal.pipelines import actions, tasks
from portal.pipelines.comparison import compare_with_last
from portal.pipelines.enums import STEPS, RunState, StepState, Trigger
from portal.pipelines.errors import PipelineError, SpecificationError, TransitionError
from portal.pipelines.models import PipelineRun, RunStep, Snapshot
from portal.pipelines.rebuild import verify_version
from portal.pipelines.runner import MAX_ATTEMPTS, execute_run, lock_name, move
from portal.pipelines.steps import STEP_FUNCTIONS
from tests.factories.runs import SERIES, accepted_collection
from tests.factories.users import UserFactory

pytestmark = pytest.mark.django_db(databases=["default", "submissions"])


@pytest.fixture(autouse=True)
def sent(monkeypatch) -> list[int]:
    """Collect the runs that would be sent to a worker."""
    found: list[int] = []
    monkeypatch.setattr(tasks.execute, "delay", found.append)
    return found


@pytest.fixture
def collection(tmp_path):
    return accepted_collection(tmp_path)


def run_once(**options: int) -> PipelineRun:
    run = actions.request_run(by=None, series=SERIES, send=False)
    execute_run(run.pk, **options)
    run.refresh_from_db()
    assert run.state == RunState.SUCCEEDED, run.failure
    return run


def test_a_run_makes_one_draft_version_with_its_lineage(collection) -> None:
    run = run_once()
    version = DatasetVersion.objects.get(pk=run.dataset_version_id)
    assert version.state == "draft"
    assert version.dataset.slug == "pcn-headcount"
    assert version.rows == run.counts["auditing"]["observations"] > 500
    assert [step.state for step in run.steps.all()] == [StepState.DONE] * len(STEPS)
    snapshot = run.snapshots.get()
    assert version.lineage["snapshots"][0]["sha256"] == snapshot.digest
    assert version.lineage["definitions"]["perspectives"][0]["version"] == 1
    assert version.lineage["audit"]["passed"] is True
    assert version.metadata["coverage"]["by_period"]["2022-03"] == {
        "expected": 40, "accepted": 40,
        "expected_by_region": snapshot.inputs["expected_by_region"],
        "accepted_by_region": snapshot.inputs["accepted_by_region"],
    }  # fmt: skip


def test_no_direct_identifier_is_in_the_snapshot(collection) -> None:
    run = run_once()
    raw = run.snapshots.get().path.read_bytes()
    for name in (b"MADE UP", b"U00001", b"Pharmacist"):
        assert name not in raw


def test_the_same_inputs_give_the_same_bytes_with_one_thread_and_with_two(collection) -> None:
    runs = [run_once(threads=1), run_once(threads=2)]
    versions = [DatasetVersion.objects.get(pk=run.dataset_version_id) for run in runs]
    files = [{file.name: file.sha256 for file in version.files.all()} for version in versions]
    assert versions[0].digest == versions[1].digest
    assert files[0] == files[1]
    assert Snapshot.objects.count() == 1


def test_verify_release_makes_it_again_and_says_so(collection, capsys) -> None:
    run_once()
    call_command("verify_release", "pcn-headcount", "1.0.0", threads=1)
    out = capsys.readouterr().out
    assert "the dataset made again is the same bytes" in out
    assert "DIFFERS" not in out


def test_verify_release_finds_a_tampered_file_and_a_tampered_snapshot(collection) -> None:
    run = run_once()
    version = DatasetVersion.objects.get(pk=run.dataset_version_id)
    file = version.files.exclude(sha256=version.digest).first()
    for digest, words in ((file.sha256, f"stored {file.name}"), (run.snapshots.get().digest, "snapshot pcn-2022-03")):
        path = private_files.local_path(digest)
        path.chmod(0o600)
        path.write_bytes(path.read_bytes()[:-1] + b"!")
        found = verify_version(version)
        assert not found.passed
        assert any(words in text for holds, text in found.checks if not holds)
    with pytest.raises(CommandError, match="is not what its lineage says"):
        call_command("verify_release", "pcn-headcount")


def test_a_corrected_return_changes_only_the_cells_that_it_touches(collection, tmp_path) -> None:
    first = run_once()
    accepted_collection(tmp_path, rows=630)  # the same first 600 rows and 30 more
    second = run_once()
    found = compare_with_last(second)
    assert found is not None
    assert found.earlier == first
    assert found.changed > 0
    assert found.added == found.removed == 0
    assert Snapshot.objects.count() == 2


def test_without_an_accepted_return_a_run_fails_and_drafts_nothing(db) -> None:
    run = actions.request_run(by=None, series=SERIES, send=False)
    assert execute_run(run.pk) == RunState.FAILED
    run.refresh_from_db()
    assert "nothing to seal yet of “posts in accepted returns” in the family “pcn”" in run.failure
    assert run.finished_at is not None
    assert not Dataset.objects.filter(slug="pcn-headcount").exists()


@pytest.mark.parametrize("broken", STEPS)
def test_a_step_that_breaks_leaves_no_half_made_version_and_the_run_goes_on_from_it(
    collection, monkeypatch, broken
) -> None:
    done: list[str] = []
    good = dict(STEP_FUNCTIONS)

    def counted(name):
        def step(context):
            done.append(name)
            result = good[name](context)
            if name == broken and done.count(name) == 1:
                raise RuntimeError("the power went")
            return result

        return step

    for name in STEPS:
        monkeypatch.setitem(STEP_FUNCTIONS, name, counted(name))
    run = actions.request_run(by=None, series=SERIES, send=False)
    assert execute_run(run.pk) == RunState.FAILED
    assert execute_run(run.pk) == RunState.FAILED, "a failed run does nothing until somebody says so"
    run.refresh_from_db()
    assert run.failure.startswith("RuntimeError: the power went. This was not foreseen:")
    actions.retry_run(by=None, run=run, send=False)
    assert execute_run(run.pk) == RunState.SUCCEEDED
    assert done.count(broken) == 2
    assert all(done.count(name) == 1 for name in STEPS if name != broken)
    assert DatasetVersion.objects.count() == 1


def test_two_workers_never_work_on_one_series(collection, django_db_blocker) -> None:
    run = actions.request_run(by=None, series=SERIES, send=False)
    held, let_go = threading.Event(), threading.Event()

    def hold() -> None:
        with django_db_blocker.unblock(), advisory_lock(lock_name(SERIES)) as got:
            assert got
            held.set()
            let_go.wait(120)
        connections.close_all()

    other = threading.Thread(target=hold)
    other.start()
    assert held.wait(120)
    assert execute_run(run.pk) == RunState.QUEUED
    assert not RunStep.objects.filter(run=run, state=StepState.DONE).exists()
    let_go.set()
    other.join()
    assert execute_run(run.pk) == RunState.SUCCEEDED


def test_cancel_stops_a_waiting_run_at_once_and_a_working_one_at_its_next_breath(collection, monkeypatch) -> None:
    waiting = actions.request_run(by=None, series=SERIES, send=False)
    assert actions.cancel_run(by=None, run=waiting).state == RunState.CANCELLED
    working, who = (
        actions.request_run(by=None, series=SERIES, send=False),
        UserFactory(first_name="Ada", last_name="Lee"),
    )
    sealing = STEP_FUNCTIONS[RunState.SEALING]

    def cancelled_meanwhile(context):
        actions.cancel_run(by=who, run=working)
        return sealing(context)

    monkeypatch.setitem(STEP_FUNCTIONS, RunState.SEALING, cancelled_meanwhile)
    assert execute_run(working.pk) == RunState.CANCELLED
    working.refresh_from_db()
    assert working.failure == "Cancelled by Ada Lee."
    assert list(working.log_lines.values_list("level", flat=True))[-1] == "warning"
    assert {step.state for step in working.steps.all()} == {StepState.WAITING}, "a step that was stopped did not fail"
    assert not DatasetVersion.objects.exists()
    with pytest.raises(PipelineError, match="already"):
        actions.cancel_run(by=None, run=working)
    with pytest.raises(TransitionError):
        actions.retry_run(by=None, run=working)


def test_a_run_that_lost_its_worker_is_taken_up_and_after_three_times_given_up(collection, sent) -> None:
    run = actions.request_run(by=None, series=SERIES, send=False)
    move(run, RunState.SEALING)
    assert actions.recover_runs() == [run]
    run.refresh_from_db()
    assert (run.state, sent) == (RunState.QUEUED, [run.pk])
    PipelineRun.objects.filter(pk=run.pk).update(attempts=MAX_ATTEMPTS)
    move(run, RunState.SEALING)
    actions.recover_runs()
    run.refresh_from_db()
    assert run.state == RunState.FAILED
    assert "Given up" in run.failure


def test_scheduled_runs_do_not_pile_up_and_buttons_are_each_obeyed(sent, django_capture_on_commit_callbacks) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        scheduled = [actions.request_run(by=None, series=SERIES, trigger=Trigger.SCHEDULE) for _ in range(3)]
        pressed = [actions.request_run(by=None, series=SERIES, trigger=Trigger.BUTTON) for _ in range(2)]
    assert len({run.pk for run in scheduled}) == 1
    assert len({run.pk for run in pressed}) == 2
    assert [run.number for run in pressed] == [2, 3]
    assert len(sent) == 3
    assert AuditEvent.objects.filter(action="request_run").count() == 3


def test_an_unknown_series_is_not_run(db) -> None:
    with pytest.raises(SpecificationError):
        actions.request_run(by=None, series="nothing")
    assert not PipelineRun.objects.exists()


def test_changed_code_may_not_draft_where_clean_code_is_required(collection, settings, monkeypatch) -> None:
    settings.REQUIRE_CLEAN_CODE = True
    changed = {"version": "0", "commit": "abc", "dirty": True}
    monkeypatch.setattr("portal.pipelines.steps.sealing.code_version", lambda: changed)
    run = actions.request_run(by=None, series=SERIES, send=False)
    assert execute_run(run.pk) == RunState.FAILED
    run.refresh_from_db()
    assert "differs from its commit" in run.failure


def test_a_snapshot_never_changes(collection) -> None:
    run_once()
    for change in (lambda rows: rows.update(rows=1), lambda rows: rows._raw_delete("default")):
        with pytest.raises(IntegrityError), transaction.atomic():
            change(Snapshot.objects.all())


def test_run_series_says_how_it_went(collection, capsys) -> None:
    call_command("run_series", SERIES, dry_run=True)
    assert "would seal and use pcn-2022-03" in capsys.readouterr().out
    assert not PipelineRun.objects.exists()
    call_command("run_series", SERIES)
    assert "succeeded in" in capsys.readouterr().out
    with pytest.raises(CommandError, match="There is no series"):
        call_command("run_series", "pcn-headcuont")
