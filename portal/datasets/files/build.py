"""Writing the files of a version, in order, with progress."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from portal.core.storage import sha256_of
from portal.datasets.files import manifest
from portal.datasets.files.csv_file import write_csv

if TYPE_CHECKING:
    from portal.datasets.files.canonical import CanonicalTable
    from portal.datasets.models import DatasetVersion

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class BuiltFile:
    """A file on this machine, ready to be stored."""

    path: Path
    name: str
    label: str
    media_type: str
    rows: int | None = None
    is_main: bool = False

    @cached_property
    def sha256(self) -> str:
        """Return the hash of its bytes."""
        return sha256_of(self.path)

    @property
    def bytes(self) -> int:
        """Return its size."""
        return self.path.stat().st_size


def build_files(
    version: DatasetVersion, table: CanonicalTable, folder: Path, *, progress: Progress | None = None
) -> list[BuiltFile]:
    """Write every file of ``version`` into ``folder`` and return them, the manifest last."""
    files: list[BuiltFile] = []
    for number, (name, writer) in enumerate(WRITERS, start=1):
        if progress:
            progress(name, number, len(WRITERS))
        files.extend(writer(version, table, folder, files))
    return files


Writer = Callable[["DatasetVersion", "CanonicalTable", Path, list[BuiltFile]], list[BuiltFile]]


def _csv(version: DatasetVersion, table: CanonicalTable, folder: Path, _done: list[BuiltFile]) -> list[BuiltFile]:
    target = folder / f"{version.stem}.csv"
    rows = write_csv(table, target)
    return [BuiltFile(target, target.name, "CSV", "text/csv", rows, is_main=True)]


def _parquet(version: DatasetVersion, table: CanonicalTable, _folder: Path, _done: list[BuiltFile]) -> list[BuiltFile]:
    media_type = "application/vnd.apache.parquet"
    return [BuiltFile(table.path, f"{version.stem}.parquet", "Parquet", media_type, table.rows, is_main=True)]


def _manifest(version: DatasetVersion, _table: CanonicalTable, folder: Path, done: list[BuiltFile]) -> list[BuiltFile]:
    target = folder / manifest.NAME
    manifest.write_json(manifest.manifest(version, done), target)
    return [BuiltFile(target, target.name, "Manifest with checksums and lineage", "application/json")]


WRITERS: list[tuple[str, Writer]] = [("CSV", _csv), ("Parquet", _parquet), ("Manifest", _manifest)]
