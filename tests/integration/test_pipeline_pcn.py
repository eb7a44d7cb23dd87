"""The real staff records, from file to unprotected figures, against another tool."""

from __future__ import annotations

import csv
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import pytest

from portal.definitions.starting_content import load_starting_content
from portal.pipelines.definitions_used import definitions_in_force
from portal.pipelines.engine import connect
from portal.pipelines.figures import cells_of
from portal.pipelines.sealing import seal_collection
from portal.pipelines.specification import specification_of
from portal.submissions.actions import accept_returns, import_returns
from portal.submissions.management.commands.import_returns import pcn_collection

NANO = 1_000_000_000
MONTHS = {
    "2020-03": ("2020_march", 498, "343.89"),
    "2020-09": ("2020_september", 2944, "2223.95"),
    "2021-03": ("2021_march", 6859, "5571.36"),
    "2021-09": ("2021_september", 9615, "8415.02"),
    "2022-03": ("2022_march", 11839, "11369.27"),
}

pytestmark = pytest.mark.django_db(databases=["default", "submissions"])


def raw_figures(path: Path) -> dict[tuple[str, str], tuple[int, Decimal]]:
    """Count the file with the standard library alone: people and FTE by region and staff role, with totals."""
    people: dict[tuple[str, str], set[str]] = defaultdict(set)
    fte: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    with path.open(encoding="cp1252", newline="") as file:
        for row in csv.DictReader(file):
            role = row["STAFF_ROLE"].strip()
            for key in {(region, r) for region in ("all", row["COMM_REGION_CODE"]) for r in ("all", role)}:
                fte[key] += Decimal(row["FTE"])
                if row["UNIQUE_IDENTIFIER"] != "NULL":
                    people[key].add(row["UNIQUE_IDENTIFIER"])
                else:
                    people[key] |= set()
    return {key: (len(people[key]), fte[key]) for key in fte}


@pytest.mark.parametrize("period", MONTHS)
def test_people_and_fte_equal_the_file_in_every_region_and_role(shared_data, tmp_path, period) -> None:
    stem, people, fte = MONTHS[period]
    path = shared_data / "workforce" / f"pcn_individual_level_{stem}.csv"
    load_starting_content()
    collection = pcn_collection(f"pcn-{period}")
    import_returns(by=None, collection=collection, path=path)
    accept_returns(by=None, collection=collection)

    snapshot = seal_collection(by=None, collection_code=collection.code, folder=tmp_path)
    specification = specification_of("pcn-headcount")
    predicates = {p["code"]: p["predicate_sql"] for p in definitions_in_force(specification)["perspectives"]}
    with connect(tmp_path) as connection:
        cells = cells_of(connection, snapshot.path, specification, predicates).to_pylist()
    everyone = [cell for cell in cells if cell["perspective"] == "P1" and cell["icb_code"] == "all"]
    ours = {
        (cell["region_code"], cell["role_code"]): (cell["people"], Decimal(cell["fte_nano"]) / NANO)
        for cell in everyone
        if cell["role_group"] == "all"
    }

    raw = raw_figures(path)
    assert ours["all", "all"] == raw["all", "all"]
    assert (ours["all", "all"][0], f"{ours['all', 'all'][1]:.2f}") == (people, fte)
    regions = {region for region, _ in raw}
    assert {region: ours[region, "all"] for region in regions} == {region: raw[region, "all"] for region in regions}
    # Labels differ from codes: a role is known by its figures in England and in every region at once.
    assert sorted(roles_across(ours)) == sorted(roles_across(raw))


def roles_across(figures: dict[tuple[str, str], tuple[int, Decimal]]) -> list[list[tuple[str, int, Decimal]]]:
    """Return, for each role, its people and FTE in England and in every region that has it."""
    names = {role for _, role in figures if role != "all"}
    return [sorted((where, *figures[where, role]) for where, of in figures if of == role) for role in names]
