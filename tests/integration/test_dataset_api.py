"""The data API as a program meets it: right rows, right version, clear refusals."""

import csv
import io
import json
from xml.etree import ElementTree as ET

import duckdb
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from portal.api.actions import create_api_key, revoke_api_key
from portal.datasets import actions
from portal.datasets.sdmx import ROOT
from tests.factories.datasets import PERIODS, make_dataset, make_draft, make_metadata, make_published, make_user

pytestmark = pytest.mark.django_db
API = "/api/v1/datasets/staff"


@pytest.fixture
def version(tmp_path):
    return make_published(make_dataset("staff"), tmp_path)


def post(client, body, address=f"{API}/query", **more: dict):
    data = body if isinstance(body, (str, bytes)) else json.dumps(body)
    return client.post(address, data, content_type="application/json", **more)


def test_lists_and_details(client, version):
    listed = client.get("/api/v1/datasets").json()
    assert [row["slug"] for row in listed["results"]] == ["staff"]
    assert listed["results"][0]["latest"]["version"] == "1.0.0"
    assert client.get(API).json()["title"] == "Staff"
    assert [row["version"] for row in client.get(f"{API}/versions").json()] == ["1.0.0"]
    detail = client.get(f"{API}/versions/1.0.0/").json()
    assert detail["metadata"]["dimensions"][0]["id"] == "time_period"
    assert detail["digest"] == version.digest
    files = {file["name"]: file for file in client.get(f"{API}/versions/1.*/files").json()}
    assert files["staff-1.0.0.csv"]["sha256"] == version.files.get(name="staff-1.0.0.csv").sha256
    assert client.head(files["staff-1.0.0.csv"]["url"].replace("http://localhost:8000", "")).status_code == 200


def test_observations_agree_with_another_engine(client, version):
    """Every filter is answered as DuckDB answers it from the published Parquet file."""
    path = str(version.observations_path())
    for query, condition in (
        ("", "TRUE"),
        ("measure=fte", "measure = 'fte'"),
        ("role_code=nur,phy&geography_code=E40000003", "role_code IN ('nur','phy') AND geography_code = 'E40000003'"),
        ("role_code=nur&role_code=all&time_from=2022-01", "role_code IN ('nur','all') AND time_period >= '2022-01'"),
        ("time_to=2021-03&measure=headcount,fte", "time_period <= '2021-03'"),
    ):
        answer = client.get(f"{API}/observations?{query}").json()
        with duckdb.connect() as con:
            rows = con.sql(f"SELECT * FROM read_parquet('{path}') WHERE {condition}").to_arrow_table().to_pylist()
        assert answer["results"] == rows, query
        assert (answer["total"], answer["returned"], answer["complete"]) == (len(rows), len(rows), True)


def test_an_answer_names_its_version_and_citation(client, version):
    response = client.get(f"{API}/observations?page_size=1")
    answer = response.json()
    assert (answer["dataset"], answer["version"], answer["digest"]) == ("staff", "1.0.0", version.digest)
    assert "version 1.0.0 [dataset]" in answer["citation"]
    assert (answer["complete"], answer["returned"]) == (False, 1)
    assert response["X-Complete"] == "false"
    again = client.get(f"{API}/observations?page_size=1", headers={"If-None-Match": response["ETag"]})
    assert again.status_code == 304
    other = client.get(f"{API}/observations?page_size=2", headers={"If-None-Match": response["ETag"]})
    assert other.status_code == 200


def test_criteria(client, version):
    where = {
        "and": [
            {"time_period": {"gte": "2022-01"}},
            {"or": [{"role_code": {"eq": "nur"}}, {"role_code": {"in": ["phy"]}}]},
            {"not": {"geography_code": {"notIn": ["E40000003"]}}},
        ]
    }
    answer = post(
        client,
        {
            "where": where,
            "measures": ["headcount"],
            "columns": ["role_code", "value"],
            "labels": True,
            "sort": ["-value"],
        },
    )
    assert answer.json()["results"] == [
        {"role_code": "phy", "role_code_label": "Physiotherapists", "value": 80.0},
        {"role_code": "nur", "role_code_label": "Nurses", "value": 75.0},
    ]


def test_criteria_that_match_nothing_are_answered_with_a_warning(client, version):
    answer = post(client, {"where": {"role_code": {"in": ["nur", "wizard"]}}}).json()
    assert answer["total"] == 12
    assert answer["warnings"] == [
        {"code": "matches_nothing", "path": "/where/role_code/in", "detail": "No observation has role_code wizard."}
    ]
    assert client.get(f"{API}/observations?role_code=wizard").json()["warnings"][0]["path"] == "role_code"


