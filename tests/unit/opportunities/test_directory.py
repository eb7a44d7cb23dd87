"""The full postcode directory: read in its own layout, refused with the line, used for the small area's decile."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command

from portal.opportunities import directory, places

DIRECTORY = """pcd,pcd2,pcds,dointr,doterm,oscty,ced,oslaua,osward,oseast1m,osnrth1m,osgrdind,lsoa21,imd
"LS1 4AP","LS1  4AP","LS1 4AP",198001,,E99999999,E99999999,E08000035,E05011388,429363,433330,1,E01035051,1
"LS1 4DY","LS1  4DY","LS1 4DY",198001,,E99999999,E99999999,E08000035,E05011388,429460,433410,1,E01011264,1
"LS10 1AA","LS10 1AA","LS10 1AA",198001,,E99999999,E99999999,E08000035,E05011388,430900,432100,1,E01099999,1
"AB1 0AA","AB1  0AA","AB1 0AA",198001,199606,S99999999,S99999999,S12000033,S13002843,385386,801193,1,S01006514,6808
"JE2 3AA","JE2  3AA","JE2 3AA",199401,,L99999999,L99999999,L99999999,L99999999,,,9,L99999999,
"""
DEPRIVATION = """LSOA code (2021),LSOA name (2021),Index of Multiple Deprivation (IMD) Decile (where 1 is most deprived 10% of LSOAs)
E01035051,Leeds 111,7
E01011264,Leeds 112,2
"""


@pytest.fixture
def files(tmp_path):
    (tmp_path / "onspd.csv").write_text(DIRECTORY, encoding="utf-8-sig")
    (tmp_path / "iod.csv").write_text(DEPRIVATION)
    return tmp_path


def load(folder, **changes: str):
    for name, text in changes.items():
        (folder / f"{name}.csv").write_text(text)
    call_command(
        "load_postcode_directory",
        folder / "onspd.csv",
        "--deprivation",
        folder / "iod.csv",
        "--to",
        folder / "out" / "postcodes.npy",
    )
    return folder / "out" / "postcodes.npy"


@pytest.fixture
def loaded(files, settings):
    settings.POSTCODE_DIRECTORY = str(load(files))
    places._district.cache_clear()
    yield
    places._district.cache_clear()


def test_the_decile_is_that_of_the_small_area(loaded, capsys) -> None:
    found = {code: places.find_place(code) for code in ("ls1 4ap", "LS1 4DY", "LS10 1AA")}
    assert [(item.deprivation_decile, item.deprivation_level) for item in found.values()] == [
        (7, "small area"),
        (2, "small area"),
        (found["LS10 1AA"].authority.deprivation_decile, "local authority"),
    ]
    assert (found["ls1 4ap"].easting, found["ls1 4ap"].authority.name) == (429363, "Leeds")


def test_a_district_is_not_the_beginning_of_another(loaded) -> None:
    assert [row.code for row in directory.of_district("LS1")] == ["LS14AP", "LS14DY"]
    assert places.find_place("LS10").easting == 430900
    assert directory.letters() == ["A", "L"]


def test_what_is_outside_england_or_has_no_position_is_said(loaded) -> None:
    with pytest.raises(places.UnknownPlaceError, match="not in England"):
        places.find_place("AB1 0AA")
    with pytest.raises(places.UnknownPlaceError, match="do not know the postcode JE2 3AA"):
        places.find_place("JE2 3AA")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"onspd": DIRECTORY.replace("oseast1m", "x")}, "no column for the easting"),
        ({"onspd": DIRECTORY.replace("429363", "42.9")}, "line 2: “LS14AP” has no whole numbers"),
        ({"onspd": DIRECTORY.replace("LS1 4DY", "LS1 4AP")}, "LS14AP is in the directory twice"),
        ({"iod": DEPRIVATION.replace(",7", ",11")}, "line 2: the decile of E01035051 is “11”"),
        ({"iod": "area,rank\n1,2\n"}, "needs a column with the LSOA code"),
    ],
)
def test_a_wrong_file_is_refused_with_the_line(files, changes: dict, message: str) -> None:
    with pytest.raises(CommandError, match=message):
        load(files, **changes)
    assert not (files / "out" / "postcodes.npy").exists()


def test_a_missing_file_says_how_to_mend(settings, tmp_path) -> None:
    settings.POSTCODE_DIRECTORY = str(tmp_path / "gone.npy")
    with pytest.raises(RuntimeError, match="load_postcode_directory"):
        places.find_place("LS1 4AP")
