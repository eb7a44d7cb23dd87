"""Cases of protection."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from portal.methods.protection import ProtectionRule, PTable, protect_cells, protect_counts
from portal.methods.protection.dominance import dominance_fails
from portal.methods.rounding import controlled_rounding, rounding_distance
from portal.methods.specification_cases.case import Case, Page, Value, numbers, table, whole_numbers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

NANO = 1_000_000_000


def _ten_five(rows: Sequence[Mapping[str, Value]]) -> list[dict[str, Value]]:
    counts = np.array(whole_numbers(rows, "people"), dtype=np.int64)
    values, status = protect_counts(counts, np.zeros_like(counts), rule=ProtectionRule.default())
    return [_shown(value, mark) for value, mark in zip(values.tolist(), status.tolist(), strict=True)]


def _shown(value: float, mark: str) -> dict[str, Value]:
    return {"published": f"[{mark}]" if mark else f"{value:g}"}


def _handbook(rows: Sequence[Mapping[str, Value]]) -> list[dict[str, Value]]:
    """The record keys 0.9, 0.3 and 0.6 of the Handbook, in tenths."""
    three = [-1] * 3 + [0] * 4 + [1] * 3
    changes = {0: [0] * 10, 1: [-1] * 5 + [1] * 5, 2: [0] * 8 + [1] * 2, 3: three}
    triples = [(count, key, change) for count, row in changes.items() for key, change in enumerate(row)]
    key = sum(round(10 * tenth) for tenth in numbers(rows, "record_key")) % 10
    change = PTable.from_rows(triples, keys=10).look_up(np.array([len(rows)]), np.array([key]))
    return [
        {"count": len(rows), "cell_key": key / 10, "change": int(change[0]), "perturbed": len(rows) + int(change[0])}
    ]


def _fte(rows: Sequence[Mapping[str, Value]]) -> list[dict[str, Value]]:
    def nano(name: str) -> pa.Array:
        return pa.array([round(value * NANO) for value in numbers(rows, name)], pa.int64())

    cells = pa.table(
        {
            "perspective": ["all"] * len(rows),
            "breakdown": [""] * len(rows),
            "people": whole_numbers(rows, "people"),
            "posts": whole_numbers(rows, "people"),
            "fte_nano": nano("fte"),
            "cell_key": [0] * len(rows),
            "organisations": whole_numbers(rows, "organisations"),
            "largest_fte_nano": nano("largest"),
            "second_fte_nano": nano("second"),
        }
    )
    protected = protect_cells(cells, measures=("fte",)).to_pylist()
    return [_shown(row["value"] if row["value"] is not None else 0.0, row["status"]) for row in protected]


def _controlled(rows: Sequence[Mapping[str, Value]]) -> list[dict[str, Value]]:
    before = np.array([whole_numbers(rows, "male"), whole_numbers(rows, "female")], dtype=np.int64).T
    after = controlled_rounding(before)
    return [{"total": int(after.sum()), "moved_in_all": rounding_distance(before, after)}]


def _dominance(rows: Sequence[Mapping[str, Value]]) -> list[dict[str, Value]]:
    found: list[dict[str, Value]] = []
    for row in rows:
        given = [float(word) for word in str(row["contributions"]).split()]
        fails = dominance_fails(given, largest=2, percent=85)
        found.append({"contributions": row["contributions"], "shown": "no" if fails else "yes"})
    return found


CASES = (
    Case(
        "Threshold 10, rounding to 5",
        "Fewer than ten people are hidden, and so is nobody: a zero is shown only where the specification declares it. "
        "Other counts are rounded to the nearest five.",
        table("people", (0,), (4,), (9,), (10,), (12,), (13,), (998,)),
        _ten_five,
        table("published", ("[c]",), ("[c]",), ("[c]",), ("10",), ("10",), ("15",), ("1000",)),
    ),
    Case(
        "Cell keys",
        "Each person has a fixed key; the cell's key is their sum, without the whole part. The table of changes, here "
        "that of the Handbook on Statistical Disclosure Control, is looked up by count and key: the same people get the "
        "same change in every table.",
        table("record_key", (0.9,), (0.3,), (0.6,)),
        _handbook,
        table("count cell_key change perturbed", (3, 0.8, 1, 4)),
    ),
    Case(
        "Full-time equivalents",
        "FTE is rounded to five and hidden with its headcount, with fewer than three organisations (companies of one "
        "group count as one), and where the second largest could estimate the largest within ten percent: what the "
        "others give is then less than a tenth of the largest.",
        table(
            "people fte organisations largest second",
            (9, 8.0, 3, 3.0, 3.0),
            (40, 36.4, 3, 15.0, 10.0),
            (40, 36.4, 2, 20.0, 16.4),
            (40, 36.4, 3, 20.0, 15.0),
        ),
        _fte,
        table("published", ("[c]",), ("35",), ("[c]",), ("[c]",)),
    ),
    Case(
        "Controlled rounding",
        "Where a small table must add up, every cell and margin goes to a neighbouring multiple of five and the total "
        "distance is the least possible. For the Handbook's table the least is 18 (the published solution has 22).",
        table("area male female", ("A", 1, 0), ("B", 3, 3), ("C", 12, 20)),
        _controlled,
        table("total moved_in_all", (40, 18)),
    ),
    Case(
        "Dominance",
        "Where the two largest organisations give more than 85% of a sum, it is hidden; exactly 85% is shown.",
        table("contributions", ("60 25 15",), ("60 26 14",), ("100",)),
        _dominance,
        table("contributions shown", ("60 25 15", "yes"), ("60 26 14", "no"), ("100", "no")),
    ),
)

PAGE = Page(
    "protection",
    "Disclosure control",
    """
The workforce is small, and the same people are counted under several perspectives, so figures are protected twice:
each by a rule, and all of them together by an [audit](audit.md).

- **Counts**: threshold 10 and rounding to base 5. Each total is protected on its own, so rounded figures need not add
  up to the rounded total.
- **The same cell of the same data shows the same value everywhere**, in every table, format, chart and version: the
  protected value depends only on who is in the cell.
- A specification may choose a table of random changes instead; rounding always follows. Without it, equal changes
  for equal cells would turn any inequality between two perspectives into proof that somebody is in between.
- A table of changes with a missing row is refused: it would protect nothing there, without a word.
- **Rates, shares and averages** are worked from published numbers.
- **Organisations** are not a breakdown of public tables.

What rounding does not do: two perspectives that show the same number suggest, more often than not, that nobody is in
the difference. In simulations of rounded figures that suggestion was right in 65 to 97 of 100 cells, depending on how
often such differences are empty anyway. Rounding weakens it; nothing short of publishing less removes it.
""",
    CASES,
)