def test_warnings_and_faults_beside_measures_point_into_the_query(client, version):
    asked = {"measures": ["headcount", "hats"], "where": {"role_code": {"in": ["nur", "NOPE"]}}}
    assert [one["path"] for one in post(client, asked).json()["warnings"]] == ["/where/role_code/in", "/measures"]
    fault = post(client, {"measures": ["fte"], "where": {"colour": {"eq": "red"}}}).json()["errors"][0]
    assert fault["path"] == "/where/colour"


def test_pages_cover_every_row_once_in_order(client, version):
    seen, cursor = [], ""
    while True:
        answer = post(
            client, {"page_size": 7, "cursor": cursor, "sort": ["-value", "role_code"], "measures": ["fte"]}
        ).json()
        seen += answer["results"]
        cursor = answer["next_cursor"]
        if not cursor:
            break
    assert len(seen) == 18
    values = [row["value"] for row in seen if row["value"] is not None]
    assert values == sorted(values, reverse=True)
    assert seen[-1]["value"] is None
    assert len({tuple(row.items()) for row in seen}) == 18


def test_a_cursor_of_another_query_is_refused(client, version):
    cursor = post(client, {"page_size": 2}).json()["next_cursor"]
    assert post(client, {"page_size": 2, "cursor": cursor}).status_code == 200
    for body in (
        {"page_size": 2, "cursor": cursor, "sort": ["value"]},
        {"cursor": "zz.zz"},
        {"cursor": "ff"},
        {"cursor": "-1.x"},
    ):
        response = post(client, body)
        assert response.status_code == 400
        assert response.json()["errors"][0]["path"] == "/cursor"


def test_every_form_has_the_same_cells(client, version):
    expected = client.get(f"{API}/observations").json()["results"]
    parquet = client.get(f"{API}/observations?format=parquet")
    assert pq.read_table(io.BytesIO(parquet.content)).to_pylist() == expected
    arrow = client.get(f"{API}/observations", headers={"Accept": "application/vnd.apache.arrow.stream"})
    table = pa.ipc.open_stream(arrow.content).read_all()
    assert table.to_pylist() == expected
    assert table.schema.metadata[b"version"] == b"1.0.0"
    text = client.get(f"{API}/observations?format=csv")
    assert text["Content-Type"] == "text/csv; charset=utf-8"
    rows = pyarrow.csv.read_csv(io.BytesIO(text.content)).to_pylist()
    assert [(row["value"], row["coverage_received"]) for row in rows] == [
        (row["value"], row["coverage_received"]) for row in expected
    ]


def test_the_form_that_is_preferred_is_sent(client, version):
    for accept, kind in (
        ("text/csv;q=0.4, application/vnd.apache.parquet", "application/vnd.apache.parquet"),
        ("text/html, application/vnd.apache.arrow.stream;q=0.2", "application/vnd.apache.arrow.stream"),
        ("text/*", "text/csv; charset=utf-8"), ("text/html,*/*;q=0.8", "application/json"), ("image/png", "application/json"),
        (None, "application/json"), ("nonsense", "application/json"),
    ):  # fmt: skip
        response = client.get(f"{API}/observations", headers={"Accept": accept} if accept else {})
        assert (response.status_code, response["Content-Type"]) == (200, kind), accept
        assert response["Link"].endswith('/datasets/staff/v/1.0.0/>; rel="cite-as"')


def test_the_api_and_sdmx_have_the_cells_of_the_files(client, version):
    """CSV, Parquet, ODS and XLSX are compared with each other in the tests of files; here the services with the CSV."""
    body = b"".join(client.get(version.files.get(name="staff-1.0.0.csv").get_absolute_url()).streaming_content)
    keys = ("geography_code", "role_code", "measure", "time_period")
    wanted = {
        tuple(row[key] for key in keys): (float(row["value"]) if row["value"] else None, row["status"])
        for row in csv.DictReader(io.StringIO(body.decode(), newline=""))
    }
    answered = client.get(f"{API}/observations").json()["results"]
    assert {tuple(row[key] for key in keys): (row["value"], row["status"]) for row in answered} == wanted
    space = f"{{{ROOT}/data/generic}}"
    message = ET.fromstring(client.get("/sdmx/2.1/data/staff").getvalue())  # noqa: S314 - our own answer
    found = {}
    for series in message.iter(f"{space}Series"):
        key = tuple(part.get("value") for part in series.find(f"{space}SeriesKey"))
        for one in series.iter(f"{space}Obs"):
            value, status = one.find(f"{space}ObsValue"), one.find(f"{space}Attributes/{space}Value")
            cell = (*key, one.find(f"{space}ObsDimension").get("value"))
            found[cell] = (
                None if value is None else float(value.get("value")),
                "" if status is None else status.get("value"),
            )
    assert found == wanted


