"""Groups of observations, the limits of one query, and previews of drafts."""

import datetime as dt
import json

import duckdb
import freezegun
import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from portal.core.models import AuditEvent
from portal.datasets import actions, limits
from portal.datasets.errors import ActionRefused
from tests.factories.datasets import PERIODS, make_dataset, make_draft, make_metadata, make_published, make_user

pytestmark = pytest.mark.django_db
API = "/api/v1/datasets/staff"


@pytest.fixture
def version(tmp_path):
    return make_published(make_dataset("staff"), tmp_path)


def post(client, **body: object):
    return client.post(f"{API}/query", json.dumps(body), content_type="application/json")


@pytest.mark.parametrize(
    ("names", "where"),
    [(["time_period"], None), (["role_code", "geography_code"], "nur"), (["source"], None), (["measure"], None)],
)
def test_groups_agree_with_another_engine(client, version, names, where):
    criteria = {"where": {"role_code": {"eq": where}}} if where else {}
    answer = post(client, group_by=names, aggregates=["count", "hidden", "sum", "mean", "min", "max"], **criteria)
    columns = ", ".join([*names, *([] if "measure" in names else ["measure"])])
    condition = f"WHERE role_code = '{where}'" if where else ""
    with duckdb.connect() as con:
        wanted = con.sql(
            f"SELECT {columns}, count(*) AS count, count(*) - count(value) AS hidden, sum(value) AS sum, avg(value) AS mean,"
            f" min(value) AS min, max(value) AS max FROM read_parquet('{version.observations_path()}') {condition}"
            f" GROUP BY {columns} ORDER BY {columns}"
        )
        assert answer.json()["results"] == wanted.to_arrow_table().to_pylist()


def test_groups_say_that_hidden_values_are_left_out(client, version):
    answer = client.get(f"{API}/observations?group_by=role_code&measure=headcount&labels=true&sort=-sum").json()
    assert [row["role_code_label"] for row in answer["results"]] == ["Physiotherapists", "All roles", "Nurses"]
    assert answer["results"][-1] | {"sum": 0} == {
        "role_code": "nur", "role_code_label": "Nurses", "measure": "headcount", "measure_label": "Headcount",
        "count": 6, "hidden": 1, "sum": 0,
    }  # fmt: skip
    assert answer["warnings"][0]["code"] == "published_values_added_up"
    assert client.get(f"{API}/observations?group_by=role_code&aggregates=count").json()["warnings"] == []


def test_groups_come_in_pages_and_in_every_form(client, version):
    first = client.get(f"{API}/observations?group_by=role_code&page_size=4").json()
    second = client.get(f"{API}/observations?group_by=role_code&page_size=4&cursor={first['next_cursor']}").json()
    assert (first["total"], len(first["results"]), len(second["results"]), second["next_cursor"]) == (6, 4, 2, None)
    assert client.get(f"{API}/observations?cursor={first['next_cursor']}").status_code == 400
    text = client.get(f"{API}/observations?group_by=role_code&aggregates=count,max&format=csv").content.decode()
    assert text.splitlines()[:2] == ["role_code,measure,count,max", '"all","fte",6,85.25']


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ("group_by=colour", "/group_by"),
        ("group_by=value", "/group_by"),
        ("group_by=role_code&aggregates=median", "/aggregates/0"),
        ("aggregates=sum", "/aggregates"),
        ("group_by=role_code&columns=value", "/columns"),
        ("group_by=role_code&sort=geography_code", "/sort"),
    ],
)
def test_groups_that_cannot_be_are_refused_with_their_place(client, version, query, path):
    response = client.get(f"{API}/observations?{query}")
    assert response.status_code == 400
    assert response.json()["errors"][0]["path"].startswith(path)


