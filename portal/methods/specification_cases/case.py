"""A specification case: a tiny table in, the method, the expected table out. Tests run it; the documentation shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

Value = str | int | float | None
Row = dict[str, Value]


@dataclass(frozen=True, slots=True)
class Case:
    """One rule by example. `method` gets the given rows and must return the expected ones."""

    title: str
    rule: str
    given: Sequence[Mapping[str, Value]]
    method: Callable[[Sequence[Mapping[str, Value]]], Sequence[Mapping[str, Value]]]
    expected: Sequence[Mapping[str, Value]]

    def result(self) -> list[Row]:
        """Return what the method makes of the given rows."""
        return [dict(row) for row in self.method(self.given)]


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the methodology: what the method is for, what it does not do, and its cases."""

    name: str
    title: str
    text: str
    cases: Sequence[Case]


def table(columns: str, *rows: Sequence[Value]) -> tuple[Row, ...]:
    """Write rows under column names."""
    names = columns.split()
    return tuple(dict(zip(names, row, strict=True)) for row in rows)


def rounded(row: Mapping[str, Value], digits: int) -> Row:
    """Return a row with its numbers rounded as the case shows them."""
    return {name: round(value, digits) if isinstance(value, float) else value for name, value in row.items()}


def numbers(rows: Sequence[Mapping[str, Value]], name: str) -> list[float]:
    """Return a column of numbers."""
    return [float(row[name] or 0) for row in rows]


def whole_numbers(rows: Sequence[Mapping[str, Value]], name: str) -> list[int]:
    """Return a column of whole numbers."""
    return [int(row[name] or 0) for row in rows]


def texts(rows: Sequence[Mapping[str, Value]], name: str) -> list[str]:
    """Return a column of words."""
    return [str(row[name]) for row in rows]