def test_versions_and_as_of(client, version, tmp_path):
    make_published(version.dataset, tmp_path, metadata=make_metadata(periods={**PERIODS, "2023-03": "March 2023"}))
    assert client.get(f"{API}/observations").json()["version"] == "1.1.0"
    assert client.get(f"{API}/versions/1.0.*/observations").json()["version"] == "1.0.0"
    assert client.get(f"{API}/versions/1.0.0/observations?time_period=2023-03").json()["total"] == 0
    assert client.get(f"{API}/observations?as_of=1999-01-01").status_code == 404
    assert client.get(f"{API}/observations?as_of=never").status_code == 400
    assert client.get(f"{API}/observations?as_of=2999-01-01").json()["version"] == "1.1.0"


def test_drafts_are_never_found(client, version, tmp_path):
    version.dataset.refresh_from_db()
    make_draft(version.dataset, tmp_path, metadata=make_metadata(periods={**PERIODS, "2023-03": "March 2023"}))
    make_draft(make_dataset("secret"), tmp_path)
    for address in (
        "/api/v1/datasets/secret", "/api/v1/datasets/secret/versions", "/api/v1/datasets/secret/observations",
        f"{API}/versions/1.1.0", f"{API}/versions/1.1.0/observations", f"{API}/versions/1.1.0/files",
    ):  # fmt: skip
        response = client.get(address)
        assert response.status_code == 404, address
        assert response["Content-Type"] == "application/problem+json"
    assert [row["slug"] for row in client.get("/api/v1/datasets").json()["results"]] == ["staff"]


def test_withdrawn_data_is_gone_but_described(client, version):
    actions.withdraw_version(by=make_user(), version=version, reason="Wrong year.")
    assert client.get(f"{API}/versions/1.0.0").json()["withdrawn_reason"] == "Wrong year."
    gone = client.get(f"{API}/versions/1.0.0/observations")
    assert (gone.status_code, gone.json()["errors"][0]["code"]) == (410, "withdrawn")


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("/observations?colour=red", "/colour"),
        ("/observations?role_code=", "/role_code"),
        ("/observations?page_size=0", "/page_size"),
        ("/observations?page_size=10001", "/page_size"),
        ("/observations?page_size=many", "/page_size"),
        ("/observations?format=exe", "/format"),
        ("/observations?columns=value,secret", "/columns"),
        ("/observations?sort=-secret", "/sort"),
        ("/observations?labels=perhaps", "/labels"),
        ("/observations?value=3", "/value"),
        ("/observations?__class__=1", "/__class__"),
        ("/observations?role_code=" + "x," * 2001, "/role_code"),
        ("/observations?page_size=10&page_size=5", "/page_size"),
    ],
)
def test_bad_parameters_are_refused_with_their_place(client, version, address, path):
    response = client.get(API + address)
    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["errors"][0]["path"] == path


def nested(depth):
    where = {"role_code": {"eq": "nur"}}
    for _ in range(depth):
        where = {"not": where}
    return where


@pytest.mark.parametrize(
    ("body", "path", "code"),
    [
        ({"where": {"role_code": {"gt": "a"}}}, "/where/role_code", "unknown_operator"),
        ({"where": {"colour": {"eq": "red"}}}, "/where/colour", "unknown_column"),
        ({"where": {"and": []}}, "/where/and", "invalid"),
        ({"where": {"and": [{"role_code": {"eq": "nur"}, "x": 1}]}}, "/where/and/0", "invalid"),
        ({"where": {"role_code": {"in": "nur"}}}, "/where/role_code/in", "invalid"),
        ({"where": {"role_code": {"eq": 7}}}, "/where/role_code/eq", "invalid"),
        ({"where": {"role_code": {"in": ["x"] * 2001}}}, "/where/role_code/in", "too_many"),
        ({"where": {"or": [{"role_code": {"eq": "nur"}}] * 5_000}}, "/where/or/99", "too_many"),
        ({"where": nested(20)}, None, "too_deep"),
        ({"where": []}, "/where", "not_a_dict"),
        ({"select": "*"}, "/select", "invalid"),
        ({"sort": ["value"] * 9}, "/sort", "max_length"),
    ],
)
def test_bad_criteria_are_refused_with_their_place(client, version, body, path, code):
    response = post(client, body)
    assert response.status_code == 400
    fault = response.json()["errors"][0]
    assert fault["code"] == code
    if path:
        assert fault["path"] == path


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("{", 400),
        ("[]", 400),
        ("7", 400),
        ('"x"', 400),
        ("[" * 100_000, 400),
        (b"\xff\xfe", 400),
        ('{"where": {"role_code": {"eq": "\\ud800"}}}', 400),
        ('{"\\ud800": 1}', 400),
        ('{"page_size": NaN}', 400),
        (" " * 300_000 + "{}", 413),
        (json.dumps({"where": {"or": [{"role_code": {"eq": "nur"}}] * 10_000}}), 413),
        ("{]", 400),
    ],
)
def test_bodies_that_are_no_query_are_refused(client, version, body, status):
    assert post(client, body).status_code == status


