"""Every real file, from its upload to the draft: read whole or refused in words, never half stored."""

from __future__ import annotations

import csv
from itertools import zip_longest
from pathlib import Path

import pytest

from portal.submissions.actions import choose_reading, keep_upload, receive_upload, uploads
from portal.submissions.actions.uploads import preview, process
from portal.submissions.enums import UploadState
from portal.submissions.errors import ActionRefused
from portal.submissions.forms import load_form
from portal.submissions.models import ColumnMapping, HeldRow, Record, RowIssue, Upload
from portal.submissions.reading import Refused
from tests.factories import submissions as make

OUTCOMES = Path(__file__).parent / "reading_outcomes.tsv"
#: A person who says of every column of a foreign table that it is one of the form's, in this order.
ITEMS = [item.name for item in sorted(load_form("oh-worker-1").items, key=lambda item: not item.required)]


#: Of a table that is wrong from end to end a few hundred findings tell as much as all.
MOST_ISSUES = 300


def sent(editor, of_return, path: Path) -> Upload:
    upload = receive_upload(by=editor, of_return=of_return, path=path, file_name=path.name)
    return process(upload=Upload.objects.get(pk=upload.pk))


def forced(editor, upload: Upload) -> Upload:
    """Read a foreign table as a staff file all the same: its columns are taken for the form's, one by one."""
    try:
        headings = list(dict.fromkeys(heading for heading in preview(upload).table.headings if heading))
    except Refused:
        headings = ["Worker key"]
    columns = dict(zip_longest(headings, ITEMS[: len(headings)], fillvalue=""))
    again = choose_reading(by=editor, upload=upload, choices={"columns": columns})
    return process(upload=Upload.objects.get(pk=again.pk))


def outcome(upload: Upload) -> str:
    """Say in a few words what became of a file."""
    if upload.state == UploadState.REFUSED:
        assert len(upload.message) > 30, upload.file_name
        return upload.summary["code"]
    assert upload.state in {UploadState.MAPPING, UploadState.CHECKED}, f"{upload.file_name}: {upload.state}"
    assert upload.rows == upload.stored + upload.refused, upload.file_name
    if upload.state == UploadState.MAPPING:
        return "asks for columns"
    return f"{upload.state} {upload.rows}"


def keep(editor, upload: Upload) -> None:
    """Keep what is good: all of it is in the draft, and the other rows wait beside it."""
    if upload.state != UploadState.CHECKED or not upload.stored:
        with pytest.raises(ActionRefused):
            keep_upload(by=editor, upload=upload)
        return
    keep_upload(by=editor, upload=upload)
    done = process(upload=Upload.objects.get(pk=upload.pk))
    assert done.state == UploadState.KEPT, done.message
    assert (Record.objects.count(), HeldRow.objects.filter(upload=done).count()) == (upload.stored, upload.refused)


@pytest.mark.slow
@pytest.mark.django_db(databases=["default", "submissions"])
def test_every_real_file_is_read_whole_or_refused_and_none_is_half_stored(shared_data, monkeypatch):
    monkeypatch.setattr(uploads, "MOST_ISSUES", MOST_ISSUES)
    rows = list(csv.DictReader(OUTCOMES.read_text().splitlines(), delimiter="\t"))
    organisation = make.organisation()
    editor, of_return = make.person("editor@example.org", organisation), make.the_return(make.collection())
    found = {}
    for row in rows:
        first = sent(editor, of_return, shared_data / row["file"])
        as_sent = outcome(first)
        second = forced(editor, first)
        as_forced = outcome(second)
        faults = RowIssue.objects.filter(upload=second, severity="error").values("line").distinct().count()
        assert faults == second.refused or second.summary["listed"] == MOST_ISSUES, row["file"]
        keep(editor, second)
        ColumnMapping.objects.all().delete()
        found[row["file"]] = (as_sent, as_forced)
    assert found == {row["file"]: (row["as an upload"], row["with columns forced"]) for row in rows}
