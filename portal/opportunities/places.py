"""Postcode to place, offline: coordinates, local authority, board, region, deprivation.

Coordinates and local authority come from ``directory``, the rest from ``data/local_authorities.csv``. The
deprivation decile is the local authority's, or the small area's (LSOA) where the operator has loaded the
full ONS Postcode Directory. Nothing that a person types here is stored.
"""

from __future__ import annotations

import csv
import random
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from statistics import median

from portal.opportunities import directory
from portal.opportunities.units import METRES_PER_MILE

POOL_STEP = 97
#: What a deprivation decile is of.
SMALL_AREA, AUTHORITY = "small area", "local authority"
DATA = Path(__file__).parent / "data"
FULL_POSTCODE = re.compile(r"^([A-Z]{1,2}[0-9][A-Z0-9]?)\s*([0-9][A-Z]{2})$")
DISTRICT = re.compile(r"^[A-Z]{1,2}[0-9][A-Z0-9]?$")


class UnknownPlaceError(ValueError):
    """What was typed is not a postcode, not a district, or not in England."""


@dataclass(frozen=True)
class LocalAuthority:
    """One local authority district, with what statistics need of it."""

    code: str
    name: str
    region_code: str
    icb_code: str
    deprivation_decile: int
    #: People aged 14 to 18 in mid-2020: what rates are made with.
    residents_14_18: int


@dataclass(frozen=True)
class Place:
    """A point on the British National Grid (metres) and the areas it lies in."""

    label: str
    easting: int
    northing: int
    authority: LocalAuthority | None
    is_district: bool
    #: Decile of the small area, where the operator has loaded the full directory.
    small_area_decile: int | None = None

    @property
    def deprivation_decile(self) -> int | None:
        """The decile of the finest area that is known: 1 is the most deprived."""
        return self.small_area_decile or (self.authority.deprivation_decile if self.authority else None)

    @property
    def deprivation_level(self) -> str:
        """Which area the decile is of."""
        return SMALL_AREA if self.small_area_decile else AUTHORITY

    def miles_to(self, easting: int, northing: int) -> float:
        """Return the straight-line distance in miles."""
        return ((self.easting - easting) ** 2 + (self.northing - northing) ** 2) ** 0.5 / METRES_PER_MILE


@lru_cache(maxsize=1)
def local_authorities() -> dict[str, LocalAuthority]:
    """Return the local authorities of England by code."""
    with (DATA / "local_authorities.csv").open(newline="", encoding="utf-8") as file:
        return {
            row["code"]: LocalAuthority(
                code=row["code"],
                name=row["name"],
                region_code=row["region_code"],
                icb_code=row["icb_code"],
                deprivation_decile=int(row["deprivation_decile"]),
                residents_14_18=int(row["residents_14_18"]),
            )
            for row in csv.DictReader(file)
        }


@lru_cache(maxsize=2)
def residents(*, small_areas: bool) -> tuple[tuple[LocalAuthority, int, int], ...]:
    """Return the people aged 14 to 18 of every authority and deprivation decile: of small areas, or of authorities."""
    known = local_authorities()
    if not small_areas:
        return tuple((item, item.deprivation_decile, item.residents_14_18) for item in known.values())
    with (DATA / "residents_by_decile.csv").open(newline="", encoding="utf-8") as file:
        return tuple(
            (known[row["code"]], int(row["decile"]), int(row["residents_14_18"])) for row in csv.DictReader(file)
        )


def find_place(text: str) -> Place:
    """Return the place of a full postcode or a postcode district of England.

    Raises:
        UnknownPlaceError: with a sentence that says what is wrong and how to mend it.
    """
    typed = re.sub(r"\s+", " ", text.strip().upper())
    if match := FULL_POSTCODE.match(typed):
        return _postcode(f"{match[1]} {match[2]}", "Check it, or type only its first part.")
    if DISTRICT.match(typed):
        return _district(typed)
    raise UnknownPlaceError(
        f"“{text.strip()}” is not a postcode. Type a full postcode, like LS1 4AP, or its first part, like LS1."
    )


def find_full_postcode(text: str) -> Place:
    """Return the place of a full postcode, where a district alone is not enough.

    Raises:
        UnknownPlaceError: with a sentence that says what is wrong and how to mend it.
    """
    match = FULL_POSTCODE.match(re.sub(r"\s+", " ", text.strip().upper()))
    if match is None:
        raise UnknownPlaceError("Type a full postcode, like LS1 4AP.")
    return _postcode(f"{match[1]} {match[2]}", "Check it and try again.")


def _postcode(postcode: str, mend: str) -> Place:
    found = directory.find(postcode.replace(" ", ""))
    if found is None:
        raise UnknownPlaceError(f"We do not know the postcode {postcode}. {mend}")
    authority = local_authorities().get(found.authority)
    if authority is None:
        raise UnknownPlaceError(f"The postcode {postcode} is not in England; the service covers England.")
    return Place(
        postcode, found.easting, found.northing, authority, is_district=False, small_area_decile=found.decile or None
    )


@lru_cache(maxsize=4096)
def _district(district: str) -> Place:
    england = frozenset(local_authorities())
    inside = [row for row in directory.of_district(district) if row.authority in england]
    if not inside:
        raise UnknownPlaceError(f"We do not know the postcode district {district} in England. Check it and try again.")
    # A district spans authorities: good for distance, too coarse for deprivation or boards.
    return Place(
        district,
        round(median(row.easting for row in inside)),
        round(median(row.northing for row in inside)),
        None,
        is_district=True,
    )


def sample_places(number: int, *, seed: int) -> list[Place]:
    """Return ``number`` postcodes of England drawn evenly, the same for the same ``seed``.

    For demonstrations and benchmarks: no real home is meant by any of them.
    """
    chance = random.Random(seed)  # noqa: S311 - a demonstration must be the same every time
    england = local_authorities()
    pool: list[directory.Row] = []
    for letter in directory.letters():
        # A fixed part of every letter keeps the pool small and the draw even.
        pool += directory.every(POOL_STEP, letter=letter, first=chance.randrange(POOL_STEP), authorities=england)
    return [
        Place(f"{row.code[:-3]} {row.code[-3:]}", row.easting, row.northing, england[row.authority], is_district=False)
        for row in chance.choices(pool, k=number)
    ]
