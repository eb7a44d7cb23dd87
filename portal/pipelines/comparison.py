"""What changed between the observations of two runs: counts, and the largest changes first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import duckdb

from portal.core.storage import private_files

if TYPE_CHECKING:
    from collections.abc import Mapping

    from portal.pipelines.models import PipelineRun

LARGEST = 20


@dataclass(frozen=True)
class ChangedCell:
    """One observation that differs between two runs."""

    cell: dict[str, str]
    measure: str
    before: str
    after: str
    change: float | None

    @property
    def query(self) -> str:
        """The question why it changed, as the page of changes takes it."""
        return urlencode({"measure": self.measure, **self.cell})

    def words(self, labels: Mapping[str, Mapping[str, str]]) -> str:
        """Return the cell in words; ``labels`` has those of each column's codes. A level is plain from its code."""
        return ", ".join(
            labels.get(name, {}).get(code, code) for name, code in self.cell.items() if not name.endswith("_level")
        )


@dataclass(frozen=True)
class Comparison:
    """The difference between two runs of a series."""

    earlier: PipelineRun
    same: int
    changed: int
    added: int
    removed: int
    largest: list[ChangedCell]


def compare_with_last(run: PipelineRun) -> Comparison | None:
    """Compare a run with the last one before it that has observations, or return None."""
    earlier = last_before(run)
    return compare_runs(earlier, run) if earlier else None


def last_before(run: PipelineRun) -> PipelineRun | None:
    """Return the last run before one that made observations, if it made some itself."""
    if run.output("observations") is None:
        return None
    earlier = type(run).objects.before(run).prefetch_related("steps")
    return next((one for one in earlier if one.output("observations") is not None), None)


def compare_runs(earlier: PipelineRun, later: PipelineRun) -> Comparison:
    """Compare the observations of two runs, value by value."""
    files = [str(private_files.local_path(str(run.output("observations")))) for run in (earlier, later)]
    with duckdb.connect() as connection:
        names = _shared_columns(connection, files)
        joined = _joined(names, files)
        kinds = dict(connection.sql(f"SELECT kind, count(*) FROM ({joined}) GROUP BY kind").fetchall())  # noqa: S608 - names and paths are ours
        rows = connection.sql(
            f"""SELECT {", ".join(names)}, measure, was, is_now, change FROM ({joined}) WHERE kind = 'changed'
                ORDER BY abs(coalesce(change, 0)) DESC, {", ".join(names)}, measure LIMIT {LARGEST}""",  # noqa: S608 - names and paths are ours
        ).fetchall()
    width = len(names)
    largest = [ChangedCell(dict(zip(names, row[:width], strict=True)), *row[width:]) for row in rows]
    return Comparison(earlier, *(kinds.get(kind, 0) for kind in ("same", "changed", "added", "removed")), largest)


def _shared_columns(connection: duckdb.DuckDBPyConnection, files: list[str]) -> list[str]:
    """Return the cell columns that both have; a series whose dimensions changed is compared on the rest."""
    ignored = {"measure", "value", "status", "source", "coverage_received", "coverage_expected"}
    columns = [
        [row[0] for row in connection.sql(f"DESCRIBE SELECT * FROM read_parquet('{file}')").fetchall()]  # noqa: S608 - names and paths are ours
        for file in files
    ]
    return [name for name in columns[1] if name in columns[0] and name not in ignored]


def _joined(names: list[str], files: list[str]) -> str:
    shown = "CASE WHEN {0}.value IS NULL THEN '[' || {0}.status || ']' ELSE format('{{:,}}', {0}.value::BIGINT) || CASE WHEN {0}.status <> '' THEN ' [' || {0}.status || ']' ELSE '' END END"
    keys = ", ".join([*names, "measure"])
    return f"""
        SELECT {keys}, {shown.format("a")} AS was, {shown.format("b")} AS is_now, b.value - a.value AS change,
               CASE WHEN a.status IS NULL THEN 'added' WHEN b.status IS NULL THEN 'removed'
                    WHEN a.status = b.status AND a.value IS NOT DISTINCT FROM b.value THEN 'same'
                    ELSE 'changed' END AS kind
        FROM read_parquet('{files[0]}') a FULL JOIN read_parquet('{files[1]}') b USING ({keys})"""  # noqa: S608 - names and paths are ours
