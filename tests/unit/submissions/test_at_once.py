"""Several people, second clicks, sessions that end: nothing is lost, nothing is done twice, and it is said."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections
from django.urls import reverse

from portal.submissions import processing, tasks
from portal.submissions.actions import (
    close_collection,
    discard_upload,
    keep_upload,
    receive_upload,
    save_details,
    submit_return,
    uploads,
)
from portal.submissions.actions.drafts import changing
from portal.submissions.actions.submitting import is_looked_at, readiness, refresh_findings
from portal.submissions.actions.uploads import process
from portal.submissions.errors import ActionRefused, ChangedMeanwhile
from portal.submissions.models import ColumnMapping, Record, Return, ReturnVersion, RowIssue, Upload
from portal.submissions.prepared import prepared_records
from portal.submissions.tasks import process_upload
from tests.factories import submissions as make

pytestmark = pytest.mark.django_db(databases=["default", "submissions"])


@pytest.fixture
def opened():
    make.organisation()
    return make.the_return(make.collection())


@pytest.fixture
def two(opened):
    organisation = make.Organisation.objects.get()
    return [make.person(f"{name}@example.org", organisation) for name in ("ann", "ben")]


def checked(by, of_return, path) -> Upload:
    upload = receive_upload(by=by, of_return=of_return, path=path, file_name=path.name)
    return process(upload=Upload.objects.get(pk=upload.pk))


def test_of_two_files_at_once_the_second_is_told_of_the_first(client, opened, two, tmp_path):
    ann, ben = two
    hers = checked(ann, opened, make.rows_file(tmp_path, make.record("A1"), make.record("A2")))
    his = checked(ben, opened, make.rows_file(tmp_path, make.record("B1"), name="other.csv"))
    seen = Return.objects.get().revision
    keep_upload(by=ann, upload=hers, revision=seen)
    keep_upload(by=ben, upload=his, revision=seen)
    process(upload=Upload.objects.get(pk=hers.pk))
    told = process(upload=Upload.objects.get(pk=his.pk))
    assert "Somebody else changed this return" in told.message
    assert sorted(Record.objects.values_list("worker_ref", flat=True)) == ["A1", "A2"]
    with pytest.raises(ChangedMeanwhile):
        keep_upload(by=ben, upload=his, revision=seen)
    client.force_login(ben)
    url = reverse("submissions:upload_result", args=[his.pk])
    page = client.get(url).content.decode()
    assert "ann@example.org kept “staff.csv” (2 records" in page
    now = Return.objects.get().revision
    assert f'name="revision" value="{now}"' in page
    client.post(url, {"action": "keep", "revision": now})
    process(upload=Upload.objects.get(pk=his.pk))
    assert list(Record.objects.values_list("worker_ref", flat=True)) == ["B1"]


def test_a_second_click_on_submit_shows_the_receipt_of_the_first(client, opened, two, tmp_path):
    upload = checked(two[0], opened, make.rows_file(tmp_path, make.record("A1")))
    keep_upload(by=two[0], upload=upload)
    process(upload=Upload.objects.get(pk=upload.pk))
    client.force_login(two[0])
    url = reverse("submissions:check_answers", args=[opened.pk])
    sent = {"revision": Return.objects.get().revision}
    receipts = {client.post(url, sent).url for _ in range(3)}
    assert receipts == {reverse("submissions:receipt", args=[opened.pk, 1])}
    assert ReturnVersion.objects.submitted().count() == 1
    # Another person's stale page is no second click: they are told.
    client.force_login(two[1])
    assert client.post(url, sent, follow=True).redirect_chain[-1][0] == reverse(
        "submissions:task_list", args=[opened.pk]
    )


def test_what_is_typed_when_a_session_has_ended_is_kept_for_that_person_only(client, opened, two):
    ann, ben = two
    url = reverse("submissions:new_record", args=[opened.pk])
    typed = {**make.record("KEPT-7"), "qualifications": ["msc-oh", "scphn-oh"]}

    def interrupted():
        client.force_login(ann)
        assert client.get(url).status_code == 200
        client.cookies.pop("sessionid")
        answer = client.post(url, typed)
        assert answer.status_code == 302
        assert answer.url.endswith(f"?next={url}")

    interrupted()
    client.force_login(ben)
    assert "KEPT-7" not in client.get(url).content.decode()
    interrupted()
    client.force_login(ann)
    page = client.get(url)
    assert "You were signed out before this was saved" in page.content.decode()
    assert page.content.decode().count('name="qualifications"') == 2
    assert not Record.objects.exists()
    client.post(url, {**typed, "revision": Return.objects.get().revision})
    assert Record.objects.get().worker_ref == "KEPT-7"
    assert "You were signed out" not in client.get(url).content.decode()


def test_a_file_that_came_without_a_session_is_asked_for_again(client, opened, two):
    client.force_login(two[0])
    url = reverse("submissions:upload", args=[opened.pk])
    client.get(url)
    client.cookies.pop("sessionid")
    client.post(url, {"file": SimpleUploadedFile("staff.csv", make.rows_csv(make.record()))})
    client.force_login(two[0])
    assert "The file you chose did not arrive" in client.get(url).content.decode()
    assert not Upload.objects.exists()


def test_a_file_that_is_checked_after_the_close_cannot_be_kept_and_says_so(client, opened, two, tmp_path):
    upload = checked(two[0], opened, make.rows_file(tmp_path, make.record()))
    close_collection(by=None, collection=opened.collection)
    client.force_login(two[0])
    url = reverse("submissions:upload_result", args=[upload.pk])
    page = client.get(url).content.decode()
    assert "The return takes no changes now" in page
    assert 'value="keep"' not in page
    # A page that was open before still has the button: nothing is kept, and the person is told.
    client.post(url, {"action": "keep"})
    process(upload=Upload.objects.get(pk=upload.pk))
    assert not Record.objects.exists()
    assert "is not open for returns" in client.get(url).content.decode()


@pytest.mark.slow
@pytest.mark.django_db(transaction=True, databases=["default", "submissions"])
def test_a_page_waits_for_no_file_that_is_being_stored(client, opened, two, tmp_path):
    upload = checked(two[0], opened, make.rows_file(tmp_path, make.record("A1", role="tech", registration_body="none")))
    keep_upload(by=two[0], upload=upload)
    process(upload=Upload.objects.get(pk=upload.pk))
    client.force_login(two[1])
    page = reverse("submissions:task_list", args=[opened.pk])

    def ask() -> int:
        try:
            with connections["submissions"].cursor() as cursor:
                cursor.execute("SET lock_timeout = '20s'")
            return client.get(page).status_code
        finally:
            for alias in ("default", "submissions"):
                connections[alias].close()

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(ask).result() == 200
        found = RowIssue.objects.filter(version__of_return=opened, code="Q-204")
        assert found.count() == 1
        cache.clear()
        with changing(Return.objects.get()) as locked:
            draft = locked.versions.drafts().get()
            draft.save(update_fields=["kind"])
            found.update(version=None)
            assert pool.submit(ask).result() == 200
    # Two people who look at the same moment find it once.
    draft.refresh_from_db()
    for _ in range(2):
        refresh_findings(Return.objects.get(), draft)
    assert RowIssue.objects.filter(version=draft, code="Q-204").count() == 1


def test_a_file_that_is_put_aside_while_it_is_being_stored_is_not_kept(opened, two, tmp_path, monkeypatch):
    upload = checked(two[0], opened, make.rows_file(tmp_path, make.record("A1")))
    keep_upload(by=two[0], upload=upload)
    read = uploads.prepared_records

    def meanwhile(*args: object):
        discard_upload(by=two[1], upload=upload)
        return read(*args)

    monkeypatch.setattr(uploads, "prepared_records", meanwhile)
    assert process(upload=Upload.objects.get(pk=upload.pk)).state == "discarded"
    assert not Record.objects.exists()


def test_checked_records_that_wait_are_used_only_while_all_they_rest_on_is_the_same(opened, two, tmp_path, monkeypatch):
    upload = checked(two[0], opened, make.rows_file(tmp_path, make.record("A1")))
    assert prepared_records(upload, opened)["worker_ref"].to_list() == ["A1"]
    mapping = ColumnMapping.objects.create(
        organisation_code=opened.organisation_code, form="oh-worker", heading="who", item="", changed_by_id=two[0].pk
    )
    assert prepared_records(upload, opened) is None
    mapping.delete()
    assert prepared_records(upload, opened) is not None
    fewer = make.few_roles()
    monkeypatch.setattr(fewer, "labels", lambda: ["tech"])
    monkeypatch.setattr(processing, "label_index", lambda _family: fewer)
    assert prepared_records(upload, opened) is None


def test_what_one_worker_has_another_leaves(opened, two, tmp_path, monkeypatch):
    path = make.rows_file(tmp_path, make.record("A1"))
    upload = receive_upload(by=two[0], of_return=opened, path=path, file_name="staff.csv")
    monkeypatch.setattr(tasks, "advisory_lock", lambda *_of, **_where: nullcontext(False))
    assert process_upload(upload.pk) == "another worker has it"
    assert Upload.objects.get().state == "received"


def test_what_others_return_is_looked_at_again_and_an_unchanged_draft_is_not(opened, two, tmp_path):
    upload = checked(two[0], opened, make.rows_file(tmp_path, make.record("A1")))
    assert not is_looked_at(opened)
    keep_upload(by=two[0], upload=upload)
    process_upload(upload.pk)
    now = Return.objects.get()
    assert is_looked_at(now)
    assert readiness(now, refresh=False).people == 1
    save_details(by=two[0], of_return=now, declared_headcount=40, items={})
    assert not is_looked_at(Return.objects.get())
    cache.clear()
    assert not is_looked_at(now)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True, databases=["default", "submissions"])
def test_of_many_submissions_at_the_same_moment_one_is_done(opened, two, tmp_path):
    upload = checked(two[0], opened, make.rows_file(tmp_path, make.record("A1")))
    keep_upload(by=two[0], upload=upload)
    process(upload=Upload.objects.get(pk=upload.pk))

    def submit(number: int) -> str:
        try:
            return submit_return(by=two[number % 2], of_return=Return.objects.get()).reference
        except ActionRefused as refused:
            return str(refused)
        finally:
            for alias in ("default", "submissions"):
                connections[alias].close()

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(submit, range(6)))
    version = ReturnVersion.objects.submitted().get()
    assert sum(answer == version.reference for answer in answers) == 1
    assert sum("submitted" in answer for answer in answers) == 5
    assert Record.objects.count() == 1
