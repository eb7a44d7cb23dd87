"""Measures of inequality over areas or groups, worked from published values only.

Each stands at the total of the dimension that it looks across: one slope over the ten deciles, one Hoover
index over all boards. Funnel limits stand at each area. Where a value that goes in is hidden the measure is
not available, so that it says nothing that the values themselves do not.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from portal.methods import equity
from portal.pipelines.derived import ACROSS, REFERRED

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from portal.pipelines.specification import Dimension, Measure, Specification

PER = 10_000
FIGURES = frozenset({"measure", "value", "status", "source"})
RETURNED, NOT_AVAILABLE, NOT_KNOWN = "returned", "x", "not_known"
#: What goes in, group by group in the order of their codes: events and people.
Pairs = list[tuple[float, float]]


@dataclass(frozen=True)
class Gradient:
    """A measure over all groups of a level; ``each`` says that every group gets its own value."""

    work: Callable[[Pairs], float | list[float]]
    each: bool = False


def _columns(pairs: Pairs) -> tuple[list[float], list[float]]:
    return [events for events, _ in pairs], [people for _, people in pairs]


def _ratio(end: str) -> Callable[[Pairs], float]:
    """Return the ratio of the first group's rate (the most deprived) to the last's, or an end of its interval."""

    def work(pairs: Pairs) -> float:
        (events, people), (reference_events, reference_people) = pairs[0], pairs[-1]
        return float(getattr(equity.rate_ratio(events, people, reference_events, reference_people), end))

    return work


def _adjusted(end: str) -> Callable[[list[Pairs]], float]:
    """Return the same ratio within areas, pooled (Mantel and Haenszel), or an end of its interval."""

    def work(areas: list[Pairs]) -> float:
        strata = [(*pairs[0], *pairs[-1]) for pairs in areas]
        return float(getattr(equity.mantel_haenszel(strata), end))

    return work


def _funnel(place: int) -> Callable[[Pairs], list[float]]:
    def work(pairs: Pairs) -> list[float]:
        events, people = _columns(pairs)
        overall = sum(events) / sum(people)
        return [PER * equity.funnel_limits(overall, number)[place] for number in people]

    return work


_RATIOS = {"ratio": "estimate", "ratio_low": "low", "ratio_high": "high"}
GRADIENTS: dict[str, Gradient] = {
    **{f"rate_{name}": Gradient(_ratio(end)) for name, end in _RATIOS.items()},
    **{f"reference_{name}": Gradient(_ratio(end)) for name, end in _RATIOS.items()},
    "slope_index": Gradient(lambda pairs: equity.slope_index(*_columns(pairs), per=PER)),
    "relative_index": Gradient(lambda pairs: equity.relative_index(*_columns(pairs))),
    "concentration_index": Gradient(lambda pairs: equity.concentration_index(*_columns(pairs))),
    "wagstaff_index": Gradient(lambda pairs: equity.wagstaff_index(*_columns(pairs))),
    "erreygers_index": Gradient(lambda pairs: equity.erreygers_index(*_columns(pairs))),
    "hoover_index": Gradient(lambda pairs: equity.hoover_index(*_columns(pairs))),
    "funnel_low": Gradient(_funnel(0), each=True),
    "funnel_high": Gradient(_funnel(1), each=True),
}
#: The same within the groups of a second level, and pooled.
ADJUSTED: dict[str, Callable[[list[Pairs]], float]] = {
    "adjusted_ratio": _adjusted("estimate"),
    "adjusted_ratio_low": _adjusted("low"),
    "adjusted_ratio_high": _adjusted("high"),
}


def gradients_of(specification: Specification, table: pa.Table) -> list[pa.Table]:
    """Return the rows of every measure of inequality, in the columns of ``table``."""
    wanted = [measure for measure in specification.measures if measure.method in ACROSS]
    if not wanted:
        return []
    cells = table.to_pylist()
    rows = [row for measure in wanted for row in _rows(specification, measure, cells)]
    return [pa.Table.from_pylist(rows, schema=table.schema)] if rows else []


def _rows(specification: Specification, measure: Measure, cells: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    if measure.method in REFERRED:
        return [row for level in measure.across for row in _referred(specification, measure, level, cells)]
    across = [part.split(":") for part in measure.across]
    dimension = _dimension(specification, across[0][0])
    outer = _dimension(specification, across[1][0]) if measure.method in ADJUSTED else None
    levels = dict(across)
    found: dict[tuple[Any, ...], dict[tuple[str, str], dict[str, Any]]] = {}
    for cell in cells:
        if cell["measure"] not in measure.of or not _is_at(specification, cell, levels):
            continue
        base = tuple((name, cell[name]) for name in cell if name in {"time_period", "perspective"})
        key = (cell[f"{outer.id}_code"] if outer else "", cell[f"{dimension.id}_code"])
        found.setdefault(base, {}).setdefault(key, {})[cell["measure"]] = cell
    return [row for base, groups in sorted(found.items()) for row in _worked(specification, measure, base, groups)]


def _referred(
    specification: Specification, measure: Measure, level: str, cells: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Return the ratio of every group of a level to the reference of its kind, at the group's own cell."""
    name, _, wanted = level.partition(":")
    found: dict[tuple[Any, ...], dict[str, Mapping[str, Any]]] = {}
    for cell in cells:
        if cell["measure"] in measure.of and _is_at(specification, cell, {name: wanted}):
            labels = tuple((key, value) for key, value in cell.items() if key not in FIGURES)
            found.setdefault(labels, {})[cell["measure"]] = cell
    pairs = {labels: _pair(measure, parts) for labels, parts in found.items()}
    rows = []
    for labels, pair in sorted(pairs.items()):
        code = dict(labels)[f"{name}_code"]
        other = next((item for item in measure.reference if _kind(item) == _kind(code) and item != code), None)
        if other is None:
            continue
        both = [pair, pairs.get(tuple((key, other if key == f"{name}_code" else value) for key, value in labels))]
        work: Callable[[], Any] = partial(GRADIENTS[measure.method].work, both)  # type: ignore[arg-type]  # None never gets here
        rows.append(dict(labels) | {"measure": measure.id, "source": RETURNED} | _value(work, measure, both))
    return rows


