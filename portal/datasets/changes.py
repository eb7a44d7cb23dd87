# ruff: noqa: S608 - the only names put into SQL are columns of our own files, quoted
"""What changed between two versions: structure and every cell, largest change first."""

from __future__ import annotations

import hashlib
import json
import tempfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow.parquet as pq
from django.conf import settings

from portal.datasets.definition_usage import wording_only
from portal.datasets.numbering import StructureChange, structure_changes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from portal.datasets.models import DatasetVersion

FORMAT = "1"
CHAIN = 500
Renames = dict[str, dict[str, str]]


class NotComparableError(ValueError):
    """The versions have no cells in common, because their dimensions differ."""


@dataclass(frozen=True)
class Changes:
    """The difference from one version to another."""

    old: DatasetVersion
    new: DatasetVersion

    @cached_property
    def renames(self) -> Renames:
        """Return what codes of the old version are called in the new one, through all versions between."""
        return renames_between(self.old, self.new)

    @cached_property
    def structure(self) -> list[StructureChange]:
        """Return the differences of dimensions, codes, measures and definitions, largest first."""
        return structure_changes(self.old.meta, wording_only(self.old.meta, self.new.meta), self.renames)

    @cached_property
    def dimensions(self) -> list[str]:
        """Return the dimensions, which must be the same in both."""
        before, after = set(self.old.meta.by_id), set(self.new.meta.by_id)
        if before != after:
            different = ", ".join(sorted(before ^ after))
            raise NotComparableError(f"Cells cannot be compared: only one of the versions has {different}.")
        return list(self.new.meta.by_id)

    @cached_property
    def path(self) -> Path:
        """Return a Parquet file of the changed cells, made once for each pair of contents."""
        mapping = json.dumps(self.renames, sort_keys=True)
        key = hashlib.sha256(f"{FORMAT}{self.old.digest}{self.new.digest}{mapping}".encode()).hexdigest()
        target = Path(settings.CONTENT_STORE_ROOT) / "changes" / f"{key}.parquet"
        if not target.exists():
            _compute(self, target)
        return target

    @cached_property
    def counts(self) -> dict[str, int]:
        """Return how many cells were added, removed and changed, and how many are as they were."""
        kinds = pq.read_table(self.path, columns=["change"])["change"].value_counts().to_pylist()
        found = {row["values"]: row["counts"] for row in kinds}
        counts = {kind: int(found.get(kind, 0)) for kind in ("added", "removed", "changed")}
        return {**counts, "unchanged": self.new.rows - counts["added"] - counts["changed"]}

    def largest(self, limit: int, offset: int = 0) -> list[dict[str, Any]]:
        """Return changed cells, largest change first."""
        with pq.ParquetFile(self.path) as file:
            return file.read().slice(offset, limit).to_pylist()


def renames_between(old: DatasetVersion, new: DatasetVersion) -> Renames:
    """Return the renamings from ``old`` to ``new``, following the versions that each was made from."""
    steps: list[Mapping[str, Mapping[str, str | None]]] = []
    version: DatasetVersion | None = new
    for _ in range(CHAIN):
        if version is None or version.pk == old.pk:
            break
        steps.append(version.mapping)
        version = version.base
    if version is None or version.pk != old.pk:
        return {}
    renames: Renames = {}
    for step in reversed(steps):
        for dimension, pairs in step.items():
            known = renames.setdefault(dimension, {})
            named = {gone: now for gone, now in pairs.items() if now}
            for first, last in list(known.items()):
                known[first] = named.pop(last, last)
            known.update(named)
    return renames


def _compute(changes: Changes, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        draft = Path(folder) / "changes.parquet"
        limits = {"threads": settings.STATISTICS_THREADS, "memory_limit": "1GB", "temp_directory": folder}
        with duckdb.connect(config=limits) as con:
            con.sql(_statement(changes)).write_parquet(str(draft), compression="snappy")
        draft.replace(target)


def _statement(changes: Changes) -> str:
    keys = [*changes.dimensions, "measure"]
    quoted = ", ".join(f'"{key}"' for key in keys)
    before = ", ".join(_renamed(key, changes.renames.get(key, {})) for key in keys)
    old, new = (str(version.observations_path()).replace("'", "''") for version in (changes.old, changes.new))
    return f"""
        WITH before AS (SELECT {before}, value AS old_value, status AS old_status FROM read_parquet('{old}')),
             after AS (SELECT {quoted}, value AS new_value, status AS new_status FROM read_parquet('{new}')),
             both_sides AS (
                 SELECT {quoted}, old_value, old_status, new_value, new_status,
                        CASE WHEN old_status IS NULL THEN 'added' WHEN new_status IS NULL THEN 'removed'
                             WHEN old_value IS DISTINCT FROM new_value OR old_status <> new_status THEN 'changed'
                             ELSE '' END AS change,
                        new_value - old_value AS difference
                 FROM before FULL JOIN after USING ({quoted}))
        SELECT change, {quoted}, old_value, old_status, new_value, new_status, difference,
               CASE WHEN old_value <> 0 THEN 100 * difference / old_value END AS percent
        FROM both_sides WHERE change <> ''
        ORDER BY change <> 'changed', abs(difference) DESC NULLS LAST, change, {quoted}"""


def _renamed(key: str, pairs: Mapping[str, str]) -> str:
    if not pairs:
        return f'"{key}"'
    cases = " ".join(f"WHEN {_text(gone)} THEN {_text(now)}" for gone, now in sorted(pairs.items()))
    return f'CASE "{key}" {cases} ELSE "{key}" END AS "{key}"'


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
