"""Which tables are computed, and from which larger tables they are rolled up.

Grouping a million rows ninety times is slow; grouping them fourteen times by four dimensions, and the fourteen
small results ninety times, is not. A *block* is a set of dimensions whose cells are few enough to be cheap; every
breakdown is rolled up from one block.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

TOTAL = "all"
"""The code of a dimension that a breakdown does not use."""

NOT_KNOWN = "not_known"
"""The code of a category that was not given; a category like any other, never NULL."""

BLOCK_CELLS = 20_000
"""Beyond this many possible cells a block is no longer cheap to roll up."""

MOST_PERSPECTIVES = 62
"""Membership is kept as the bits of one 64-bit integer."""


class MeasureError(ValueError):
    """The data or the request cannot be measured as it stands."""


def quoted(name: str) -> str:
    """Return a name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return a text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for: tables (tuples of dimension columns) under perspectives (predicates)."""

    relation: str
    breakdowns: tuple[tuple[str, ...], ...]
    perspectives: Mapping[str, str]

    @property
    def dimensions(self) -> tuple[str, ...]:
        """Every dimension in order of first mention."""
        return tuple(dict.fromkeys(name for breakdown in self.breakdowns for name in breakdown))

    @property
    def fixed(self) -> tuple[str, ...]:
        """The dimensions that every breakdown uses, such as the time period."""
        return tuple(name for name in self.dimensions if all(name in breakdown for breakdown in self.breakdowns))

    @property
    def members(self) -> str:
        """SQL of the perspectives that a row belongs to, one bit each."""
        bits = [
            f"CASE WHEN ({predicate}) THEN {1 << place}::BIGINT ELSE 0 END"
            for place, predicate in enumerate(self.perspectives.values())
        ]
        return f"({' + '.join(bits)})::BIGINT"


def make_request(relation: str, breakdowns: Sequence[tuple[str, ...]], perspectives: Mapping[str, str]) -> Request:
    """Check and hold what is asked for."""
    if not breakdowns:
        raise MeasureError("Name at least one breakdown; () is the table of one total.")
    if not 0 < len(perspectives) <= MOST_PERSPECTIVES:
        raise MeasureError(f"Name between 1 and {MOST_PERSPECTIVES} perspectives, not {len(perspectives)}.")
    for breakdown in breakdowns:
        if len(set(breakdown)) != len(breakdown):
            raise MeasureError(f"The breakdown {breakdown} names a dimension twice.")
    if len({frozenset(breakdown) for breakdown in breakdowns}) != len(breakdowns):
        raise MeasureError("Two breakdowns name the same dimensions.")
    return Request(relation, tuple(tuple(breakdown) for breakdown in breakdowns), dict(perspectives))


def plan_blocks(
    breakdowns: Sequence[tuple[str, ...]], sizes: Mapping[str, int]
) -> list[tuple[tuple[str, ...], tuple[int, ...]]]:
    """Return blocks (dimensions) and, for each, the places of the breakdowns that are rolled up from it."""
    order = sorted(range(len(breakdowns)), key=lambda place: (-len(breakdowns[place]), place))
    blocks: list[set[str]] = []
    served: list[list[int]] = []
    for place in order:
        wanted = set(breakdowns[place])
        grown = [(_cells(block | wanted, sizes) - _cells(block, sizes), which) for which, block in enumerate(blocks)]
        fitting = [
            (growth, which)
            for growth, which in grown
            if growth == 0 or _cells(blocks[which] | wanted, sizes) <= BLOCK_CELLS
        ]
        if fitting:
            _, which = min(fitting)
            blocks[which] |= wanted
            served[which].append(place)
        else:
            blocks.append(wanted)
            served.append([place])
    return [
        (tuple(name for name in sizes if name in block), tuple(sorted(places)))
        for block, places in zip(blocks, served, strict=True)
    ]


def _cells(dimensions: set[str], sizes: Mapping[str, int]) -> int:
    product = 1
    for name in dimensions:
        product *= max(1, sizes[name])
    return product
