"""From cells to what may be published: threshold, rounding, and a status where a value is hidden.

Counts go through a perturbation table and then rounding and threshold; sums of full-time equivalents are rounded
and hidden with their count, or where too few organisations stand behind them. Each total is protected on its
own, so published figures need not add up.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from portal.methods.measures import TOTAL
from portal.methods.protection.dominance import p_percent_fails
from portal.methods.protection.ptables import PTable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

NANO = 1_000_000_000
CONFIDENTIAL = "c"
LOW = "low"
NOT_APPLICABLE = "z"
MEASURES = ("headcount", "posts", "fte")
NUMBERS = ("people", "posts", "fte_nano", "cell_key", "organisations", "largest_fte_nano", "second_fte_nano")


class ProtectionError(ValueError):
    """Cells that cannot be protected as they stand."""


@dataclass(frozen=True, slots=True)
class ProtectionRule:
    """The numbers of the rule. The default is threshold 10, rounding to 5, three organisations and p = 10."""

    ptable: PTable = field(default_factory=PTable.ten_five)
    threshold: int = 10
    base: int = 5
    fte_base: int = 5
    minimum_organisations: int = 3
    p_percent: int = 10

    def __post_init__(self) -> None:
        """Refuse numbers that would protect nothing."""
        if min(self.threshold, self.base, self.fte_base, self.minimum_organisations) < 1 or self.p_percent < 0:
            raise ProtectionError("Threshold, bases and organisations are at least 1.")

    @classmethod
    def default(cls) -> ProtectionRule:
        """Return the rule used where a specification names no other."""
        return cls()


def protect_counts(
    counts: NDArray[np.int64], cell_keys: NDArray[np.int64], *, rule: ProtectionRule
) -> tuple[NDArray[np.float64], NDArray[np.str_]]:
    """Return values (NaN where hidden) and statuses.

    The change comes from the table; then the count is rounded to the base, so that a noise table never shows
    its noise: equal noise for equal groups would turn any inequality into proof that somebody is in between.
    """
    counts = np.asarray(counts, dtype=np.int64)
    changed = counts + rule.ptable.look_up(counts, np.asarray(cell_keys, dtype=np.int64))
    rounded = (2 * changed + rule.base) // (2 * rule.base) * rule.base
    hidden = (counts < rule.threshold) | (changed < rule.threshold) | (rounded < rule.threshold)
    return np.where(hidden, np.nan, rounded.astype(np.float64)), np.where(hidden, CONFIDENTIAL, "")


def largest_hidden(rule: ProtectionRule) -> int:
    """Return the largest count that the rule hides, whatever the cell key: what a hidden count tells."""
    counts, keys = np.meshgrid(np.arange(len(rule.ptable.changes)), np.arange(rule.ptable.keys), indexing="ij")
    _, status = protect_counts(counts.reshape(-1), keys.reshape(-1), rule=rule)
    return int(counts.reshape(-1)[status == CONFIDENTIAL].max())


def round_fte(fte_nano: NDArray[np.int64], base: int) -> NDArray[np.int64]:
    """Round whole nano-units to a multiple of the base, halves upwards."""
    step = base * NANO
    return (np.asarray(fte_nano, dtype=np.int64) + step // 2) // step * base


def protect_fte(
    cells: pa.Table, count_status: NDArray[np.str_], rule: ProtectionRule
) -> tuple[NDArray[np.float64], NDArray[np.str_]]:
    """Return rounded sums and statuses: hidden with their count, or for too few or too large contributors."""
    fte, largest, second = (_numbers(cells, name) for name in ("fte_nano", "largest_fte_nano", "second_fte_nano"))
    organisations = _numbers(cells, "organisations")
    hidden = (
        (count_status == CONFIDENTIAL)
        | (organisations < rule.minimum_organisations)
        | p_percent_fails(fte, largest, second, rule.p_percent)
    )
    rounded = round_fte(fte, rule.fte_base)
    status = np.where(hidden, CONFIDENTIAL, np.where(rounded == 0, LOW, ""))
    return np.where(status == "", rounded.astype(np.float64), np.nan), status


def protect_cells(
    cells: pa.Table,
    *,
    rule: ProtectionRule | None = None,
    structural_zeros: Sequence[Mapping[str, str]] = (),
    measures: Sequence[str] = MEASURES,
) -> pa.Table:
    """Return one row for each cell and measure, with a value or a status. Nothing else of the cell is kept.

    A structural zero is a cell that nobody can be in by definition, such as a role that a perspective excludes; it
    is not applicable, and says no more than the definition does.
    """
    rule = rule or ProtectionRule.default()
    unknown = [name for name in measures if name not in MEASURES]
    if unknown:
        raise ProtectionError(f"There is no protection for {', '.join(unknown)}.")
    labels = [name for name in cells.column_names if name not in NUMBERS]
    keys = _numbers(cells, "cell_key")
    structural = _structural(cells, structural_zeros)
    people, people_status = protect_counts(_numbers(cells, "people"), keys, rule=rule)
    done = {"headcount": (people, people_status)}
    if "posts" in measures:
        values, status = protect_counts(_numbers(cells, "posts"), keys, rule=rule)
        together = people_status == CONFIDENTIAL
        done["posts"] = (np.where(together, np.nan, values), np.where(together, CONFIDENTIAL, status))
    if "fte" in measures:
        done["fte"] = protect_fte(cells, people_status, rule)
    parts = []
    for name in measures:
        values, status = done[name]
        parts.append(
            cells.select(labels)
            .append_column("measure", pa.array([name] * cells.num_rows, pa.string()))
            .append_column("value", pa.array(np.where(structural, np.nan, values), pa.float64(), from_pandas=True))
            .append_column("status", pa.array(np.where(structural, NOT_APPLICABLE, status).tolist(), pa.string()))
        )
    return _interleaved(parts)


def complete_cells(
    cells: pa.Table,
    *,
    code_lists: Mapping[str, Sequence[str]],
    perspectives: Sequence[str],
    breakdowns: Sequence[tuple[str, ...]],
) -> pa.Table:
    """Return every cell of every breakdown in code-list order, with zeros for those without records.

    A cell that were simply absent would tell that it holds nobody. A code outside its list is refused, so that
    nobody falls out of a table unseen.
    """
    dimensions = [name for name in cells.column_names if name not in {*NUMBERS, "perspective", "breakdown"}]
    labels = ["perspective", "breakdown", *dimensions]
    rows = list(zip(*(cells.column(name).to_pylist() for name in labels), strict=True))
    place = {row: at for at, row in enumerate(rows)}
    wanted = [
        (perspective, ",".join(breakdown), *codes)
        for perspective in perspectives
        for breakdown in breakdowns
        for codes in product(*(code_lists[name] if name in breakdown else (TOTAL,) for name in dimensions))
    ]
    strangers = place.keys() - set(wanted)
    if strangers:
        raise ProtectionError(f"{len(strangers)} cells lie outside the code lists, such as {min(strangers)}.")
    found = np.array([place.get(row, -1) for row in wanted], dtype=np.int64)
    columns = {name: pa.array([row[at] for row in wanted], pa.string()) for at, name in enumerate(labels)}
    for name in NUMBERS:
        if name in cells.column_names:
            numbers = np.append(_numbers(cells, name), 0)  # the last entry serves the empty cells
            columns[name] = pa.array(numbers[found], cells.schema.field(name).type)
    return pa.table(columns)


def _numbers(cells: pa.Table, name: str) -> NDArray[np.int64]:
    if name not in cells.column_names:
        raise ProtectionError(f"The cells have no column {name}; it is needed to protect them.")
    return np.asarray(cells.column(name).to_numpy(), dtype=np.int64)


def _structural(cells: pa.Table, zeros: Sequence[Mapping[str, str]]) -> NDArray[np.bool_]:
    """Find the cells that are zero by definition; somebody in one is a fault of the data or of the declaration."""
    found = np.zeros(cells.num_rows, dtype=bool)
    by_columns: dict[tuple[str, ...], set[tuple[str, ...]]] = {}
    for zero in zeros:
        by_columns.setdefault(tuple(sorted(zero)), set()).add(tuple(zero[name] for name in sorted(zero)))
    for names, codes in by_columns.items():
        rows = zip(*(cells.column(name).to_pylist() for name in names), strict=True)
        found |= np.fromiter((row in codes for row in rows), dtype=bool, count=cells.num_rows)
    filled = np.zeros(cells.num_rows, dtype=bool)
    for name in ("people", "posts", "fte_nano"):
        if name in cells.column_names:
            filled |= _numbers(cells, name) != 0
    wrong = found & filled
    if wrong.any():
        raise ProtectionError(f"{int(wrong.sum())} cells declared as structural zeros hold records.")
    return found


def _interleaved(parts: Sequence[pa.Table]) -> pa.Table:
    """Put the measures of each cell next to each other, in the order of the cells."""
    together = pa.concat_tables(parts)
    rows, measures = parts[0].num_rows, len(parts)
    order = np.arange(rows * measures).reshape(measures, rows).T.reshape(-1)
    return together.take(pa.array(order)).combine_chunks()
