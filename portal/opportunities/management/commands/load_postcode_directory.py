"""Load the full ONS Postcode Directory: ``manage.py load_postcode_directory ONSPD.csv --deprivation IoD.csv``."""

from __future__ import annotations

import csv
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from portal.opportunities.directory import Row, write

if TYPE_CHECKING:
    from collections.abc import Iterator

#: The directory names its columns by the edition of the areas; these are the names since 2019.
NEEDED = {
    "postcode": ("pcd", "pcds", "pcd7", "pcd8"),
    "easting": ("oseast1m", "east1m"),
    "northing": ("osnrth1m", "north1m"),
    "authority": ("oslaua", "laua", "lad25cd", "lad24cd", "lad23cd"),
    "small area": ("lsoa21", "lsoa21cd", "lsoa11", "lsoa11cd"),
}
DECILE = ("index of multiple deprivation (imd) decile", "imd decile", "decile")
DECILES = range(1, 11)


class Command(BaseCommand):
    """Write the file that POSTCODE_DIRECTORY names."""

    help = (
        "Load the ONS Postcode Directory (CSV) and the deprivation decile of each small area (CSV), so that "
        "deprivation is that of the small area and not of the local authority. Sets the file of POSTCODE_DIRECTORY."
    )

    def add_arguments(self, parser: Any) -> None:
        """Take the files."""
        parser.add_argument("directory", type=Path, help="the directory's data file, ONSPD_….csv")
        parser.add_argument("--deprivation", type=Path, required=True, help="CSV with the decile of each LSOA")
        parser.add_argument("--to", type=Path, default=None, help="the file to write; POSTCODE_DIRECTORY by default")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Read both files, write one, and say what it holds."""
        target = options["to"] or settings.POSTCODE_DIRECTORY
        if not target:
            raise CommandError("Say where to write it: --to FILE, or set POSTCODE_DIRECTORY.")
        deciles = _deciles(options["deprivation"])
        try:
            number = write(_rows(options["directory"], deciles), Path(target))
        except ValueError as fault:
            raise CommandError(str(fault)) from fault
        self.stdout.write(f"{number:,} postcodes with a position, {len(deciles):,} small areas: {target}")
        if str(target) != str(settings.POSTCODE_DIRECTORY):
            self.stdout.write(f"Set POSTCODE_DIRECTORY={target} to use it.")


@contextmanager
def _reader(path: Path) -> Iterator[tuple[Any, dict[str, str]]]:
    """Open a CSV file: its rows, and its own name for each column in lower case."""
    if not path.is_file():
        raise CommandError(f"There is no file {path}.")
    with path.open(newline="", encoding="utf-8-sig") as file:
        rows = csv.DictReader(file)
        yield rows, {name.strip().lower(): name for name in rows.fieldnames or []}


def _column(names: dict[str, str], wanted: tuple[str, ...], path: Path, what: str) -> str:
    for name in wanted:
        if name in names:
            return names[name]
    raise CommandError(f"{path.name} has no column for the {what}; looked for {', '.join(wanted)}.")


def _deciles(path: Path) -> dict[str, int]:
    with _reader(path) as (rows, names):
        area = next((own for name, own in names.items() if name.startswith("lsoa") and "name" not in name), None)
        decile = next((own for name, own in names.items() if name.startswith(DECILE)), None)
        if area is None or decile is None:
            raise CommandError(f"{path.name} needs a column with the LSOA code and one with the decile (1 to 10).")
        found = {}
        for line, row in enumerate(rows, start=2):
            value = row[decile].strip()
            if not value.isdigit() or int(value) not in DECILES:
                raise CommandError(
                    f"{path.name}, line {line}: the decile of {row[area]} is “{value}”; it must be 1 to 10."
                )
            found[row[area].strip()] = int(value)
        return found


def _rows(path: Path, deciles: dict[str, int]) -> Iterator[Row]:
    with _reader(path) as (rows, names):
        column = {what: _column(names, wanted, path, what) for what, wanted in NEEDED.items()}
        for line, row in enumerate(rows, start=2):
            east, north = row[column["easting"]].strip(), row[column["northing"]].strip()
            if not east or not north:  # terminated postcodes, and large users without a position
                continue
            code = row[column["postcode"]].replace(" ", "").upper()
            if not east.isdigit() or not north.isdigit() or not code:
                raise CommandError(
                    f"{path.name}, line {line}: “{code}” has no whole numbers as its position: {east}, {north}."
                )
            authority, small_area = row[column["authority"]].strip(), row[column["small area"]].strip()
            yield Row(code, int(east), int(north), authority, deciles.get(small_area, 0))
