"""What a provider is told of its versions, and who of a parent organisation is written down for reading."""

from __future__ import annotations

import pytest
from django.urls import reverse
from rest_framework.authtoken.models import Token
from rest_framework.test import APIClient

from portal.organisations.models import Organisation
from portal.submissions.actions import (
    decide_removals,
    give_reasons,
    keep_upload,
    receive_upload,
    reopen_return,
    submit_return,
)
from portal.submissions.actions.uploads import process
from portal.submissions.models import Return, RowIssue, SubmissionsAuditEvent, Upload
from tests.factories import submissions as make

pytestmark = pytest.mark.django_db(databases=["default", "submissions"])


@pytest.fixture
def opened(db):
    make.organisation()
    return make.the_return(make.collection())


def returned(by, of_return, path, *, gone=()) -> Upload:
    upload = process(upload=receive_upload(by=by, of_return=of_return, path=path, file_name=path.name))
    keep_upload(by=by, upload=upload)
    process(upload=Upload.objects.get(pk=upload.pk))
    give_reasons(
        by=by, of_return=of_return, reasons=dict.fromkeys(RowIssue.objects.values_list("pk", flat=True), "Right")
    )
    decide_removals(by=by, of_return=of_return, choices=dict.fromkeys(gone, "left"), typed_number=1, reason="Left")
    submit_return(by=by, of_return=Return.objects.get(pk=of_return.pk))
    return upload


def test_the_history_says_which_records_came_went_and_changed_and_how(client, opened, tmp_path):
    editor = make.person("editor@example.org", Organisation.objects.get())
    client.force_login(editor)
    first = [make.record("A1"), make.record("A2"), make.record("A3")]
    returned_by = {"by": editor, "of_return": opened}
    upload = process(upload=receive_upload(**returned_by, path=make.rows_file(tmp_path, *first), file_name="staff.csv"))
    keep_upload(by=editor, upload=upload)
    process(upload=Upload.objects.get())
    submit_return(**returned_by)
    reopen_return(by=editor, of_return=opened)
    second = [make.record("A1", fte="0.5", contracted_hours="18.75", sex="male"), make.record("A2"), make.record("A4")]
    returned(editor, opened, make.rows_file(tmp_path, *second), gone=["A3"])
    answer = client.get(reverse("submissions:history", args=[opened.pk]))
    newest, oldest = answer.context["steps"]
    assert (oldest["changes"].added, oldest["changes"].rows) == (3, [])
    assert [(row.kind, row.worker) for row in newest["changes"].rows] == [
        ("added", "A4"),
        ("changed", "A1"),
        ("gone", "A3"),
    ]
    values = {name: (old, new) for name, old, new in newest["changes"].rows[1].values}
    assert values["FTE"][1] == "0.5"
    assert values["Sex"] == ("not_known", "male")
    page = answer.content.decode()
    for words in ("A4", "Added", "A3", "Gone", "is now 0.5"):
        assert words in page


def test_what_a_parent_reads_of_workers_is_written_down_wherever_it_reads(client, opened, tmp_path):
    subsidiary, parent = Organisation.objects.get(), make.organisation("GROUP1")
    own = make.person("own@example.org", subsidiary)
    bad = make.record("A1", start_date="31/02/2019")
    path = make.rows_file(tmp_path, bad, make.record("A2"))
    upload = process(upload=receive_upload(by=own, of_return=opened, path=path, file_name=path.name))
    Organisation.objects.filter(pk=subsidiary.pk).update(parent=parent, parent_access="submit")
    head = make.person("head@example.org", parent)
    api = APIClient()
    reads = [
        (client, reverse("submissions:upload_result", args=[upload.pk])),
        (client, reverse("submissions:upload_errors", args=[upload.pk])),
        (client, reverse("submissions:reasons", args=[opened.pk])),
        (client, reverse("submissions:history", args=[opened.pk])),
        (api, f"/api/v1/uploads/{upload.pk}/issues"),
        (api, f"/api/v1/returns/{opened.pk}/readiness"),
    ]
    for user, events in ((own, 0), (head, 1)):
        client.force_login(user)
        api.credentials(HTTP_AUTHORIZATION=f"Token {Token.objects.create(user=user).key}")
        for caller, url in reads:
            before = SubmissionsAuditEvent.objects.filter(action="read_identifiers").count()
            assert caller.get(url).status_code == 200, url
            after = SubmissionsAuditEvent.objects.filter(action="read_identifiers").count()
            assert after - before == events, (user, url)
