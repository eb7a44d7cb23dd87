"""A worker killed as by a power cut while it checks or keeps an upload: nothing is lost, half stored or doubled."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from portal.submissions import tasks
from portal.submissions.actions import keep_upload, receive_upload
from portal.submissions.models import Record, RowIssue, Upload
from tests.factories import definitions as register
from tests.factories import submissions as make
from tests.fixtures.worker import closed_gate, somebody_waits

pytestmark = [
    pytest.mark.worker,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True, databases=["default", "submissions"]),
]


def resume_as_the_schedule_does() -> None:
    """What beat does every few minutes, for uploads that have waited long enough."""
    long_ago = timezone.now() - dt.timedelta(minutes=10)
    Upload.objects.update(created_at=long_ago)
    Upload.objects.exclude(keep_requested_at=None).update(keep_requested_at=long_ago)
    tasks.resume_uploads()


def test_a_killed_worker_loses_nothing_of_an_upload(worker, tmp_path):
    register.published_role(register.person("author"), register.approver(), "nur-oh-pract", group="nurses")
    organisation = make.organisation()
    of_return = make.the_return(make.collection())
    editor = make.person("editor@example.org", organisation)
    rows = [make.record(f"A{number}") for number in range(300)] + [make.record("A300", fte="x")]
    path = make.rows_file(tmp_path, *rows)

    with closed_gate("submissions", "submissions_upload", "NEW.state = 'checked'"):
        upload = receive_upload(by=editor, of_return=of_return, path=path, file_name="staff.csv")
        worker.wait_until(lambda: somebody_waits("submissions"), what="the worker to have checked the file")
        worker.kill()
    assert Upload.objects.get().state == "checking"
    assert not RowIssue.objects.exists()
    worker.start()
    resume_as_the_schedule_does()
    worker.wait_until(lambda: Upload.objects.get().state == "checked", what="another worker to check the file")
    assert (Upload.objects.get().stored, RowIssue.objects.count()) == (300, 1)

    with closed_gate("submissions", "submissions_upload", "NEW.state = 'kept'"):
        keep_upload(by=editor, upload=upload)
        worker.wait_until(lambda: somebody_waits("submissions"), what="the worker to have stored the rows")
        worker.kill()
    assert (Upload.objects.get().state, Record.objects.count()) == ("checked", 0)
    worker.start()
    resume_as_the_schedule_does()
    worker.wait_until(lambda: Upload.objects.get().state == "kept", what="another worker to keep the rows")
    assert Record.objects.count() == 300
    assert Upload.objects.get().version.held_rows.count() == 1
