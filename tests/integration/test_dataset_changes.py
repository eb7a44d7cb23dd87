"""The change log between two versions names every cell that differs, and no other."""

import io

import pyarrow.csv
import pytest

from portal.datasets import actions
from portal.datasets.changes import Changes, NotComparableError
from tests.factories.datasets import (
    PERIODS,
    make_dataset,
    make_draft,
    make_metadata,
    make_published,
    make_rows,
    make_user,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def pair(tmp_path):
    dataset = make_dataset("staff")
    old = make_published(dataset, tmp_path)
    metadata = make_metadata(periods={**PERIODS, "2023-03": "March 2023"})
    rows = make_rows(metadata)
    kept = {
        (row["time_period"], row["geography_code"], row["role_code"], row["measure"]): row
        for row in make_rows(make_metadata())
    }
    for row in rows:
        key = (row["time_period"], row["geography_code"], row["role_code"], row["measure"])
        if key in kept:
            row.update(value=kept[key]["value"], status=kept[key]["status"])
    rows[0]["value"] += 100
    rows[2]["value"] -= 5
    rows[6]["status"] = "r"
    dataset.refresh_from_db()
    return old, make_published(dataset, tmp_path, metadata=metadata, rows=rows)


def test_cells_are_counted_and_the_largest_change_comes_first(pair):
    changes = Changes(*pair)
    assert changes.counts == {"added": 18, "removed": 0, "changed": 3, "unchanged": 33}
    cells = changes.largest(4)
    assert [(cell["change"], cell["old_value"], cell["new_value"], cell["difference"]) for cell in cells[:3]] == [
        ("changed", 10.0, 110.0, 100.0),
        ("changed", 15.0, 10.0, -5.0),
        ("changed", 25.0, 25.0, 0.0),
    ]
    assert cells[2]["new_status"] == "r"
    assert cells[0]["percent"] == 1000.0
    assert cells[3]["change"] == "added"


def test_the_other_way_round_is_the_opposite(pair):
    old, new = pair
    back = Changes(new, old)
    assert back.counts == {"added": 0, "removed": 18, "changed": 3, "unchanged": 33}
    assert back.largest(1)[0]["difference"] == -100.0


def test_renamed_codes_are_followed_through_versions(tmp_path):
    dataset = make_dataset()
    first = make_published(dataset, tmp_path)
    version = first
    for before, after in (("nur", "ohn"), ("ohn", "oh-nurse")):
        dataset.refresh_from_db()
        roles = {"all": "All roles", after: "Nurses", "phy": "Physiotherapists"}
        draft = make_draft(dataset, tmp_path, metadata=make_metadata(roles=roles))
        draft = actions.map_codes(by=make_user(), version=draft, mapping={"role_code": {before: after}})
        actions.submit_version(by=None, version=draft)
        actions.approve_version(by=make_user(), version=draft)
        version = actions.publish_version(by=None, version=draft)
    changes = Changes(first, version)
    assert changes.renames == {"role_code": {"nur": "oh-nurse"}}
    assert changes.counts == {"added": 0, "removed": 0, "changed": 0, "unchanged": 36}
    assert [change.change for change in changes.structure] == ["renamed"]


def test_versions_with_other_dimensions_are_not_compared_cell_by_cell(tmp_path):
    dataset = make_dataset("other")
    old = make_published(dataset, tmp_path)
    dataset.refresh_from_db()
    metadata = make_metadata()
    metadata["dimensions"].append({"id": "sex", "label": "Sex", "codes": [{"code": "all", "label": "All"}]})
    new = make_published(dataset, tmp_path, metadata=metadata)
    with pytest.raises(NotComparableError, match="sex"):
        _ = Changes(old, new).counts


def test_page_and_api_tell_the_same(client, pair):
    page = client.get("/datasets/staff/compare/").content.decode()
    assert "3 changed, 18 added, 0 removed, 33 as they were" in page
    assert "March 2023 (2023-03) is new" in page
    assert "+1000.0%" in page
    answer = client.get("/api/v1/datasets/staff/versions/1.1.0/changes").json()
    assert (answer["from"], answer["to"], answer["complete"]) == ("1.0.0", "1.1.0", True)
    assert answer["counts"]["changed"] == 3
    text = client.get("/api/v1/datasets/staff/versions/1.1.0/changes?from=1.0.0&format=csv").content
    assert pyarrow.csv.read_csv(io.BytesIO(text)).num_rows == 21
    assert client.get("/api/v1/datasets/staff/versions/1.1.0/changes?limit=2").json()["complete"] is False
    assert client.get("/api/v1/datasets/staff/versions/1.0.0/changes").status_code == 404
    assert client.get("/api/v1/datasets/staff/versions/1.1.0/changes?from=9.9.9").status_code == 404
    assert client.get("/api/v1/datasets/staff/versions/1.1.0/changes?limit=x").status_code == 400


def test_odd_choices_on_the_comparison_page(client, pair):
    for query in ("?from=1.0.0&to=1.0.0", "?from=x&to=y", "?from=1.1.0&to=1.0.0"):
        assert client.get(f"/datasets/staff/compare/{query}").status_code == 200


def test_a_change_of_the_symbol_alone_is_called_so(client, pair):
    rows = client.get("/datasets/staff/compare/").context["cells"]
    assert [(row["difference"], row["percent"]) for row in rows if row["change"] == "Symbol only"] == [("", "")]
    assert [row["difference"] for row in rows if row["change"] == "Changed"] == ["+100", "-5"]
