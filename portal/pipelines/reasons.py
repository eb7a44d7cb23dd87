"""Why a figure changed between two runs: each reason's part, adding up exactly to the change.

Both runs counted sealed records under pinned definitions. Between them lie five steps, taken one
after the other, each counted on a mixture of the two snapshots:

1. returns added: organisations that are only in the later snapshot,
2. returns withdrawn: organisations that are only in the earlier one,
3. corrected: new versions of returns that are in both,
4. reclassified: the same records of the same return version under another role or group,
5. definition: the later rules in place of the earlier ones.

Each part is what the figure moved in its step, so the parts add up to the change before
protection, whatever the data. Where an order matters (somebody corrected into a perspective whose
rule changed as well) the earlier step takes the effect. Estimation and protection are what is left
between that and the published change.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from portal.methods.measures import compute_cells

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import duckdb

NANO = 1_000_000_000
NUMBERS = {"headcount": "people", "posts": "posts", "fte": "fte_nano"}
REASONS = {
    "added": "Returns added",
    "withdrawn": "Returns withdrawn",
    "corrected": "Returns corrected",
    "reclassified": "Reclassified",
    "definition": "Definition",
    "estimation": "Estimation",
    "protection": "Protection",
}
CLASSIFICATION = ("role_code", "role_group", "job_title_code")
Cell = tuple[str, ...]


@dataclass(frozen=True)
class Side:
    """One of the two runs: the records of a period and the rules that they were counted under."""

    snapshot: Path
    populations: Mapping[str, str]


@dataclass(frozen=True)
class Explained:
    """One figure of two runs: what it was and is before protection, and what each reason moved."""

    before: int
    after: int
    parts: dict[str, int] = field(default_factory=dict)

    @property
    def change(self) -> int:
        """The change before protection."""
        return self.after - self.before


def stages(connection: duckdb.DuckDBPyConnection, before: Side, after: Side) -> list[tuple[str, str, dict[str, str]]]:
    """Return each step's name, the records it counts, and the rules it counts them under; the first is the start."""
    earlier, later = (f"read_parquet('{side.snapshot}')" for side in (before, after))
    shared = _columns(connection, earlier) & _columns(connection, later)
    classes = [name for name in CLASSIFICATION if name in shared]
    only_later = f"SELECT * FROM {later} WHERE organisation_key NOT IN (SELECT organisation_key FROM {earlier})"  # noqa: S608 - paths are ours
    still_there = f"SELECT * FROM {earlier} WHERE organisation_key IN (SELECT organisation_key FROM {later})"  # noqa: S608 - paths are ours
    # A record keeps its key while its return version does, so a record of a corrected return has no earlier self.
    replaced = ", ".join(
        f"CASE WHEN e.record_key IS NULL THEN l.{name} ELSE e.{name} END AS {name}" for name in classes
    )
    corrected = f"SELECT l.* REPLACE ({replaced}) FROM {later} l LEFT JOIN {earlier} e ON e.record_key = l.record_key"  # noqa: S608 - paths are ours
    old = {name: before.populations.get(name, "FALSE") for name in after.populations}
    return [
        ("", earlier, old),
        ("added", f"(SELECT * FROM {earlier} UNION ALL BY NAME {only_later})", old),  # noqa: S608 - paths are ours
        ("withdrawn", f"({still_there} UNION ALL BY NAME {only_later})", old),
        ("corrected", f"({corrected})" if classes else later, old),
        ("reclassified", later, old),
        ("definition", later, dict(after.populations)),
    ]


def _columns(connection: duckdb.DuckDBPyConnection, relation: str) -> set[str]:
    return {row[0] for row in connection.sql(f"DESCRIBE SELECT * FROM {relation}").fetchall()}  # noqa: S608 - paths are ours


def explain(
    connection: duckdb.DuckDBPyConnection,
    before: Side,
    after: Side,
    *,
    breakdowns: Sequence[tuple[str, ...]],
    quantities: Sequence[str],
) -> dict[tuple[Cell, str], Explained]:
    """Return, for every cell (population, breakdown, codes) and quantity, its change and what each reason moved.

    Full-time equivalents are whole thousand-millionths, so that parts add up exactly.
    """
    values: list[dict[tuple[Cell, str], int]] = []
    names = []
    for name, relation, populations in stages(connection, before, after):
        table = compute_cells(connection, relation, breakdowns=breakdowns, perspectives=populations, contributors=False)
        labels = [column for column in table.column_names if column not in {*NUMBERS.values(), "cell_key"}]
        keys = list(zip(*(table[label].to_pylist() for label in labels), strict=True))
        found: dict[tuple[Cell, str], int] = {}
        for quantity in quantities:
            numbers = table[NUMBERS[quantity]].to_pylist()
            found |= {(key, quantity): int(number) for key, number in zip(keys, numbers, strict=True)}
        values.append(found)
        names.append(name)
    every = dict.fromkeys(key for stage in values for key in stage)
    return {
        key: Explained(
            values[0].get(key, 0),
            values[-1].get(key, 0),
            {
                name: stage.get(key, 0) - last.get(key, 0)
                for name, last, stage in zip(names[1:], values[:-1], values[1:], strict=True)
            },
        )
        for key in every
    }
