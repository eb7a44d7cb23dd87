"""Personal data goes after its date; what figures point to stays."""

from __future__ import annotations

import datetime as dt
import hashlib

import pytest
from django.core.management import call_command
from django.db import DatabaseError, transaction
from django.utils import timezone

from portal.core.storage import private_files
from portal.submissions.actions import (
    accept_return,
    close_collection,
    keep_upload,
    receive_upload,
    seal_collection,
    submit_return,
)
from portal.submissions.actions.uploads import process
from portal.submissions.models import Record, RegisteredWorker, ReturnVersion, RowIssue, Upload
from portal.submissions.querysets import SNAPSHOT_COLUMNS, accepted_summary, copy_accepted_records
from tests.factories import submissions as make

pytestmark = pytest.mark.django_db(databases=["default", "submissions"])


def test_after_the_retention_date_personal_data_is_gone_and_lineage_stays(tmp_path, capsys):
    editor = make.person("e@example.org", make.organisation())
    opened = make.the_return(make.collection(retain_until=timezone.localdate() - dt.timedelta(days=1)))
    path = make.rows_file(tmp_path, make.record("NAMED1", registration_number="18A1234E"), make.record("NAMED2"))
    upload = process(upload=receive_upload(by=editor, of_return=opened, path=path, file_name="staff.csv"))
    keep_upload(by=editor, upload=upload)
    stored_as = process(upload=Upload.objects.get()).stored_as
    submit_return(by=editor, of_return=opened)
    accept_return(by=None, of_return=opened)
    assert RegisteredWorker.objects.count() == 1
    sink = tmp_path / "snapshot.csv"
    copy_accepted_records(opened.collection.code, sink)
    sealed = hashlib.sha256(sink.read_bytes()).hexdigest()
    before = accepted_summary(opened.collection.code)["return_versions"]
    with pytest.raises(DatabaseError, match="refused"), transaction.atomic("submissions"):
        Record.objects.all().delete()

    call_command("erase_personal_data")
    assert "No collection" in capsys.readouterr().out  # it is not sealed yet
    close_collection(by=None, collection=opened.collection)
    seal_collection(by=None, collection=opened.collection)
    call_command("erase_personal_data", dry_run=True)
    assert "2 records, 1 files and 0 findings would be erased" in capsys.readouterr().out
    assert Record.objects.count() == 2
    call_command("erase_personal_data")
    assert Record.objects.count() == RowIssue.objects.count() == RegisteredWorker.objects.count() == 0
    assert not private_files.exists(stored_as)
    version = ReturnVersion.objects.get()
    assert version.erased_at is not None
    assert accepted_summary(opened.collection.code)["return_versions"] == before
    # The snapshot was sealed before and never held an identifier.
    text = sink.read_text()
    assert hashlib.sha256(text.encode()).hexdigest() == sealed
    assert not {"worker_ref", "registration_key"} & set(SNAPSHOT_COLUMNS)
    assert all(secret not in text for secret in ("NAMED1", "NAMED2", "18A1234E"))
    call_command("erase_personal_data")
    assert "No collection" in capsys.readouterr().out
