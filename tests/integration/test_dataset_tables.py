"""Tables that readers build show published figures only, and their addresses keep to their version."""

import io
from dataclasses import replace
from urllib.parse import urlencode

import pytest
from openpyxl import load_workbook
from python_calamine import CalamineWorkbook

from portal.datasets import table_layout, tables
from portal.datasets.enums import SHORTHAND
from portal.datasets.files import accessibility
from tests.factories.datasets import PERIODS, make_dataset, make_metadata, make_published, make_rows

pytestmark = pytest.mark.django_db
CHOICE = tables.Choice(("headcount",), "role_code", "time_period", {"geography_code": ("E40000003",)})


@pytest.fixture
def version(tmp_path):
    return make_published(make_dataset("staff"), tmp_path)


def test_cells_are_the_published_observations(version):
    table = table_layout.build(version, CHOICE)
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
    choice = tables.Choice(CHOICE.measures, CHOICE.rows, CHOICE.columns, CHOICE.filters, sort)
    assert [row["code"] for row in table_layout.build(version, choice).rows] == order


def test_figures_are_never_added_up(version):
    loose = tables.Choice(("headcount",), "role_code", "time_period")
    with pytest.raises(tables.TableError, match="Choose one of: Area"):
        table_layout.build(version, loose)


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
        'dataset,version,code,Role,March 2021,"March 2021, status",March 2022',
        "staff,1.0.0,all,All roles,25.0,,70.0",
        "staff,1.0.0,nur,Nurses,,c,75.0",
        "staff,1.0.0,phy,Physiotherapists,35.0,,80.0",
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


def test_measures_stand_beside_each_other(client, version):
    choice = replace(CHOICE, measures=("headcount", "fte"), filters={**CHOICE.filters, "role_code": ("nur", "phy")})
    table = table_layout.build(version, choice)
    assert table.header == [
        "March 2021, Headcount", "March 2021, Full-time equivalent", "March 2022, Headcount", "March 2022, Full-time equivalent",
    ]  # fmt: skip
    assert [row["code"] for row in table.rows] == ["nur", "phy"]
    assert table.title == "Headcount and full-time equivalent by role and period: London"
    across = replace(choice, columns=tables.MEASURE, filters={**choice.filters, "time_period": ("2022-03",)})
    assert table_layout.build(version, across).header == ["Headcount", "Full-time equivalent"]
    # The form, the permalink and the newer version's link are the same table.
    query = urlencode(across.as_fields(version))
    page = client.get(f"/datasets/staff/table/?{query}")
    assert page.context["table_id"] == across.as_id(version)
    assert tables.from_id(across.as_id(version)) == ("staff", "1.0.0", across)


def test_a_new_layout_starts_from_figures_that_are_there(client, tmp_path):
    """The level of an area follows its code; a dimension that is laid out anew shows everything."""
    levels = {"E92000001": "country", "E40000003": "region", "E40000005": "region"}
    metadata = make_metadata(areas={code: code for code in levels})
    rows = [{**row, "geography_level": levels[row["geography_code"]]} for row in make_rows(metadata)]
    level = {
        "id": "geography_level",
        "label": "Level",
        "codes": [{"code": code, "label": code} for code in ("country", "region")],
    }
    metadata["dimensions"].append(level)
    make_published(make_dataset("levels"), tmp_path, metadata=metadata, rows=rows)
    first = client.get("/datasets/levels/table/")
    assert [entry["dimension"].id for entry in first.context["form"]["fixed"]] == ["geography_code"]
    areas = client.get(
        "/datasets/levels/table/?rows=geography_code&columns=time_period&f_geography_code=E92000001&f_role_code=nur"
    )
    assert [row["code"] for row in areas.context["table"].rows] == [*levels]
    regions = client.get(
        "/datasets/levels/table/?rows=geography_code&columns=time_period&f_geography_level=region&f_role_code=nur"
    )
    assert [row["code"] for row in regions.context["table"].rows] == ["E40000003", "E40000005"]


def test_a_symbol_beside_a_value_is_not_lost(client, tmp_path):
    rows = make_rows(make_metadata())
    place = next(
        number for number, row in enumerate(rows)
        if (row["geography_code"], row["role_code"], row["time_period"], row["measure"]) == ("E40000003", "phy", "2022-03", "headcount")
    )  # fmt: skip
    rows[place] |= {"status": "e p"}
    version = make_published(make_dataset("estimates"), tmp_path, rows=rows)
    address = f"/tables/{CHOICE.as_id(version)}/"
    page = client.get(address).content.decode()
    assert "80 [e] [p]" in page
    assert SHORTHAND["e"] in page
    assert SHORTHAND["p"] in page
    lines = client.get(address + "table.csv").content.decode().splitlines()
    assert lines[0].endswith('March 2022,"March 2022, status"')
    assert lines[3] == "estimates,1.0.0,phy,Physiotherapists,35.0,,80.0,e p"
    book = load_workbook(io.BytesIO(client.get(address + "table.xlsx").content))
    assert [*book["Table"].iter_rows(values_only=True)][-1] == ("Physiotherapists", 35, 80, "[e] [p]")


def test_the_chart_is_of_the_column_that_is_wanted(client, version):
    address = f"/tables/{CHOICE.as_id(version)}/"
    assert client.get(address).context["chart"]["title"] == "March 2022"
    first = client.get(address + "?chart=0").context["chart"]
    assert (first["title"], [bar["text"] for bar in first["bars"]]) == ("March 2021", ["25", "[c]", "35"])


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
    choice = tables.Choice(("headcount",), "colour", "time_period")
    page = client.get(f"/tables/{choice.as_id(version)}/")
    assert "asks for something that the version does not have" in page.content.decode()
    assert client.get(f"/tables/{choice.as_id(version)}/table.csv").status_code == 404
