"""Returns by API: the same checks and messages, once for each key, nothing of anybody else's."""

from __future__ import annotations

import json
from io import BytesIO

import pytest
from rest_framework.authtoken.models import Token
from rest_framework.test import APIClient

from portal.organisations.enums import MemberRole
from portal.submissions.actions.uploads import process
from portal.submissions.models import ReturnVersion, Upload
from tests.factories import submissions as make

pytestmark = pytest.mark.django_db(databases=["default", "submissions"])


@pytest.fixture
def opened():
    make.organisation()
    return make.the_return(make.collection())


def caller(email: str, code: str, role: str = MemberRole.EDITOR) -> APIClient:
    user = make.person(email, make.Organisation.objects.get(code=code), role)
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {Token.objects.create(user=user).key}")
    return client


def run_jobs():
    for upload in Upload.objects.filter(of_return__isnull=False):
        process(upload=upload)


def test_records_go_in_are_checked_kept_and_submitted(opened):
    client = caller("system@example.org", "OH001")
    body = {"records": [make.record("A1"), make.record("A2", start_date="31/02/2019")]}
    made = client.post(f"/api/v1/returns/{opened.pk}/uploads", body, format="json")
    assert made.status_code == 202
    run_jobs()
    status = client.get(made["Location"]).json()
    assert (status["state"], status["rows"], status["stored"], status["refused"]) == ("checked", 2, 1, 1)
    issue = client.get(f"{made['Location']}/issues").json()["results"][0]
    assert (issue["code"], issue["item"], issue["value"]) == ("E-104", "start_date", "31/02/2019")
    assert not ReturnVersion.objects.exists()
    assert client.post(f"{made['Location']}/keep").status_code == 202
    run_jobs()
    refused = client.post(f"/api/v1/returns/{opened.pk}/submit")
    assert refused.status_code == 409
    assert "1 rows with errors" in refused.json()["detail"]
    assert client.get(f"/api/v1/returns/{opened.pk}/readiness").json()["rows_with_errors"] == 1
    client.post(
        f"/api/v1/returns/{opened.pk}/uploads", {"records": [make.record("A2")], "is_partial": True}, format="json"
    )
    run_jobs()
    client.post(f"/api/v1/uploads/{Upload.objects.latest('pk').pk}/keep")
    run_jobs()
    done = client.post(f"/api/v1/returns/{opened.pk}/submit", headers={"Idempotency-Key": "k1"})
    assert (done.status_code, done.json()["records"]) == (201, 2)
    again = client.post(f"/api/v1/returns/{opened.pk}/submit", headers={"Idempotency-Key": "k1"})
    assert (again.status_code, again.json()) == (201, done.json())
    assert again["Idempotency-Replayed"] == "true"
    assert ReturnVersion.objects.count() == 1
    assert client.get("/api/v1/returns").json()["results"][0]["reference"] == done.json()["reference"]


def test_a_key_does_a_request_once_and_only_that_request(opened):
    client = caller("system@example.org", "OH001")
    url = f"/api/v1/returns/{opened.pk}/uploads"
    first = client.post(url, {"records": [make.record("A1")]}, format="json", headers={"Idempotency-Key": "same"})
    second = client.post(url, {"records": [make.record("A1")]}, format="json", headers={"Idempotency-Key": "same"})
    assert first.json() == second.json()
    assert Upload.objects.count() == 1
    other = client.post(url, {"records": [make.record("A2")]}, format="json", headers={"Idempotency-Key": "same"})
    assert other.status_code == 400
    assert Upload.objects.count() == 1


def test_a_file_and_faulty_json(opened):
    client = caller("system@example.org", "OH001")
    url = f"/api/v1/returns/{opened.pk}/uploads"
    file = BytesIO(make.rows_csv(make.record("A1")))
    file.name = "staff.csv"
    assert client.post(url, {"file": file}, format="multipart").status_code == 202
    for body in ({}, {"records": []}, {"records": [{"name": "Jo"}]}, {"records": "x"}, []):
        assert client.post(url, data=json.dumps(body), content_type="application/json").status_code == 400, body
    assert Upload.objects.count() == 1


def test_nothing_of_anothers_by_any_route(opened):
    owner = caller("system@example.org", "OH001")
    upload = owner.post(
        f"/api/v1/returns/{opened.pk}/uploads", {"records": [make.record("SECRET")]}, format="json"
    ).json()
    run_jobs()
    make.organisation("OTHER1")
    stranger = caller("stranger@example.org", "OTHER1", MemberRole.OWNER)
    viewer = caller("viewer@example.org", "OH001", MemberRole.VIEWER)
    paths = [
        f"returns/{opened.pk}",
        f"returns/{opened.pk}/readiness",
        f"returns/{opened.pk}/uploads",
        f"returns/{opened.pk}/submit",
    ]
    paths += [f"uploads/{upload['id']}{end}" for end in ("", "/issues", "/keep", "/discard")]
    for path in paths:
        for method in (stranger.get, stranger.post):
            answer = method(f"/api/v1/{path}")
            assert answer.status_code in {404, 405}, path
            assert b"SECRET" not in answer.content
        assert APIClient().get(f"/api/v1/{path}").status_code in {401, 405}
        assert viewer.post(f"/api/v1/{path}").status_code in {404, 405}
    assert viewer.get(f"/api/v1/returns/{opened.pk}").status_code == 200
    assert [row["organisation_code"] for row in stranger.get("/api/v1/returns").json()["results"]] == []
    assert APIClient().get("/api/v1/forms/oh-worker-1").json()["form"] == "oh-worker-1"
