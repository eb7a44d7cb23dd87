"""Groups of observations: how many there are in each, how many are hidden, and what their values come to.

Measures are never mixed: the measure is always one of the things grouped by. A hidden value is left
out and counted, never taken for zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from portal.datasets.limits import OverBudgetError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from portal.datasets.columns import Columns
    from portal.datasets.limits import Budget

AGGREGATES = ("count", "hidden", "sum", "mean", "min", "max")
DEFAULT = ("count", "hidden", "sum")
WORD = 8
# Above this many possible groups only those that occur are numbered, which takes a sort.
DENSE = 2_000_000
MOST = 2**62


@dataclass(frozen=True)
class Grouped:
    """Groups in the order of their codes: a number of each code column, and an array of each aggregate."""

    codes: dict[str, np.ndarray]
    aggregates: dict[str, np.ndarray]
    size: int


def names_of(table: Columns, group_by: Sequence[str]) -> list[str]:
    """Return the columns to group by: those asked for, and the measure."""
    names = list(dict.fromkeys(group_by))
    return names if "measure" in names or "measure" not in table.codes else [*names, "measure"]


def group(table: Columns, rows: np.ndarray, group_by: Sequence[str], wanted: Sequence[str], budget: Budget) -> Grouped:
    """Return the groups of these rows."""
    names = names_of(table, group_by)
    sizes = [max(1, len(table.codes[name].values)) for name in names]
    budget.spend(len(rows) * WORD * 4)
    places, keys = _numbered(table, rows, names, sizes)
    budget.spend(len(keys) * WORD * (len(names) + len(wanted)))
    values = table.numbers["value"][rows]
    aggregates = _aggregates(places, values, len(keys), wanted)
    codes = dict(zip(names, np.unravel_index(keys, sizes), strict=True)) if len(keys) else {}
    return Grouped(codes or {name: np.zeros(0, np.int64) for name in names}, aggregates, len(keys))


def _numbered(
    table: Columns, rows: np.ndarray, names: Sequence[str], sizes: Sequence[int]
) -> tuple[np.ndarray, np.ndarray]:
    """Return the number of the group of each row, and the key of each group."""
    possible = 1
    for size in sizes:
        possible *= size
    if possible > MOST:
        raise OverBudgetError("query_memory", "There are too many columns to group by. Name fewer.")
    key = np.zeros(len(rows), np.int64)
    for name, size in zip(names, sizes, strict=True):
        key *= size
        key += table.codes[name].ids[rows]
    if possible > max(DENSE, len(rows)):
        keys, places = np.unique(key, return_inverse=True)
        return places, keys
    keys = np.flatnonzero(np.bincount(key, minlength=1))
    number = np.zeros(possible, np.int64)
    number[keys] = np.arange(len(keys))
    return number[key], keys


def _aggregates(places: np.ndarray, values: np.ndarray, size: int, wanted: Sequence[str]) -> dict[str, np.ndarray]:
    hidden = np.isnan(values)
    seen = values if not hidden.any() else values[~hidden]
    at = places if seen is values else places[~hidden]
    found: dict[str, np.ndarray] = {"count": np.bincount(places, minlength=size)}
    shown = np.bincount(at, minlength=size)
    found["hidden"] = found["count"] - shown
    nothing = shown == 0
    if {"sum", "mean"} & set(wanted):
        total = np.bincount(at, weights=seen, minlength=size).astype(np.float64)
        found["sum"] = np.where(nothing, np.nan, total)
        found["mean"] = np.where(nothing, np.nan, total / np.maximum(shown, 1))
    for name, function, start in (("min", np.minimum, np.inf), ("max", np.maximum, -np.inf)):
        if name in wanted:
            best = np.full(size, start)
            function.at(best, at, seen)
            found[name] = np.where(nothing, np.nan, best)
    return {name: found[name] for name in wanted}


def order_of(grouped: Grouped, sort: Sequence[str]) -> np.ndarray:
    """Return the numbers of the groups in the order asked for; groups without a value last."""
    if not sort:
        return np.arange(grouped.size)
    keys = []
    for name in reversed(sort):
        bare = name.removeprefix("-")
        values = grouped.codes[bare] if bare in grouped.codes else grouped.aggregates[bare]
        keys.append(-values if name.startswith("-") else values)
    return np.lexsort(keys)


def cells(table: Columns, grouped: Grouped, at: np.ndarray, labels: dict[str, dict[str, str]]) -> dict[str, list[Any]]:
    """Return the columns of the answer for these groups, with labels beside codes where given."""
    found: dict[str, list[Any]] = {}
    for name, ids in grouped.codes.items():
        values = table.codes[name].values
        found[name] = [values[number] for number in ids[at].tolist()]
        if name in labels:
            found[f"{name}_label"] = [labels[name].get(code) for code in found[name]]
    for name, numbers in grouped.aggregates.items():
        picked = numbers[at]
        found[name] = [None if number != number else number for number in picked.tolist()]  # noqa: PLR0124 - nan only
    return found