def test_a_query_beyond_its_time_or_memory_is_refused(client, version, settings):
    settings.API_QUERY_SECONDS = -1
    for response in (client.get(f"{API}/observations"), post(client, where={"role_code": {"eq": "nur"}})):
        assert (response.status_code, response.json()["errors"][0]["code"]) == (422, "query_timeout")
    settings.API_QUERY_SECONDS, settings.API_QUERY_MEGABYTES = 30, 0.0001
    for response in (
        post(client, sort=["value"]), post(client, group_by=["role_code"]),
        post(client, where={"or": [{"role_code": {"eq": "nur"}}, {"not": {"measure": {"eq": "fte"}}}]}),
    ):  # fmt: skip
        assert (response.status_code, response.json()["errors"][0]["code"]) == (422, "query_memory")
    settings.API_QUERY_MEGABYTES = 512
    assert client.get(f"{API}/observations").status_code == 200


def test_a_query_that_gets_no_turn_is_told_when_to_come_back(client, version, settings):
    settings.API_QUERIES_AT_ONCE, settings.API_QUERY_SECONDS = 1, 0.05
    with limits.allowed():
        response = client.get(f"{API}/observations")
    assert (response.status_code, response["Retry-After"]) == (503, "5")
    settings.API_QUERY_SECONDS = 30
    assert client.get(f"{API}/observations").status_code == 200


def test_files_are_found_by_their_content(client, version, tmp_path):
    file = version.files.get(name="staff-1.0.0.csv")
    found = client.get(f"/api/v1/files/{file.sha256.upper()}").json()
    assert [(row["dataset"], row["version"], row["name"], row["state"]) for row in found] == [
        ("staff", "1.0.0", "staff-1.0.0.csv", "published")
    ]
    version.dataset.refresh_from_db()
    draft = make_draft(version.dataset, tmp_path, metadata=make_metadata(periods={**PERIODS, "2023-03": "x"}))
    assert client.get(f"/api/v1/files/{draft.files.first().sha256}").json() == []
    assert client.get(f"/api/v1/files/{'0' * 64}").json() == []
    assert client.get("/api/v1/files/abc").status_code == 404


@pytest.fixture
def draft(version, tmp_path):
    version.dataset.refresh_from_db()
    return make_draft(version.dataset, tmp_path, metadata=make_metadata(periods={**PERIODS, "2023-03": "March 2023"}))


def test_a_preview_token_shows_one_draft_and_every_read_is_logged(client, draft):
    user = make_user()
    token, secret = actions.create_preview_token(by=user, version=draft, holder="The registrar", days=7)
    assert secret not in str(token.__dict__)
    headers = {"X-Preview-Token": secret}
    answer = client.get(f"{API}/versions/1.1.0/observations", headers=headers)
    assert (answer.json()["version"], answer.json()["is_draft"]) == ("1.1.0", True)
    assert answer["Cache-Control"] == "private, no-store"
    assert "ETag" not in answer
    assert client.get(f"{API}/versions/1.1.0", headers=headers).json()["state"] == "draft"
    changes = client.get(f"{API}/versions/1.1.0/changes", headers=headers)
    assert (changes.json()["to"], changes["Cache-Control"]) == ("1.1.0", "private, no-store")
    assert client.get(f"{API}/versions/1.0.0/observations", headers=headers).status_code == 404
    assert client.get(f"{API}/versions/1.1.0/observations").status_code == 404
    reads = AuditEvent.objects.filter(action="read_preview")
    assert [event.detail["holder"] for event in reads] == ["The registrar"] * 3
    actions.revoke_preview_token(by=user, token=token)
    assert client.get(f"{API}/versions/1.1.0/observations", headers=headers).status_code == 404


def test_a_preview_ends_after_seven_days_at_the_latest(client, draft, settings):
    user = make_user()
    for days, holder in ((0, "x"), (8, "x"), (3, " ")):
        with pytest.raises(ActionRefused):
            actions.create_preview_token(by=user, version=draft, holder=holder, days=days)
    token, secret = actions.create_preview_token(by=user, version=draft, holder="x", days=7)
    with freezegun.freeze_time(timezone.now() + dt.timedelta(days=7, minutes=1)):
        assert client.get(f"{API}/observations", headers={"X-Preview-Token": secret}).status_code == 404
    token.expires_at += dt.timedelta(days=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        token.save()
    settings.PROCESS = "public"
    assert client.get(f"{API}/observations", headers={"X-Preview-Token": secret}).status_code == 404
