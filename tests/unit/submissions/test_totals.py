"""Totals instead of records: by form, by file and by API, to the snapshot."""

from __future__ import annotations

import io

import pytest
from django.urls import reverse
from rest_framework.test import APIClient

from portal.submissions.actions import accept_return, submit_return
from portal.submissions.models import Record, Return, ReturnVersion
from portal.submissions.querysets import SNAPSHOT_COLUMNS, accepted_records
from tests.factories import submissions as make

pytestmark = pytest.mark.django_db(databases=["default", "submissions"])

LINE = {"role": "nur-oh-pract", "people": "4", "total_fte": "3.2", "region": "Y60"}


@pytest.fixture
def opened():
    make.organisation()
    return make.the_return(make.collection())


@pytest.fixture
def editor(client, opened):
    user = make.person("editor@example.org", make.Organisation.objects.get())
    client.force_login(user)
    return user


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ({"people": "0"}, "not a whole number from 1"),
        ({"people": "2.5"}, "not a whole number from 1"),
        ({"people": ""}, "People is required"),
        ({"total_fte": "8.1"}, "more than 2 for each of 4 people"),
        ({"total_fte": "-1"}, "not between 0"),
        ({"role": "nobody"}, "is no role in the register"),
        ({"region": "Y99"}, "is not in the list"),
        ({}, "Line 1 stands for the same people"),
    ],
)
def test_a_line_that_cannot_be_is_named(client, editor, opened, line, says):
    url = reverse("submissions:totals", args=[opened.pk])
    assert client.post(url, LINE).status_code == 302
    answer = client.post(url, {**LINE, **line})
    assert answer.status_code == 422
    assert says in answer.content.decode()
    assert Record.objects.count() == 1


def test_totals_by_form_and_file_reach_the_snapshot(client, editor, opened):
    url = reverse("submissions:totals", args=[opened.pk])
    assert client.get(url).status_code == 200
    client.post(url, LINE)
    client.post(url, {**LINE, "role": "doc-doccmed", "people": "1", "total_fte": "0.5"})
    client.post(url, {"action": "remove", "line": "1", "revision": Return.objects.get().revision})
    assert Record.objects.get().role_code == "doc-doccmed"
    bad = io.BytesIO(b"Role,People,FTE in total,Region of work\nnur-oh-pract,4,3.2,Y60\nnur-oh-pract,x,1,Y60\n")
    bad.name = "totals.csv"
    assert "B3: line 3: E-105" in client.post(url, {"action": "file", "file": bad}).content.decode()
    good = io.BytesIO(b"Region;Role;Headcount;WTE;Sex\nMidlands;nur-oh-pract;4;3.2;F\nY60;doc-doccmed;1;1;M\n")
    good.name = "totals.csv"
    assert client.post(url, {"action": "file", "file": good}).status_code == 302
    version = submit_return(by=editor, of_return=Return.objects.get())
    assert (version.kind, version.rows) == ("aggregate", 2)
    accept_return(by=None, of_return=Return.objects.get())
    rows = [dict(zip(SNAPSHOT_COLUMNS, row, strict=True)) for row in accepted_records(opened.collection.code)]
    assert sorted(
        (row["role_code"], row["kind"], row["weight_count"], row["fte_nano"], row["sex"]) for row in rows
    ) == [
        ("doc-doccmed", "aggregate", 1, 10**9, "male"),
        ("nur-oh-pract", "aggregate", 4, 3_200_000_000, "female"),
    ]
    assert {row["worker_key"] for row in rows} == {None}


def test_totals_and_details_by_api(editor, opened):
    api = APIClient()
    api.force_authenticate(editor)
    url = f"/api/v1/returns/{opened.pk}/totals"
    wrong = api.put(url, {"lines": [{**LINE, "people": "x"}]}, format="json")
    assert (wrong.status_code, wrong.json()["errors"][0]["code"]) == (422, "E-105")
    assert api.put(url, {"lines": [LINE], "dry_run": True}, format="json").json() == {"lines": 1, "people": 4}
    assert not ReturnVersion.objects.exists()
    assert api.put(url, {"lines": [LINE]}, format="json").status_code == 200
    assert api.put(url, {"lines": [LINE], "revision": 0}, format="json").status_code == 409
    assert api.put(url, {"lines": [{"wages": "1"}]}, format="json").status_code == 400
    details = f"/api/v1/returns/{opened.pk}/details"
    assert api.put(details, {"flows": [{"role_code": "nobody"}]}, format="json").status_code == 400
    assert api.put(details, {"declared_headcount": 4}, format="json").status_code == 200
    assert ReturnVersion.objects.get().declared_headcount == 4
