"""The newest published headcount that a provider sees its return beside."""

from __future__ import annotations

import pytest

from portal.pipelines.provider_figures import newest_headcounts
from tests.factories import datasets as make

pytestmark = pytest.mark.django_db


def codes(**labels: str) -> list[dict[str, str]]:
    return [{"code": code, "label": label} for code, label in labels.items()]


def test_the_newest_period_of_the_country_and_the_region(tmp_path):
    assert newest_headcounts("Y60") == []
    metadata = make.make_metadata(
        periods={"2026-03": "March 2026", "2027-03": "March 2027"}, measures={"headcount": "Headcount"}
    )
    metadata["dimensions"] = [
        metadata["dimensions"][0],
        {"id": "geography_level", "label": "Area level", "codes": codes(country="Country", region="Region")},
        {"id": "geography_code", "label": "Area", "codes": codes(E92000001="England", Y60="Midlands", Y56="London")},
        {"id": "perspective", "label": "Counted as", "codes": codes(D1="Core", D2="Multidisciplinary team")},
        {"id": "role_level", "label": "Role level", "codes": codes(all="All", group="Group")},
        {"id": "role_code", "label": "Role", "codes": codes(all="All roles", nurses="Nurses")},
    ]
    rows = []
    for period in ("2026-03", "2027-03"):
        for level, area, people in (("country", "E92000001", 400.0), ("region", "Y60", 50.0), ("region", "Y56", 90.0)):
            for role, value in (("all", people), ("nurses", None if area == "Y60" else people / 2)):
                rows.append({
                    "time_period": period, "geography_level": level, "geography_code": area, "perspective": "D2",
                    "role_level": "all" if role == "all" else "group", "role_code": role, "measure": "headcount",
                    "value": value, "status": "" if value else "c", "source": "returned", "coverage_received": 12,
                    "coverage_expected": 20,
                })  # fmt: skip
    used = [{"code": "D2", "version": 3, "predicate_sql": "(role_group = 'nurses')"}]
    lineage = {"definitions": {"perspectives": used}}
    make.make_published(make.make_dataset("ohw-headcount"), tmp_path, metadata=metadata, rows=rows, lineage=lineage)
    country, region = newest_headcounts("Y60")
    assert (country.place, country.period, country.people, country.by_group) == (
        "England", "2027-03", 400.0, {"nurses": 200.0},
    )  # fmt: skip
    assert (region.place, region.people, region.by_group, region.organisations) == (
        "Midlands",
        50.0,
        {"nurses": None},
        12,
    )
    assert region.counted_as == "Multidisciplinary team"
    # A return beside them is counted by the version of the rule that they were counted with.
    assert region.predicate == "(role_group = 'nurses')"
    assert region.definition_url == "/definitions/perspectives/D2/v/3/"
