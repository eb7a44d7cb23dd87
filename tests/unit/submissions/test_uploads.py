"""From a file to a submitted return: good rows kept, bad ones held, nothing lost or doubled."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from portal.submissions.actions import (
    accept_return,
    carry_forward,
    choose_nil,
    choose_reading,
    close_collection,
    decide_removals,
    give_reasons,
    keep_upload,
    readiness,
    receive_upload,
    reopen_return,
    submit_return,
)
from portal.submissions.actions.uploads import process
from portal.submissions.enums import ReturnState, UploadState
from portal.submissions.errors import ActionRefused, ChangedMeanwhile, CollectionClosed
from portal.submissions.forms import load_form
from portal.submissions.matching import _guess
from portal.submissions.models import ColumnMapping, Record, RememberedReason, Return, ReturnVersion, RowIssue, Upload
from portal.submissions.querysets import accepted_records
from tests.factories import submissions as make

pytestmark = pytest.mark.django_db(databases=["default", "submissions"])


@pytest.fixture
def provider():
    return make.organisation()


@pytest.fixture
def editor(provider):
    return make.person("editor@example.org", provider)


@pytest.fixture
def opened(provider):
    return make.the_return(make.collection())


def checked(editor, of_return, path, **options: bool) -> Upload:
    upload = receive_upload(by=editor, of_return=of_return, path=path, file_name=path.name, **options)
    return process(upload=Upload.objects.get(pk=upload.pk))


def kept(editor, of_return, path, **options: bool) -> Upload:
    upload = checked(editor, of_return, path, **options)
    keep_upload(by=editor, upload=upload)
    return process(upload=Upload.objects.get(pk=upload.pk))


def test_checking_changes_nothing_and_keeping_keeps_the_good_rows(editor, opened, tmp_path):
    path = make.rows_file(
        tmp_path, make.record("A1"), make.record("A2", start_date="31/02/2019"), make.record("A3", fte="1.2")
    )
    upload = checked(editor, opened, path)
    assert (upload.state, upload.rows, upload.stored, upload.queried, upload.refused) == ("checked", 3, 2, 1, 1)
    assert not ReturnVersion.objects.exists()
    keep_upload(by=editor, upload=upload)
    upload = process(upload=Upload.objects.get(pk=upload.pk))
    assert upload.state == UploadState.KEPT
    draft = ReturnVersion.objects.get()
    assert list(draft.records.values_list("worker_ref", flat=True)) == ["A1", "A3"]
    held = draft.held_rows.get()
    assert (held.line, held.values["start_date"]) == (3, "31/02/2019")
    issue = RowIssue.objects.get(code="E-104")
    assert (issue.cell, issue.value) == ("I3", "31/02/2019")
    assert "“31/02/2019”" in issue.message
    assert opened.state == ReturnState.NOT_STARTED
    assert make.the_return(opened.collection).state == ReturnState.IN_PROGRESS


def test_a_partial_file_mends_the_rows_it_names_and_leaves_the_others(editor, opened, tmp_path):
    kept(editor, opened, make.rows_file(tmp_path, make.record("A1"), make.record("A2", fte="x")))
    kept(editor, opened, make.rows_file(tmp_path, make.record("A2", fte="0.5"), name="mended.csv"), is_partial=True)
    draft = ReturnVersion.objects.get()
    assert sorted(draft.records.values_list("worker_ref", "fte_nano")) == [("A1", 800_000_000), ("A2", 500_000_000)]
    assert not draft.held_rows.exists()
    assert draft.rows == 2


def test_submitting_makes_an_immutable_version_and_a_receipt(
    editor, opened, tmp_path, mailoutbox, django_capture_on_commit_callbacks, monkeypatch
):
    from portal.submissions import tasks

    for task in (tasks.send_receipt, tasks.deliver_message):
        monkeypatch.setattr(task, "delay", task)
    kept(editor, opened, make.rows_file(tmp_path, make.record("A1"), make.record("A2")))
    with django_capture_on_commit_callbacks(using="submissions", execute=True):
        version = submit_return(by=editor, of_return=opened)
    assert version.number == 1
    assert len(version.reference) == 14
    assert version.submitted_by_label == "editor@example.org"
    assert version.file_sha256 == Upload.objects.get().sha256
    assert [message.to for message in mailoutbox] == [["editor@example.org"]]
    assert version.reference in mailoutbox[0].body
    assert "A1" not in mailoutbox[0].body
    with pytest.raises(ActionRefused, match="The return is submitted"):
        submit_return(by=editor, of_return=opened)


def test_what_is_left_to_settle_blocks_and_is_named(editor, opened, tmp_path):
    with pytest.raises(ActionRefused, match="nothing to submit"):
        submit_return(by=editor, of_return=opened)
    kept(
        editor, opened, make.rows_file(tmp_path, make.record("A1", fte="1.2"), make.record("A2", role="nurse of space"))
    )
    with pytest.raises(ActionRefused, match="1 rows with errors, 1 queries without a reason"):
        submit_return(by=editor, of_return=opened)


def test_a_reason_is_remembered_for_the_next_return(editor, opened, tmp_path):
    path = make.rows_file(tmp_path, make.record("A1", fte="1.2"))
    kept(editor, opened, path)
    issue = RowIssue.objects.get(code="Q-102")
    give_reasons(by=editor, of_return=opened, reasons={issue.pk: "Two sites"})
    submit_return(by=editor, of_return=opened)
    later = make.the_return(make.collection("oh-2028-03", reference_date=dt.date(2028, 3, 31)))
    kept(editor, later, make.rows_file(tmp_path, make.record("A1", fte="1.2"), name="next.csv"))
    assert RememberedReason.objects.get().reason == "Two sites"
    assert readiness(later).is_ready
    assert RowIssue.objects.get(version__of_return=later, code="Q-102").reason == "Two sites (as said before)"


def test_nobody_is_removed_by_omission(editor, opened, tmp_path):
    kept(editor, opened, make.rows_file(tmp_path, *[make.record(f"A{n}") for n in range(12)]))
    submit_return(by=editor, of_return=opened)
    later = make.the_return(make.collection("oh-2028-03", reference_date=dt.date(2028, 3, 31)))
    upload = kept(editor, later, make.rows_file(tmp_path, *[make.record(f"A{n}") for n in range(9)], name="next.csv"))
    assert upload.summary["absent"] == 3
    ready = readiness(later)
    assert ready.absent == ["A10", "A11", "A9"]
    with pytest.raises(ActionRefused, match="3 workers who are not in the file"):
        submit_return(by=editor, of_return=later)
    choices = {"A9": "left", "A10": "moved", "A11": "still_here"}
    with pytest.raises(ActionRefused, match="Type 2 and give a reason"):
        decide_removals(by=editor, of_return=later, choices=choices, typed_number=3, reason="Closed a clinic")
    decide_removals(by=editor, of_return=later, choices=choices, typed_number=2, reason="Closed a clinic")
    draft = ReturnVersion.objects.drafts().get(of_return=later)
    assert sorted(draft.records.values_list("worker_ref", flat=True)) == sorted([f"A{n}" for n in range(9)] + ["A11"])
    assert readiness(later).absent == []


@pytest.mark.parametrize(
    ("absent", "before", "needed"),
    [(5, 100, False), (6, 100, True), (1, 10, False), (1, 9, True), (2, 19, True), (0, 5, False)],
)
def test_many_removals_need_a_typed_number(absent, before, needed):
    from portal.submissions.actions.submitting import needs_typed_number

    assert needs_typed_number(absent, before) is needed


def test_last_years_records_are_carried_forward_and_confirmed(editor, opened, tmp_path):
    kept(editor, opened, make.rows_file(tmp_path, make.record("A1", registration_number="18A1234E")))
    submit_return(by=editor, of_return=opened)
    later = make.the_return(make.collection("oh-2028-03", reference_date=dt.date(2028, 3, 31)))
    carry_forward(by=editor, of_return=later, confirm=True)
    version = submit_return(by=editor, of_return=later)
    old, new = Record.objects.order_by("pk")
    assert version.confirmed_unchanged_on == new.confirmed_unchanged_on == timezone.localdate()
    assert old.confirmed_unchanged_on is None
    assert (old.worker_key, old.registration_key) == (new.worker_key, new.registration_key)
    assert old.record_key != new.record_key


def test_a_nil_return_is_a_choice(editor, opened):
    choose_nil(by=editor, of_return=opened)
    version = submit_return(by=editor, of_return=opened)
    assert (version.kind, version.rows) == ("nil", 0)


def test_two_people_at_once_lose_nothing(editor, opened, tmp_path):
    seen = opened.revision
    first, second = checked(editor, opened, make.rows_file(tmp_path, make.record("A1"))), None
    keep_upload(by=editor, upload=first)
    process(upload=Upload.objects.get(pk=first.pk))
    with pytest.raises(ChangedMeanwhile, match="Somebody else changed"):
        choose_nil(by=editor, of_return=opened, revision=seen)
    second = keep_upload  # a double click on a kept file
    with pytest.raises(ActionRefused, match="kept in the draft"):
        second(by=editor, upload=first)
    assert Record.objects.count() == 1


def test_a_collection_that_closes_during_an_upload_says_so(editor, opened, tmp_path):
    upload = checked(editor, opened, make.rows_file(tmp_path, make.record("A1")))
    keep_upload(by=editor, upload=upload)
    close_collection(by=None, collection=opened.collection)
    upload = process(upload=Upload.objects.get(pk=upload.pk))
    assert (upload.state, upload.keep_requested_at) == (UploadState.CHECKED, None)
    assert "is not open for returns" in upload.message
    assert Record.objects.count() == 0
    with pytest.raises(CollectionClosed):
        receive_upload(
            by=editor, of_return=make.the_return(opened.collection), path=tmp_path / "staff.csv", file_name="x.csv"
        )


def test_after_closing_only_the_oh_team_reopens_with_a_reason(editor, opened, tmp_path):
    kept(editor, opened, make.rows_file(tmp_path, make.record("A1")))
    submit_return(by=editor, of_return=opened)
    reopen_return(by=editor, of_return=opened)
    submit_return(by=editor, of_return=opened)
    close_collection(by=None, collection=opened.collection)
    with pytest.raises(ActionRefused, match="Only the OH team"):
        reopen_return(by=editor, of_return=opened)
    with pytest.raises(ActionRefused, match="reason"):
        reopen_return(by=editor, of_return=opened, by_oh_team=True)
    reopen_return(by=editor, of_return=opened, by_oh_team=True, reason="Wrong file sent")
    version = submit_return(by=editor, of_return=opened)
    assert version.number == 3
    accept_return(by=None, of_return=opened)
    assert len(list(accepted_records(opened.collection.code))) == 1


def test_a_test_return_never_counts(editor, opened, tmp_path):
    from portal.submissions.actions import start_test_return

    test = start_test_return(by=editor, of_return=opened)
    kept(editor, test, make.rows_file(tmp_path, make.record("A1")))
    submit_return(by=editor, of_return=test)
    accept_return(by=None, of_return=test)
    assert list(accepted_records(opened.collection.code)) == []
    assert Return.objects.counting().get().state == ReturnState.NOT_STARTED


def test_a_heading_is_guessed_by_its_words_and_never_by_a_part_of_one() -> None:
    free = load_form("oh-worker-1").by_heading
    guessed = {heading: _guess(free, heading) for heading in ("wrker key", "start date in job", "percent oh time")}
    assert guessed == {"wrker key": "worker_key", "start date in job": "start_date", "percent oh time": "oh_share"}
    for heading in ("first names", "date of birth", "course level", "employing school urn", "degree: graduation year"):
        assert _guess(free, heading) == "", heading


def test_columns_are_matched_by_a_person_once_and_remembered(editor, opened, tmp_path):
    rows = make.rows_csv(make.record("A1")).replace(b"Worker key", b"Who").replace(b"FTE", b"Part of week")
    path = tmp_path / "own.csv"
    path.write_bytes(rows)
    upload = checked(editor, opened, path)
    assert upload.state == UploadState.MAPPING
    assert upload.reading["missing"] == ["worker_key"]
    assert upload.reading["unmatched"]["Who"] not in upload.reading["columns"]
    choose_reading(by=editor, upload=upload, choices={"columns": {"Who": "worker_key", "Part of week": "fte"}})
    upload = process(upload=Upload.objects.get(pk=upload.pk))
    assert (upload.state, upload.stored) == (UploadState.CHECKED, 1)
    assert ColumnMapping.objects.count() == 2
    again = checked(editor, opened, path)
    assert (again.state, again.stored) == (UploadState.CHECKED, 1)


def test_another_table_is_refused_with_what_was_expected(editor, opened, tmp_path):
    path = tmp_path / "toilets.csv"
    path.write_bytes(b"Borough,Toilets\nCamden,3\n")
    upload = checked(editor, opened, path)
    assert upload.state == UploadState.REFUSED
    assert "Borough, Toilets" in upload.message
    assert "Worker key" in upload.message


def test_a_worker_that_dies_in_the_middle_loses_nothing(editor, opened, tmp_path):
    upload = receive_upload(
        by=editor, of_return=opened, path=make.rows_file(tmp_path, make.record("A1")), file_name="a.csv"
    )
    Upload.objects.filter(pk=upload.pk).update(state=UploadState.CHECKING, attempts=1, rows=500, progress=40)
    upload = process(upload=Upload.objects.get(pk=upload.pk))
    assert (upload.state, upload.rows) == (UploadState.CHECKED, 1)
    Upload.objects.filter(pk=upload.pk).update(state=UploadState.CHECKING, attempts=3)
    upload = process(upload=Upload.objects.get(pk=upload.pk))
    assert upload.state == UploadState.REFUSED
    assert "three attempts" in upload.message
