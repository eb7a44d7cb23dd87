"""What estimates are made of: what each organisation gave to each cell, as returned and with what was filled."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from portal.methods.estimation import CARRIED, DONOR, RETURNED, WEIGHTED, EstimationError
from portal.methods.measures import compute_cells
from portal.methods.uncertainty import variance_of_filled
from portal.pipelines.figures import breakdown_columns

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import duckdb
    import pyarrow as pa
    from numpy.typing import NDArray

    from portal.pipelines.filling import FilledRecords
    from portal.pipelines.frames import Frame
    from portal.pipelines.specification import Measure, Specification

NUMBERS = {"headcount": "people", "posts": "posts", "fte": "fte_nano"}
#: Relative difference that is rounding of the arithmetic and not a weight.
SAME = 1e-6

Given = list[tuple[int, dict[str, float]]]
Cell = tuple[str, ...]


@dataclass(frozen=True)
class Sums:
    """What each organisation gave to each cell, the cell as returned and as filled, and where its records came from."""

    of_cell: dict[Cell, Given]
    returned: Mapping[Cell, Mapping[str, int]]
    filled: Mapping[Cell, Mapping[str, int]]
    sources: Mapping[Cell, set[str]]
    #: Of cells that hang on an item of people, how many are there by an answer that was filled.
    by_filled_item: Mapping[Cell, int] = field(default_factory=dict)

    def item_error(self, cells: Sequence[Cell]) -> NDArray[np.float64]:
        """Return, as a share of each cell, the standard error that filled items of people add."""
        filled = np.array([self.by_filled_item.get(cell, 0) for cell in cells], dtype=np.float64)
        people = np.array([self.filled[cell]["people"] for cell in cells], dtype=np.float64)
        spread = np.sqrt(variance_of_filled(filled, people - filled))
        # Without people, as of contracted services, no item of one was filled.
        return np.divide(spread, people, out=np.zeros_like(spread), where=people > 0)

    def source(self, cell: Cell, filled: float, estimate: float) -> str:
        """Return the farthest step that a figure needed from what was returned."""
        if abs(estimate - filled) > SAME * max(1.0, filled):
            return WEIGHTED
        found = self.sources.get(cell, set())
        if found - {RETURNED, CARRIED}:
            return DONOR
        return CARRIED if CARRIED in found else RETURNED


def sums_of(
    connection: duckdb.DuckDBPyConnection,
    specification: Specification,
    filled: FilledRecords,
    frame: Frame,
    predicates: Mapping[str, str],
    cells: pa.Table,
) -> tuple[Sums, list[str]]:
    """Return the sums of every cell, and the columns that say which cell it is."""

    def counted(*by: str, relation: str = filled.relation) -> pa.Table:
        asked = [(*columns, *by) for columns in breakdown_columns(specification)]
        return compute_cells(connection, relation, breakdowns=asked, perspectives=predicates, contributors=False)

    given = counted("organisation_key")
    labels = [name for name in given.column_names if name not in {*NUMBERS.values(), "cell_key", "organisation_key"}]
    items = [name for name in specification.estimation.items if name not in specification.kind.questions]
    by_item = _numbers(counted(relation=filled.of_filled_items), labels) if items else {}
    hangs = _hangs_on(specification, items, labels, predicates)
    return Sums(
        of_cell=_by_cell(given, labels, frame),
        returned=_numbers(cells, labels),
        filled=_numbers(counted() if filled.anything else cells, labels),
        sources=_sources(counted("source"), labels) if filled.anything else {},
        by_filled_item={cell: numbers["people"] for cell, numbers in by_item.items() if hangs(cell)},
    ), labels


def populations_of(specification: Specification, predicates: Mapping[str, str]) -> dict[str, Measure]:
    """Return which measure counts each group of records."""
    names = {name.split("|")[0] for name in predicates}
    return {
        specification.population_of(perspective, measure): measure
        for perspective in sorted(names)
        for measure in specification.counted()
    }


def _hangs_on(
    specification: Specification, items: Sequence[str], labels: Sequence[str], predicates: Mapping[str, str]
) -> Callable[[Cell], bool]:
    """Return whether somebody is in a cell by what an item of theirs says: it breaks down, or is a condition."""
    counts = populations_of(specification, predicates)
    population, breakdown = labels.index("perspective"), labels.index("breakdown")
    return lambda cell: not {*cell[breakdown].split(","), *counts[cell[population]].where}.isdisjoint(items)


def keys_of(table: pa.Table, labels: Sequence[str]) -> list[Cell]:
    """Return which cell each row is."""
    return list(zip(*(table[name].to_pylist() for name in labels), strict=True))


def _without(cell: Cell, at: int, name: str) -> Cell:
    """Return a cell whose breakdown does not name a column any more."""
    return (*cell[:at], cell[at].removesuffix(name).removesuffix(","), *cell[at + 1 :])


def _numbers(table: pa.Table, labels: Sequence[str]) -> dict[Cell, dict[str, int]]:
    return dict(zip(keys_of(table, labels), table.select(list(NUMBERS.values())).to_pylist(), strict=True))


def _sources(table: pa.Table, labels: Sequence[str]) -> dict[Cell, set[str]]:
    """Return which sources the records of each cell came from."""
    at = labels.index("breakdown")
    found: dict[Cell, set[str]] = defaultdict(set)
    for cell, source in zip(keys_of(table, labels), table["source"].to_pylist(), strict=True):
        found[_without(cell, at, "source")].add(source)
    return found


def _by_cell(given: pa.Table, labels: Sequence[str], frame: Frame) -> dict[Cell, Given]:
    """Return what each organisation gave to each cell."""
    at = labels.index("breakdown")
    keys = given["organisation_key"].to_pylist()
    if strangers := set(keys) - frame.answered.keys():
        raise EstimationError(
            f"{len(strangers):,} organisations have records and are not in the frame as having answered: their returns "
            "were stored under another key or form of pseudonyms. docs/runbooks/keys.md says what to do."
        )
    numbers = [given[name].to_pylist() for name in NUMBERS.values()]
    found: dict[Cell, Given] = defaultdict(list)
    for cell, key, *values in zip(keys_of(given, labels), keys, *numbers, strict=True):
        name = _without(cell, at, "organisation_key")
        found[name].append((frame.answered[key], dict(zip(NUMBERS, map(float, values), strict=True))))
    return dict(sorted(found.items()))
