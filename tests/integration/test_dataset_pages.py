"""Pages and files as a reader and a download tool meet them."""

import base64
import datetime as dt
import hashlib

import pytest
from django.utils import timezone

from portal.datasets import actions
from portal.datasets.metadata import VersionMetadata
from portal.datasets.numbering import structure_changes
from tests.factories.datasets import make_dataset, make_draft, make_metadata, make_published, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def version(tmp_path):
    return make_published(make_dataset("staff"), tmp_path)


def body(response):
    return b"".join(response.streaming_content) if response.streaming else response.content


def test_pages_show_the_version_and_its_parts(client, version):
    listed = client.get("/datasets/").content.decode()
    assert "Staff" in listed
    assert "Version 1.0.0" in listed
    assert "/datasets/staff/v/1.0.0/" in client.get("/datasets/staff/").content.decode()
    page = client.get("/datasets/staff/v/1.0.0/")
    text = page.content.decode()
    for part in (
        "Download",
        "Preview",
        "Dictionary",
        "Definitions used",
        "Quality and coverage",
        "What changed",
        "All versions",
    ):
        assert part in text
    assert version.digest in text
    assert "[c]" in text
    assert 'rel="item"' in page["Link"]


def test_drafts_are_never_visible(client, version, tmp_path):
    hidden = make_dataset("secret-plan", title="Secret plan")
    make_draft(hidden, tmp_path)
    version.dataset.refresh_from_db()
    make_draft(version.dataset, tmp_path, metadata=make_metadata(roles={"all": "All", "new": "Unseen role"}))
    assert "Secret plan" not in client.get("/datasets/").content.decode()
    for address in (
        "/datasets/secret-plan/",
        "/datasets/secret-plan/v/1.0.0/",
        "/datasets/secret-plan/v/1.0.0/files/manifest.json",
        "/datasets/secret-plan/latest/",
        "/datasets/staff/v/2.0.0/",
        "/datasets/staff/v/2.0.0/files/manifest.json",
    ):
        assert client.get(address).status_code == 404, address
    assert "2.0.0" not in client.get("/datasets/staff/").content.decode()


def test_latest_leads_to_the_current_version_and_is_not_cached(client, version, tmp_path):
    make_published(version.dataset, tmp_path)
    for address, target in (
        ("/datasets/staff/latest/", "/datasets/staff/v/1.0.1/"),
        ("/datasets/staff/latest/files/manifest.json", "/datasets/staff/v/1.0.1/files/manifest.json"),
        ("/datasets/staff/latest/files/staff-latest.csv", "/datasets/staff/v/1.0.1/files/staff-1.0.1.csv"),
        ("/datasets/staff/v/1.*/", "/datasets/staff/v/1.0.1/"),
        ("/datasets/staff/v/*/", "/datasets/staff/v/1.0.1/"),
    ):
        response = client.get(address)
        assert (response.status_code, response["Location"]) == (302, target)
        assert response["Cache-Control"] == "no-cache"
    assert client.get("/datasets/staff/v/2.*/").status_code == 404


def test_as_of_leads_to_the_version_that_was_current_then(client, tmp_path):
    dataset = make_dataset("old")
    start = timezone.now() - dt.timedelta(days=100)
    make_published(dataset, tmp_path, at=start)
    make_published(dataset, tmp_path, at=start + dt.timedelta(days=50))

    def current(days):
        day = (start + dt.timedelta(days=days)).date()
        return client.get(f"/datasets/old/latest/?as_of={day}")

    assert current(49)["Location"].endswith("/v/1.0.0/")
    assert current(51)["Location"].endswith("/v/1.0.1/")
    assert current(-2).status_code == 404
    assert client.get("/datasets/old/latest/?as_of=tomorrow").status_code == 404
    # The form on the page of the dataset does the same, and explains what it cannot do.
    day = (start + dt.timedelta(days=40)).date().isoformat()
    assert client.get(f"/datasets/old/?as_of={day}")["Location"].endswith("/v/1.0.0/")
    assert "Enter a day such as 2027-03-01" in client.get("/datasets/old/?as_of=tomorrow").content.decode()
    assert (
        "No version of this dataset was current on 1999-01-01"
        in client.get("/datasets/old/?as_of=1999-01-01").content.decode()
    )


def test_a_file_names_its_bytes(client, version):
    file = version.files.get(name="staff-1.0.0.csv")
    response = client.get(file.get_absolute_url())
    data = body(response)
    assert hashlib.sha256(data).hexdigest() == file.sha256
    assert response["ETag"] == f'"{file.sha256}"'
    assert response["Repr-Digest"] == f"sha-256=:{base64.b64encode(hashlib.sha256(data).digest()).decode()}:"
    assert response["Cache-Control"] == "public, max-age=31536000, immutable"
    assert response["Accept-Ranges"] == "bytes"
    assert response["Content-Length"] == str(len(data))
    assert response["Access-Control-Allow-Origin"] == "*"
    assert 'rel="latest-version"' in response["Link"]
    assert data.decode().splitlines()[0].startswith("time_period,time_period_label,geography_code")


