"""Personal data are erased; the snapshot, the published statistics and their rebuilding are not touched by it."""

from __future__ import annotations

import datetime as dt

import pytest
from django.apps import apps
from django.utils import timezone

from portal.core.privacy import PrivacyClass
from portal.core.storage import private_files
from portal.datasets.models import DatasetVersion
from portal.pipelines import actions, tasks
from portal.pipelines.enums import RunState
from portal.pipelines.models import PipelineRun, Snapshot
from portal.pipelines.rebuild import verify_version
from portal.pipelines.runner import execute_run
from portal.submissions.actions import close_collection, seal_collection
from portal.submissions.actions.retention import due_collections, erase_collection
from portal.submissions.models import Record, ReturnVersion, Upload
from tests.factories.runs import SERIES, accepted_collection

pytestmark = [pytest.mark.slow, pytest.mark.django_db(databases=["default", "submissions"])]

#: What may stay of a person in these: who pressed a button, and the trail of it, which is append only.
MAY_STAY = {
    ("SubmissionsAuditEvent", "actor_label"),
    ("ReturnVersion", "submitted_by_label"),
    ("ReturnVersion", "organisation_key"),
    ("ReturnVersion", "organisation_group_key"),
    ("Upload", "uploaded_by_label"),
    ("SubmissionsAuditEvent", "reason"),
    ("SubmissionsAuditEvent", "detail"),
    ("Upload", "file_name"),
}


def _run() -> PipelineRun:
    run = actions.request_run(by=None, series=SERIES, send=False)
    execute_run(run.pk)
    run.refresh_from_db()
    assert run.state == RunState.SUCCEEDED, run.failure
    return run


def _personal() -> dict[str, int]:
    """Count, for each field that tells something about a person, the rows where it is not empty."""
    found = {}
    for model in apps.get_app_config("submissions").get_models():
        for name, privacy in model.privacy.items():
            if privacy == PrivacyClass.OPERATIONAL or (model.__name__, name) in MAY_STAY:
                continue
            empty = [None, "", {}, [], "not_known"]
            count = sum(value not in empty for value in model.objects.values_list(name, flat=True))
            if count:
                found[f"{model.__name__}.{name}"] = count
    return found


def test_after_erasure_the_statistics_rebuild_to_the_same_bytes(tmp_path, monkeypatch):
    monkeypatch.setattr(tasks.execute, "delay", lambda _pk: None)
    collection = accepted_collection(tmp_path)
    first = _run()
    version = DatasetVersion.objects.get(pk=first.dataset_version_id)
    files = {file.name: file.sha256 for file in version.files.all()}
    snapshot = Snapshot.objects.get()
    raw = [name for name in Upload.objects.values_list("stored_as", flat=True) if name]
    assert _personal()["Record.worker_ref"] > 500

    close_collection(by=None, collection=collection)
    seal_collection(by=None, collection=collection)
    collection.refresh_from_db()
    collection.retain_until = timezone.localdate() - dt.timedelta(days=1)
    collection.save()
    assert due_collections() == [collection]
    rehearsed = erase_collection(by=None, collection=collection, dry_run=True)
    assert erase_collection(by=None, collection=collection) == rehearsed
    assert rehearsed.records > 500

    assert _personal() == {}
    assert Record.objects.count() == 0
    assert not any(private_files.exists(name) for name in raw)
    assert ReturnVersion.objects.filter(erased_at=None).count() == 0

    # The published version is made again from the sealed snapshot, byte for byte.
    found = verify_version(version)
    assert found.passed, found.checks
    # A new run meets the erased collection too, and takes the snapshot that was sealed before.
    again = _run()
    second = DatasetVersion.objects.get(pk=again.dataset_version_id)
    assert second.digest == version.digest
    assert {file.name: file.sha256 for file in second.files.all()} == files
    assert list(Snapshot.objects.all()) == [snapshot]
