"""A small made-up file in the layout of the real staff records, so that tests need no real file."""

from __future__ import annotations

import csv
import random
from typing import TYPE_CHECKING

from portal.pipelines.code_lists import codes_of

if TYPE_CHECKING:
    from pathlib import Path

COLUMNS = (
    "Data_source", "CENSUS_YEAR", "CENSUS_MONTH", "PCN_CODE", "PCN_NAME", "SUB_ICB_CODE", "SUB_ICB_NAME", "ICB_CODE",
    "ICB_NAME", "COMM_REGION_CODE", "COMM_REGION_NAME", "STAFF_GROUP", "STAFF_ROLE", "DETAILED_STAFF_ROLE", "FTE",
    "UNIQUE_IDENTIFIER",
)  # fmt: skip
ROLES = (
    ("Directors", "Clinical Director", "Clinical Director – Nurse"),
    ("Other Admin/Non-clinical staff", "Managers", "Manager"),
    ("Other Direct Patient Care staff", "Pharmacists", "Pharmacist"),
    ("Other Direct Patient Care staff", "Care Coordinators", "Care Coordinator"),
    ("Other Direct Patient Care staff", "Physiotherapists", "Physiotherapist"),
)


def write_pcn_file(path: Path, *, period: str = "2022-03", rows: int = 600, networks: int = 40, seed: int = 1) -> Path:
    """Write a file of ``rows`` records of made-up people in ``networks`` networks and return its path."""
    chance = random.Random(seed)
    year, month = (int(word) for word in period.split("-"))
    regions = {code.code: code.label for code in codes_of("nhs-regions", "pcn")}
    icbs = [code for code in codes_of("icbs", "pcn") if code.parent]
    homes = [icbs[number % len(icbs)] for number in range(networks)]
    with path.open("w", encoding="cp1252", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for number in range(rows):
            place = chance.randrange(networks)
            icb = homes[place]
            group, role, detailed = chance.choices(ROLES, weights=(1, 2, 6, 5, 3))[0]
            service = chance.random() < 0.05
            fte = chance.choice(["1", "0.8", "0.533333333", "0.5"])
            writer.writerow([
                "NWRS contracted services" if service else "NWRS Staff", year, month, f"U{place:05d}",
                f"MADE UP {place} PCN", "36L", f"{icb.label} - 36L", icb.code, icb.label, icb.parent,
                regions[icb.parent], group, role, detailed, fte,
                "NULL" if service else 1000 + number - (number % 25 == 24),
            ])  # fmt: skip
    return path