def test_ranges_and_conditions(client, version):
    file = version.files.get(name="staff-1.0.0.parquet")
    address = file.get_absolute_url()
    whole = body(client.get(address))
    part = client.get(address, headers={"Range": "bytes=4-11"})
    assert (part.status_code, body(part)) == (206, whole[4:12])
    assert part["Content-Range"] == f"bytes 4-11/{len(whole)}"
    tail = client.get(address, headers={"Range": "bytes=-4"})
    assert body(tail) == b"PAR1"
    outside = client.get(address, headers={"Range": f"bytes={len(whole)}-"})
    assert (outside.status_code, outside["Content-Range"]) == (416, f"bytes */{len(whole)}")
    assert client.get(address, headers={"If-None-Match": f'"{file.sha256}"'}).status_code == 304
    assert client.get(address, headers={"If-Match": '"other"'}).status_code == 412
    head = client.head(address)
    assert (head.status_code, head["Content-Length"]) == (200, str(len(whole)))
    assert client.options(address).status_code == 204
    assert client.post(address).status_code == 405


def test_a_withdrawn_version_keeps_its_page_and_serves_no_data(client, version, tmp_path):
    actions.withdraw_version(by=make_user(), version=version, reason="It counted two years as one.")
    page = client.get("/datasets/staff/v/1.0.0/")
    assert page.status_code == 410
    assert "It counted two years as one." in page.content.decode()
    file = client.get("/datasets/staff/v/1.0.0/files/staff-1.0.0.csv")
    assert file.status_code == 410
    assert client.get("/datasets/staff/").status_code == 200


@pytest.mark.parametrize(
    "address",
    [
        "/datasets/?q=%00&family=%00&theme=%27&page=-1&sort=zzz",
        "/datasets/?page=999999999999999999999",
        "/datasets/staff/v/1.0.0/?sort=__class__",
        "/datasets/staff/v/1.0.0/?sort=-value",
    ],
)
def test_odd_parameters_are_answered(client, version, address):
    assert client.get(address).status_code == 200


@pytest.mark.parametrize(
    "name", ["..%2f..%2fmanifest.json", "%2e%2e/%2e%2e/settings.py", "staff-1.0.0.csv%00", "a" * 3000, "nothing.csv"]
)
def test_odd_file_names_are_not_found(client, version, name):
    assert client.get(f"/datasets/staff/v/1.0.0/files/{name}").status_code == 404


def test_pages_take_few_queries_however_many_versions(client, version, tmp_path, django_assert_max_num_queries):
    for _ in range(5):
        make_published(version.dataset, tmp_path)
    client.get("/datasets/")
    for address in ("/datasets/", "/datasets/staff/", "/datasets/staff/v/1.0.3/"):
        with django_assert_max_num_queries(8):
            assert client.get(address).status_code == 200


def test_the_lists_name_periods_as_people_do(client, version):
    for address in ("/datasets/", "/datasets/staff/"):
        assert "March 2021 to March 2022" in client.get(address).content.decode()


def test_made_up_figures_say_so_whatever_the_register_says(client, tmp_path):
    """The run knows; the row of the dataset was there before it, without the mark."""
    dataset = make_dataset("made-up")
    version = make_published(
        dataset, tmp_path, metadata=make_metadata(synthetic=True, label="Made up to show the portal.")
    )
    dataset.refresh_from_db()
    assert dataset.is_synthetic
    for address in ("/datasets/made-up/", version.get_absolute_url(), "/datasets/made-up/table/"):
        assert client.get(address).context["is_synthetic"] is True, address
    assert "Synthetic" in client.get("/datasets/").content.decode()
    assert client.get("/api/v1/datasets/made-up/observations").json()["is_synthetic"] is True
    readme = version.store.local_path(version.files.get(name="README.txt").sha256).read_text()
    assert "synthetic" in readme.lower()


def test_a_perspective_that_is_gone_is_said_once(tmp_path):
    views = [
        {
            "id": "perspective",
            "label": "Perspective",
            "codes": [{"code": code, "label": f"View {code}"} for code in ("D1", "D2")],
        }
    ]
    both = make_metadata(perspectives={"D1": 1, "D2": 1})
    both["dimensions"] += views
    one = make_metadata(perspectives={"D2": 1}, roles={"all": "All roles"})
    one["dimensions"] += [{**views[0], "codes": views[0]["codes"][1:]}]
    changes = structure_changes(VersionMetadata.model_validate(both), VersionMetadata.model_validate(one))
    assert [change.text for change in changes if change.code == "D1"] == ["View D1 (D1) is gone"]
    without = VersionMetadata.model_validate(make_metadata(perspectives={}))
    said = structure_changes(VersionMetadata.model_validate(make_metadata()), without)
    assert [change.text for change in said] == ["Perspective D1 is no longer used"]


def test_the_lineage_is_told_in_words(client, tmp_path):
    lineage = {
        "series": "made-up", "code": "abc123", "audit": {"passed": True}, "libraries": {"duckdb": "2.0.0"},
        "snapshots": [{"collection": "c-2021", "time_period": "2021-03", "sha256": "ab" * 32}],
    }  # fmt: skip
    make_published(make_dataset("other"), tmp_path, lineage=lineage)
    page = client.get("/datasets/other/v/1.0.0/").content.decode()
    for text in ("c-2021", "ab" * 32, "duckdb 2.0.0", "passed", "/definitions/perspectives/D1/v/1/"):
        assert text in page
    assert "{&#x27;" not in page
