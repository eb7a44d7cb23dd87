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

BITS = 62
"""Membership of so many perspectives is kept as the bits of one integer, which is fast; of more as a string of bits."""


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
    def is_wide(self) -> bool:
        """Whether there are more perspectives than one integer has bits."""
        return len(self.perspectives) > BITS

    @property
    def members(self) -> str:
        """SQL of the perspectives that a row belongs to, one bit each; `bit_or` and `bit_count` take either kind."""
        predicates = list(self.perspectives.values())
        words = [_word(predicates[first : first + BITS]) for first in range(0, len(predicates), BITS)]
        if not self.is_wide:
            return words[0]
        return f"({' || '.join(as_text(word, BITS) for word in words)})::BIT"

    @property
    def members_type(self) -> str:
        """SQL type of the membership."""
        return "BIT" if self.is_wide else "BIGINT"

    @property
    def members_text(self) -> str:
        """SQL of the membership as a text of 0 and 1, the first perspective first; the rest, if any, are zeros."""
        return "members::VARCHAR" if self.is_wide else as_text("members", len(self.perspectives))

    def holds(self, place: str) -> str:
        """SQL that asks whether the membership holds the perspective at a place."""
        return f"get_bit(members, {place}) = 1" if self.is_wide else f"members & (1::BIGINT << {place}) <> 0"


def _word(predicates: Sequence[str]) -> str:
    """SQL of one integer with a bit for each predicate."""
    bits = [f"CASE WHEN ({test}) THEN {1 << place}::BIGINT ELSE 0 END" for place, test in enumerate(predicates)]
    return f"({' + '.join(bits)})::BIGINT"


def as_text(word: str, bits: int) -> str:
    """SQL of an integer's bits as text, the lowest first."""
    return f"reverse(lpad(bin({word}), {bits}, '0'))"


def make_request(relation: str, breakdowns: Sequence[tuple[str, ...]], perspectives: Mapping[str, str]) -> Request:
    """Check and hold what is asked for."""
    if not breakdowns:
        raise MeasureError("Name at least one breakdown; () is the table of one total.")
    if not perspectives:
        raise MeasureError("Name at least one perspective; TRUE is that of all records.")
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
