"""Pieces of SQL that the steps share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from portal.methods.measures.plan import TOTAL, Request, literal, quoted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Prepared:
    """A request with the codes that the data holds."""

    request: Request
    codes: Mapping[str, tuple[str, ...]]

    @property
    def sizes(self) -> dict[str, int]:
        """How many codes each dimension has."""
        return {name: len(codes) for name, codes in self.codes.items()}

    @property
    def encoded(self) -> str:
        """SQL of the dimension columns as small integers that sort as their codes do."""
        columns = []
        for name, codes in self.codes.items():
            values = ", ".join(literal(code) for code in codes)
            columns.append(f"CAST({quoted(name)} AS ENUM({values})) AS {quoted(name)}")
        return "".join(f"{column}, " for column in columns)

    @property
    def names(self) -> str:
        """The dimension columns, each followed by a comma."""
        return "".join(f"{quoted(name)}, " for name in self.codes)


def which_breakdown(breakdowns: Sequence[tuple[str, ...]], block: tuple[str, ...], places: tuple[int, ...]) -> str:
    """SQL that tells, in a query with grouping sets over a block, which breakdown a row belongs to."""
    if not block:
        return str(places[0])
    cases = []
    for place in places:
        mask = sum(1 << (len(block) - 1 - at) for at, name in enumerate(block) if name not in breakdowns[place])
        cases.append(f"WHEN {mask} THEN {place}")
    return f"CASE GROUPING({', '.join(quoted(name) for name in block)}) {' '.join(cases)} END"


def perspective_values(prepared: Prepared) -> str:
    """Return SQL of the perspectives' codes by place."""
    rows = ", ".join(f"({place}, {literal(code)})" for place, code in enumerate(prepared.request.perspectives))
    return f"SELECT * FROM (VALUES {rows}) AS v(place, code)"


def breakdown_values(prepared: Prepared) -> str:
    """Return SQL of the breakdowns' labels by place."""
    rows = ", ".join(
        f"({place}, {literal(','.join(breakdown))})" for place, breakdown in enumerate(prepared.request.breakdowns)
    )
    return f"SELECT * FROM (VALUES {rows}) AS v(place, label)"


def labels(prepared: Prepared, alias: str) -> str:
    """Return SQL of the dimension codes, with the total's code where a dimension is not used."""
    return "".join(
        f"coalesce({alias}.{quoted(name)}::VARCHAR, {literal(TOTAL)}) AS {quoted(name)}, " for name in prepared.codes
    )


def order(prepared: Prepared) -> str:
    """Return SQL that orders rows as their codes sort, totals first."""
    return "".join(f", c.{quoted(name)} NULLS FIRST" for name in prepared.codes)


def enum(prepared: Prepared, name: str) -> str:
    """Return SQL type of a dimension's codes."""
    return f"ENUM({', '.join(literal(code) for code in prepared.codes[name])})"