def _kind(code: str) -> str:
    return code.rpartition("-")[0]


def _dimension(specification: Specification, name: str) -> Dimension:
    return next(dimension for dimension in specification.dimensions if dimension.id == name)


def _is_at(specification: Specification, cell: Mapping[str, Any], levels: Mapping[str, str]) -> bool:
    """Whether a cell is of the levels looked across, known, and of the total of every other dimension."""
    for dimension in specification.dimensions:
        wanted = levels.get(dimension.id, dimension.levels[0].id)
        if cell[f"{dimension.id}_level"] != wanted or cell[f"{dimension.id}_code"] == NOT_KNOWN:
            return False
    return True


def _worked(
    specification: Specification,
    measure: Measure,
    base: tuple[Any, ...],
    groups: Mapping[tuple[str, str], Mapping[str, Any]],
) -> list[dict[str, Any]]:
    total = {
        name: value
        for dimension in specification.dimensions
        for name, value in (
            (f"{dimension.id}_level", dimension.levels[0].id),
            (f"{dimension.id}_code", dimension.levels[0].total_code),
        )
    }
    pairs = {key: _pair(measure, parts) for key, parts in sorted(groups.items(), key=_in_order)}
    row = dict(base) | total | {"measure": measure.id, "source": RETURNED}
    if measure.method in ADJUSTED:
        areas: dict[str, list[tuple[float, float] | None]] = {}
        for (area, _group), pair in pairs.items():
            areas.setdefault(area, []).append(pair)
        whole = [found for found in areas.values() if None not in (found[0], found[-1]) and len(found) > 1]
        return [row | _value(lambda: ADJUSTED[measure.method](whole), measure, whole)]  # type: ignore[arg-type]  # those with None are out
    known: Any = list(pairs.values())
    gradient = GRADIENTS[measure.method]
    if not gradient.each:
        return [row | _value(lambda: gradient.work(known), measure, known)]
    at = measure.across[0].partition(":")
    known = {key: pair for key, pair in pairs.items() if pair is not None and pair[1] > 0}
    values = gradient.work(list(known.values())) if known else []
    return [
        row | {f"{at[0]}_level": at[2], f"{at[0]}_code": code, "value": round(value, measure.decimals), "status": ""}
        for (_, code), value in zip(known, values, strict=True)  # type: ignore[arg-type]  # one value for each
    ]


def _in_order(item: tuple[tuple[str, str], Any]) -> tuple[str, int, str]:
    """Order groups by the number their code ends with: the tenth decile comes after the ninth."""
    area, code = item[0]
    digits = code.rpartition("-")[2]
    return area, int(digits) if digits.isdigit() else 0, code


def _pair(measure: Measure, parts: Mapping[str, Any]) -> tuple[float, float] | None:
    events, people = (parts[name]["value"] if name in parts else None for name in measure.of)
    return None if events is None or people is None else (float(events), float(people))


def _value(work: Callable[[], Any], measure: Measure, inputs: Sequence[Any]) -> dict[str, Any]:
    if not inputs or any(item is None for item in inputs):
        return {"value": None, "status": NOT_AVAILABLE}
    try:
        return {"value": round(float(work()), measure.decimals), "status": ""}
    except equity.EquityError:
        return {"value": None, "status": NOT_AVAILABLE}
