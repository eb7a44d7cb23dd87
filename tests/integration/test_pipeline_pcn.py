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
MOST_OF_A_MONTH = 200
MONTHS = {
    "2020-03": ("2020_march", 498, "343.89"),
    "2020-09": ("2020_september", 2944, "2223.95"),
    "2021-03": ("2021_march", 6859, "5571.36"),
    "2021-09": ("2021_september", 9615, "8415.02"),
    "2022-03": ("2022_march", 11839, "11369.27"),
}

pytestmark = pytest.mark.django_db(databases=["default", "submissions"])


#: Written by hand from the labels of the files, and from nothing that the portal says.
CODES = {
    "Advanced Dietician Practitioners": "pcn-advanced-dietician",
    "Advanced Occupational Therapist Practitioners": "pcn-advanced-occupational-therapist",
    "Advanced Paramedic Practitioners": "pcn-advanced-paramedic",
    "Advanced Pharmacist Practitioners": "pcn-advanced-pharmacist",
    "Advanced Physiotherapist Practitioners": "pcn-advanced-physiotherapist",
    "Care Coordinators": "pcn-care-coordinator",
    "Clinical Director": "pcn-clinical-director",
    "Dieticians": "pcn-dietician",
    "Health Support Workers": "pcn-health-support-worker",
    "Health and Wellbeing Coaches": "pcn-wellbeing-coach",
    "Managers": "pcn-manager",
    "Medical Clinical Director": "pcn-medical-clinical-director",
    "Non-clinical Director": "pcn-non-clinical-director",
    "Nursing Associates": "pcn-nursing-associate",
    "Other Admin/Non-clinical": "pcn-other-admin",
    "Other Direct Patient Care": "pcn-other-direct-patient-care",
    "Paramedics": "pcn-paramedic",
    "Pharmacists": "pcn-pharmacist",
    "Pharmacy Technicians": "pcn-pharmacy-technician",
    "Physician Associates": "pcn-physician-associate",
    "Physiotherapists": "pcn-physiotherapist",
    "Podiatrists": "pcn-podiatrist",
    "Social Prescribing Link Workers": "pcn-social-prescriber",
    "Therapists": "pcn-therapist",
    "Trainee Nursing Associates": "pcn-trainee-nursing-associate",
}
GROUPS = {
    "Other Direct Patient Care staff": "direct-patient-care",
    "Directors": "directors",
    "Other Admin/Non-clinical staff": "admin-non-clinical",
}
Figures = dict[tuple[str, str, str, str], tuple[int, Decimal]]


def raw_figures(path: Path) -> Figures:
    """Count the file with the standard library alone: people and FTE by area (all, region, board) and group or role."""
    people: dict[tuple[str, str, str, str], set[str]] = defaultdict(set)
    fte: dict[tuple[str, str, str, str], Decimal] = defaultdict(Decimal)
    with path.open(encoding="cp1252", newline="") as file:
        for row in csv.DictReader(file):
            areas = ("all", "all"), (row["COMM_REGION_CODE"], "all"), ("all", row["ICB_CODE"])
            kinds = (
                ("all", "all"),
                (GROUPS[row["STAFF_GROUP"].strip()], "all"),
                ("all", CODES[row["STAFF_ROLE"].strip()]),
            )
            for key in [(*area, *kind) for area in areas for kind in kinds]:
                fte[key] += Decimal(row["FTE"])
                people[key] |= {row["UNIQUE_IDENTIFIER"]} - {"NULL"}
    return {key: (len(people[key]), fte[key]) for key in fte}


@pytest.mark.parametrize("period", MONTHS)
def test_people_and_fte_equal_the_file_in_every_area_and_role_by_their_codes(shared_data, tmp_path, period) -> None:
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
    names = ("region_code", "icb_code", "role_group", "role_code")
    ours: Figures = {
        tuple(cell[name] for name in names): (cell["people"], Decimal(cell["fte_nano"]) / NANO)  # type: ignore[misc]  # four names
        for cell in cells
        if cell["perspective"] == "P1"
    }
    everyone = ours["all", "all", "all", "all"]
    assert (everyone[0], f"{everyone[1]:.2f}") == (people, fte)
    raw = raw_figures(path)
    assert len(raw) > MOST_OF_A_MONTH
    assert ours == raw
