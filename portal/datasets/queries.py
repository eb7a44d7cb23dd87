"""Reading the observations of a version: typed filters in, rows out. No SQL comes from outside."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from portal.datasets.columns import MISSING_INTEGER, Columns, open_columns

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from portal.datasets.models import DatasetVersion

FEW = 4


class UnknownColumnError(ValueError):
    """A filter or sort names a column that the version does not have."""


@dataclass(frozen=True)
class Observation:
    """One published value with what it is about."""

    dimensions: dict[str, str]
    measure: str
    value: float | None
    status: str
    attributes: dict[str, Any] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Any:
        """Return a dimension, attribute or field by its column name, as templates ask for it."""
        if name in self.dimensions:
            return self.dimensions[name]
        return self.attributes[name] if name in self.attributes else getattr(self, name)


def columns_of(version: DatasetVersion) -> Columns:
    """Return the memory-mapped columns of a version."""
    return open_columns(version.digest, version.observations_path)


def observations(
    version: DatasetVersion,
    *,
    measure: str | Iterable[str] | None = None,
    limit: int | None = None,
    **filters: str | Iterable[str],
) -> list[Observation]:
    """Return the observations that fit every filter, in canonical order.

    A filter is a column with one code or several: ``observations(v, geography_level="region",
    perspective=["D1", "D2"])``. Raises :class:`UnknownColumnError` for a column that is not there.
    """
    table = columns_of(version)
    wanted = {**filters, **({"measure": measure} if measure is not None else {})}
    rows = select(table, {name: [codes] if isinstance(codes, str) else list(codes) for name, codes in wanted.items()})
    return _observations(version, table, rows[:limit])


def value_of(version: DatasetVersion, *, measure: str, **cell: str) -> Observation | None:
    """Return the one observation of a fully named cell, or None when it is not there."""
    found = observations(version, measure=measure, limit=2, **cell)
    if len(found) > 1:
        raise ValueError(f"the cell {cell} of {version} is not fully named")
    return found[0] if found else None


def codes_in_use(version: DatasetVersion, dimension: str) -> list[str]:
    """Return the codes of a dimension that occur in the data, in the order of its list."""
    used = columns_of(version).codes[dimension].positions
    return [code for code in version.meta.by_id[dimension].labels if code in used]


def select(table: Columns, filters: Mapping[str, Sequence[str]]) -> np.ndarray:
    """Return the numbers of the rows whose codes are among those asked for, in canonical order."""
    low, high = 0, table.rows
    wanted: list[tuple[np.ndarray, list[int], int]] = []
    for name, codes in filters.items():
        if name not in table.codes:
            raise UnknownColumnError(name)
        column = table.codes[name]
        ids = column.ids_of(codes)
        if not ids:
            return np.zeros(0, np.int64)
        low = max(low, int(column.first[ids].min()))
        high = min(high, int(column.last[ids].max()))
        wanted.append((column.ids, ids, len(column.values)))
    if low >= high:
        return np.zeros(0, np.int64)
    mask: np.ndarray | None = None
    for rows, ids, size in wanted:
        part = is_any(rows[low:high], ids, size)
        mask = part if mask is None else mask & part
    return np.arange(low, high) if mask is None else np.flatnonzero(mask) + low


def is_any(rows: np.ndarray, ids: Sequence[int], size: int) -> np.ndarray:
    """Return for each row whether its integer is among ``ids``; ``size`` is how many integers there are."""
    if len(ids) <= FEW:
        mask = rows == ids[0]
        for number in ids[1:]:
            mask |= rows == number
        return mask
    table = np.zeros(size, bool)
    table[list(ids)] = True
    return table[rows]


def _observations(version: DatasetVersion, table: Columns, rows: np.ndarray) -> list[Observation]:
    dimensions = list(version.meta.by_id)
    texts = {name: texts_of(table, name, rows) for name in table.codes}
    numbers = {name: numbers_of(table, name, rows) for name in table.numbers}
    rest = [name for name in table.names if name not in {*dimensions, "measure", "value", "status"}]
    everything = texts | numbers
    return [
        Observation(
            dimensions={name: texts[name][position] for name in dimensions},
            measure=texts["measure"][position],
            value=numbers["value"][position],
            status=texts["status"][position],
            attributes={name: everything[name][position] for name in rest},
        )
        for position in range(len(rows))
    ]


def texts_of(table: Columns, name: str, rows: np.ndarray) -> list[str]:
    """Return the codes of a column at these rows."""
    column = table.codes[name]
    return [column.values[number] for number in column.ids[rows].tolist()]


def numbers_of(table: Columns, name: str, rows: np.ndarray) -> list[Any]:
    """Return the numbers of a column at these rows, None where there is none."""
    values = table.numbers[name][rows]
    missing = np.isnan(values) if values.dtype.kind == "f" else values == MISSING_INTEGER
    return [None if hidden else value for value, hidden in zip(values.tolist(), missing.tolist(), strict=True)]
