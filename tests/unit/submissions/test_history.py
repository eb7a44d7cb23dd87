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
    load_return_records,
    receive_upload,
    reopen_return,
    save_details,
    save_totals,
    submit_return,
)
from portal.submissions.actions.submitting import readiness
from portal.submissions.actions.uploads import process
from portal.submissions.models import Return, RowIssue, SubmissionsAuditEvent, Upload
from portal.submissions.storing import RecordValues
from tests.factories import submissions as make
from tests.factories.users import UserFactory

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


def totals(people: int) -> list[RecordValues]:
    return [RecordValues("nur-oh-pract", people * 10**9, kind="aggregate", weight_count=people, role_group="nurses")]


def test_a_return_sent_again_is_held_against_the_collection_before_and_reasons_stay(client, opened):
    past = make.collection("oh-2026-03", reference_date="2026-03-31", title="Last year")
    load_return_records(by=None, collection=past, records={"OH001": totals(20)})
    editor = make.person("editor@example.org", Organisation.objects.get())
    save_totals(by=editor, of_return=opened, lines=totals(4))
    moved = {"movements_known": True, "joiners": 0, "leavers": 16}
    save_details(by=editor, of_return=opened, declared_headcount=4, items=moved)
    queries = {issue.code: issue.pk for issue in readiness(opened).open_queries}
    assert "Q-205" in queries
    assert "Q-210" not in queries
    give_reasons(by=editor, of_return=opened, reasons=dict.fromkeys(queries.values(), "We moved out of the city"))
    submit_return(by=editor, of_return=Return.objects.get(pk=opened.pk))
    again = reopen_return(by=editor, of_return=opened)
    save_details(by=editor, of_return=again, declared_headcount=4, items=moved)
    # It still has 16 people fewer than last year, and is told so; what was said to it is not asked again.
    ready = readiness(Return.objects.get(pk=opened.pk))
    assert {finding.code for finding in ready.findings} == set(queries)
    assert ready.open_queries == []
    client.force_login(UserFactory(is_superuser=True, is_staff=True))
    answer = client.get(reverse("collections:return", args=[opened.pk]))
    assert (answer.context["last_people"], answer.context["roles"][0].change) == (20, 4 - 20)


def test_what_can_change_nothing_shows_no_form(client, opened):
    editor = make.person("editor@example.org", Organisation.objects.get())
    client.force_login(editor)
    save_totals(by=editor, of_return=opened, lines=totals(4))
    assert b"Add the line" in client.get(reverse("submissions:totals", args=[opened.pk])).content
    submit_return(by=editor, of_return=Return.objects.get(pk=opened.pk))
    for name, args in (("upload", ()), ("new_record", ()), ("details", ()), ("question", (1,)), ("typed_record", ())):
        answer = client.get(reverse(f"submissions:{name}", args=[opened.pk, *args]), follow=True)
        assert "The return is submitted. Reopen it to change it." in answer.content.decode(), name
    page = client.get(reverse("submissions:totals", args=[opened.pk])).content.decode()
    assert "4 people in 1 line" in page
    assert "Add the line" not in page
    assert "Remove" not in page
