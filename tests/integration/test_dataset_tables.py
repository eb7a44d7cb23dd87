"""Tables that readers build show published figures only, and their addresses keep to their version."""

import io

import pytest
from openpyxl import load_workbook
from python_calamine import CalamineWorkbook

from portal.datasets import tables
from portal.datasets.files import accessibility
from tests.factories.datasets import PERIODS, make_dataset, make_metadata, make_published

pytestmark = pytest.mark.django_db
CHOICE = tables.Choice("headcount", "role_code", "time_period", {"geography_code": "E40000003"})


@pytest.fixture
def version(tmp_path):
    return make_published(make_dataset("staff"), tmp_path)


def test_cells_are_the_published_observations(version):
    table = tables.build(version, CHOICE)
    assert table.header == ["March 2021", "March 2022"]
    assert [(row["label"], row["texts"]) for row in table.rows] == [
        ("All roles", ["25", "70"]),
        ("Nurses", ["[c]", "75"]),
        ("Physiotherapists", ["35", "80"]),
    ]
    assert table.statuses == {"c"}


@pytest.mark.parametrize(
    ("sort", "order"),
    [("-1", ["phy", "nur", "all"]), ("-0", ["phy", "all", "nur"]), ("0", ["all", "phy", "nur"]), ("-label", ["phy", "nur", "all"]), ("9", ["all", "nur", "phy"]), ("²", ["all", "nur", "phy"])],
)  # fmt: skip
def test_sorting_puts_hidden_values_last(version, sort, order):
    choice = tables.Choice(CHOICE.measure, CHOICE.rows, CHOICE.columns, CHOICE.filters, sort)
    assert [row["code"] for row in tables.build(version, choice).rows] == order


def test_figures_are_never_added_up(version):
    loose = tables.Choice("headcount", "role_code", "time_period")
    with pytest.raises(tables.TableError, match="Choose one of: Area"):
        tables.build(version, loose)


def test_builder_starts_with_a_table_and_follows_the_form(client, version):
    first = client.get("/datasets/staff/table/")
    assert first.status_code == 200
    assert "Headcount by role and period: England" in first.content.decode()
    page = client.get(
        "/datasets/staff/table/?measure=fte&rows=geography_code&columns=role_code&f_time_period=2021-03"
    ).content.decode()
    assert "Full-time equivalent by area and role: March 2021" in page
    fault = client.get("/datasets/staff/table/?rows=geography_code&columns=role_code&f_time_period=").content.decode()
    assert "Several figures fall into one cell. Choose one of: Period." in fault


def test_an_address_keeps_to_its_version_and_tells_of_newer_ones(client, version, tmp_path):
    address = f"/tables/{CHOICE.as_id(version)}/"
    assert "is newer" not in client.get(address).content.decode()
    make_published(version.dataset, tmp_path, metadata=make_metadata(periods={**PERIODS, "2023-03": "March 2023"}))
    page = client.get(address).content.decode()
    assert "Version 1.1.0 of this dataset is newer. This table keeps to version 1.0.0." in page
    assert "March 2023" not in page
    assert "March 2023" in client.get("/datasets/staff/table/").content.decode()


def test_downloads_have_the_same_cells(client, version, tmp_path):
    address = f"/tables/{CHOICE.as_id(version)}/table."
    assert client.get(address + "csv").content.decode().splitlines() == [
        "dataset,version,code,Role,March 2021,March 2022",
        "staff,1.0.0,all,All roles,25.0,70.0",
        "staff,1.0.0,nur,Nurses,[c],75.0",
        "staff,1.0.0,phy,Physiotherapists,35.0,80.0",
    ]
    expected = [
        ["Role", "March 2021", "March 2022"],
        ["All roles", 25, 70],
        ["Nurses", "[c]", 75],
        ["Physiotherapists", 35, 80],
    ]
    book = load_workbook(io.BytesIO(client.get(address + "xlsx").content))
    assert [list(row) for row in book["Table"].iter_rows(values_only=True)][-4:] == expected
    ods = tmp_path / "table.ods"
    ods.write_bytes(client.get(address + "ods").content)
    assert CalamineWorkbook.from_path(str(ods)).get_sheet_by_name("Table").to_python()[-4:] == expected
    assert accessibility.check(ods)["holds"]


def test_other_sites_may_embed_the_table_alone(client, version):
    address = f"/tables/{CHOICE.as_id(version)}/"
    embedded, page = client.get(address + "embed/"), client.get(address)
    assert "X-Frame-Options" not in embedded
    assert "frame-ancestors *" in embedded["Content-Security-Policy"].replace("'self' *", "*")
    assert page["X-Frame-Options"] == "SAMEORIGIN"


@pytest.mark.parametrize("text", ["AAAAAAAA", "x" * 4000, "eJyLNlCK1lEyVNJRMlKKBQAZ4QLz", "________"])
def test_addresses_that_are_no_table_are_not_found(client, version, text):
    assert client.get(f"/tables/{text}/").status_code == 404


@pytest.mark.parametrize(
    "query",
    ["?rows=x&columns=y&measure=z", "?f_geography_code=nowhere", "?version=9.9.9", "?sort=%00", "?f_role_code=%00"],
)
def test_odd_choices_are_answered(client, version, query):
    assert client.get(f"/datasets/staff/table/{query}").status_code in {200, 404}


def test_a_table_of_what_the_version_lacks_is_explained(client, version):
    choice = tables.Choice("headcount", "colour", "time_period")
    page = client.get(f"/tables/{choice.as_id(version)}/")
    assert "asks for something that the version does not have" in page.content.decode()
    assert client.get(f"/tables/{choice.as_id(version)}/table.csv").status_code == 404