def test_a_body_of_unknown_length_is_not_taken_for_an_empty_one(client, version):
    response = post(client, "", headers={"Transfer-Encoding": "chunked"})
    assert (response.status_code, response.json()["errors"][0]["code"]) == (411, "length_required")


def test_what_is_said_twice_is_added_up_and_a_span_without_periods_is_warned_of(client, version):
    found = client.get(f"{API}/observations?columns=value&columns=role_code&role_code=nur&role_code=phy").json()
    assert {"value", "role_code"} == set(found["results"][0])
    assert {row["role_code"] for row in found["results"]} == {"nur", "phy"}
    empty = client.get(f"{API}/observations?time_from=2050").json()
    assert (empty["total"], [warning["path"] for warning in empty["warnings"]]) == (0, ["time_from"])


def test_what_is_not_there_is_named(client, version):
    for address, named in (("/api/v1/datasets/none/versions", "none"), (f"{API}/versions/9.9.9/observations", "9.9.9")):
        problem = client.get(address).json()
        assert (problem["title"], named in problem["detail"]) == ("Not Found", True)
    assert client.delete(API).json()["detail"] == 'Method "DELETE" not allowed.'


def test_methods_and_unknown_addresses(client, version):
    assert client.post(f"{API}/observations").status_code == 405
    assert client.get(f"{API}/query").status_code == 405
    assert client.delete(API).status_code == 405
    for method in (client.get, client.post):
        response = method("/api/v1/nothing/here")
        assert (response.status_code, response["Content-Type"]) == (404, "application/problem+json")


def test_any_site_may_ask(client, version):
    preflight = client.options(
        f"{API}/query", headers={"Origin": "https://a.example", "Access-Control-Request-Method": "POST"}
    )
    assert (preflight.status_code, preflight["Access-Control-Allow-Origin"]) == (204, "*")
    answer = client.get(f"{API}/observations", headers={"Origin": "https://a.example"})
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert "Set-Cookie" not in answer
    assert answer["Vary"] == "Accept, X-Preview-Token"


def test_requests_beyond_the_allowance_wait_and_a_key_raises_it(client, version, settings, one_minute):
    settings.API_ANONYMOUS_PER_MINUTE, settings.API_KEY_PER_MINUTE = 3, 5
    key, secret = create_api_key(by=None, label="A test", contact_email="a@example.org")

    def ask(**headers: str):
        return client.get(API, REMOTE_ADDR="192.0.2.77", headers=headers)

    first = ask()
    assert first["RateLimit-Limit"] == "3"
    answers = [ask() for _ in range(7)]
    assert answers[-1].status_code == 429
    assert int(answers[-1]["Retry-After"]) <= 60
    assert answers[-1]["Content-Type"] == "application/problem+json"
    assert ask(**{"X-API-Key": secret}).status_code == 200
    assert ask(**{"X-API-Key": "made up"}).status_code == 429
    revoke_api_key(by=None, key=key)
    assert ask(**{"X-API-Key": secret}).status_code == 429


def test_observations_take_one_query(client, version, django_assert_max_num_queries):
    client.get(f"{API}/observations")
    with django_assert_max_num_queries(1):
        client.get(f"{API}/observations")


def test_the_description_names_every_address(client, version):
    schema = client.get("/api/v1/openapi.json").json()
    for address in (
        "/api/v1/datasets",
        "/api/v1/datasets/{slug}/observations",
        "/api/v1/datasets/{slug}/versions/{version}/query",
    ):
        assert address in schema["paths"]
    page = client.get("/api/v1/docs/").content.decode()
    assert "/api/v1/datasets/{slug}/versions/{version}/observations" in page
    assert "/api/v1/datasets/staff/query" in page
