"""Definitions in the API."""

import pytest
from django.utils import timezone

from portal.definitions import actions
from tests.factories import definitions as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def widened(author, approver, tech, core):
    rows = [{"type": "row", "value": {"source": "tech v1", "target": "this", "share": "1", "basis": "All of them."}}]
    return make.next_version(
        author,
        approver,
        tech.role,
        summary="Other words.",
        change_class="widening",
        change_note="More.",
        crosswalk=rows,
    )


def get(client, address, status=200, **query: str):
    response = client.get(f"/api/v1/{address}", query)
    assert response.status_code == status, response.content
    return response.json()


def test_lists(client, widened):
    found = get(client, "roles/")
    assert [(row["code"], row["version"]) for row in found["results"]] == [("nurse", 1), ("tech", 2)]
    assert [row["code"] for row in get(client, "roles/", q="support")["results"]] == ["tech"]
    assert get(client, "roles/", family="pcn")["results"] == []
    assert get(client, "roles/", on="2020-01-01")["results"] == []
    assert get(client, "perspectives/")["results"][0]["sentences"] == ["A post counts when the role is Nurse."]
    assert "year-month-day" in str(get(client, "roles/", 400, on="1/2/2027"))


def test_details_by_number_and_by_date(client, widened):
    assert get(client, "roles/tech/")["version"] == 2
    first = get(client, "roles/tech/", version="1")
    assert (first["summary"], first["change_class"], first["withdrawn"]) == ("What a tech does.", "new", None)
    assert first["address"].endswith("/definitions/roles/tech/v/1/")
    assert get(client, "roles/tech/", on=timezone.localdate().isoformat())["version"] == 2
    assert get(client, "perspectives/D1/")["role_versions"] == {"nurse": 1, "tech": 1}
    for address, query in (
        ("roles/vet/", {}),
        ("roles/tech/", {"version": "9"}),
        ("roles/tech/", {"on": "2020-01-01"}),
    ):
        assert get(client, address, 404, **query)["status"] == 404
    assert get(client, "roles/tech/", 400, version="two")["status"] == 400


def test_history_shows_withdrawals(client, approver, widened):
    actions.withdraw_version(by=approver, version=widened, reason="Too wide.")
    rows = get(client, "roles/tech/history/")
    assert [(row["version"], row["withdrawn"]) for row in rows] == [(2, "Too wide."), (1, None)]
    assert get(client, "roles/tech/")["version"] == 1


def test_comparison(client, widened):
    parts = get(client, "roles/tech/compare/", **{"with": "tech", "version": "1", "with_version": "2"})
    summary = next(part for part in parts if part["label"] == "Summary")
    assert {"kind": "added", "text": "Other words"} in summary["pieces"]
    assert get(client, "roles/tech/compare/", 400)["status"] == 400


def test_crosswalk_look_up(client, widened):
    found = get(client, "roles/tech/crosswalk/", **{"from": "2024-04-01", "to": "2027-04-01"})
    # Both versions are in force from the same day, so the newer one is what stood then.
    assert found["becomes"] == [{"code": "tech", "version": 2, "share": "1"}]
    assert get(client, "roles/tech/crosswalk/", 400, **{"from": "2024-04-01"})
    assert get(client, "roles/tech/crosswalk/", 400, **{"from": "2025-04-01", "to": "2024-04-01"})
    assert get(client, "roles/tech/crosswalk/", 404, **{"from": "2020-04-01", "to": "2024-04-01"})


def test_reference_lists(client):
    from portal.definitions.starting_content import _load_lists

    _load_lists()
    assert len(get(client, "reference-lists/")["results"]) == 9
    assert {"code": "3219", "title": "Health associate professionals n.e.c.", "parent": "", "note": ""} in get(
        client, "reference-lists/soc-2020/entries/"
    )
    get(client, "reference-lists/nothing/entries/", 404)
