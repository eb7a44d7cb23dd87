"""Criteria over observations, as data: ``and``, ``or``, ``not`` over typed conditions. Never SQL.

``{"and": [{"geography_code": {"in": ["E40000003"]}}, {"time_period": {"gte": "2021-03"}}]}``

Parsing refuses what is unknown, too deep, too many or too long, with the path of the fault, so
that the work a request can cause is bounded before any row is looked at.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from portal.datasets.queries import is_any

if TYPE_CHECKING:
    from portal.datasets.columns import Columns
    from portal.datasets.limits import Budget

MAX_DEPTH = 8
MAX_CLAUSES = 100
MAX_CODES = 2000
MAX_LENGTH = 60
LISTS = {"in", "notIn"}
EQUALITIES = {"eq", "notEq", *LISTS}
ORDERINGS = {"gt", "gte", "lt", "lte"}
TIME = "time_period"


class CriteriaError(ValueError):
    """A criterion that cannot be used; ``path`` points at it as a JSON pointer."""

    def __init__(self, path: str, code: str, message: str) -> None:
        super().__init__(message)
        self.path = path
        self.code = code


@dataclass
class Parser:
    """Checks criteria against the columns of a version before anything is computed."""

    columns: Columns
    clauses: int = 0
    warnings: list[dict[str, str]] = field(default_factory=list)

    def parse(self, where: Any, path: str = "/where", depth: int = 0) -> Node:
        """Return the checked form of ``where``."""
        if not isinstance(where, dict) or len(where) != 1:
            raise CriteriaError(path, "invalid", "A criterion is an object with one key: and, or, not, or a column.")
        if depth > MAX_DEPTH:
            raise CriteriaError(path, "too_deep", f"Criteria may be nested {MAX_DEPTH} deep.")
        self.clauses += 1
        if self.clauses > MAX_CLAUSES:
            raise CriteriaError(path, "too_many", f"A query may have {MAX_CLAUSES} criteria.")
        [(key, value)] = where.items()
        if key in {"and", "or"}:
            return self._group(key, value, f"{path}/{key}", depth)
        if key == "not":
            return Group("not", (self.parse(value, f"{path}/not", depth + 1),))
        return self._condition(str(key), value, f"{path}/{key}")

    def measures(self, wanted: list[str]) -> Node:
        """Return the criterion for the measures that a query names by themselves."""
        codes = _codes("in", wanted, "/measures")
        self._warn("measure", "in", codes, "/measures")
        return Condition("measure", "in", codes)

    def _group(self, key: str, value: Any, path: str, depth: int) -> Node:
        if not isinstance(value, list) or not value:
            raise CriteriaError(path, "invalid", f"{key} takes a list of at least one criterion.")
        return Group(key, tuple(self.parse(part, f"{path}/{number}", depth + 1) for number, part in enumerate(value)))

    def _condition(self, name: str, value: Any, path: str) -> Node:
        if name not in self.columns.codes:
            known = ", ".join(self.columns.codes)
            raise CriteriaError(path, "unknown_column", f"There is no column {name[:MAX_LENGTH]}. There are: {known}.")
        if not isinstance(value, dict) or len(value) != 1:
            raise CriteriaError(path, "invalid", "A condition is an object with one operator.")
        [(operator, operand)] = value.items()
        allowed = EQUALITIES | (ORDERINGS if name == TIME else set())
        if operator not in allowed:
            raise CriteriaError(path, "unknown_operator", f"{name} takes {', '.join(sorted(allowed))}.")
        path = f"{path}/{operator}"
        codes = _codes(operator, operand, path)
        self._warn(name, operator, codes, path)
        return Condition(name, operator, codes)

    def _warn(self, name: str, operator: str, codes: tuple[str, ...], path: str) -> None:
        if operator in ORDERINGS:
            return
        unknown = [code for code in codes if code not in self.columns.codes[name].positions]
        self.warnings.extend(
            {"code": "matches_nothing", "path": path, "detail": f"No observation has {name} {code}."}
            for code in unknown[:20]
        )


def _codes(operator: str, operand: Any, path: str) -> tuple[str, ...]:
    values = operand if operator in LISTS else [operand]
    if not isinstance(values, list) or not values:
        raise CriteriaError(path, "invalid", f"{operator} takes a list of codes.")
    if len(values) > MAX_CODES:
        raise CriteriaError(path, "too_many", f"{operator} takes at most {MAX_CODES} codes.")
    for value in values:
        if not isinstance(value, str) or len(value) > MAX_LENGTH:
            raise CriteriaError(path, "invalid", f"A code is a text of at most {MAX_LENGTH} characters.")
    return tuple(values)


@dataclass(frozen=True)
class Condition:
    """One column against one code or several."""

    name: str
    operator: str
    codes: tuple[str, ...]

    def mask(self, columns: Columns, budget: Budget) -> np.ndarray:
        """Return for each row whether it fits."""
        budget.spend(columns.rows)
        column = columns.codes[self.name]
        if self.operator in ORDERINGS:
            fits = [_compares(value, self.operator, self.codes[0]) for value in column.values]
            return np.array(fits, bool)[column.ids] if fits else np.zeros(columns.rows, bool)
        ids = column.ids_of(self.codes)
        mask = is_any(column.ids, ids, len(column.values)) if ids else np.zeros(columns.rows, bool)
        return ~mask if self.operator.startswith("not") else mask


def _compares(value: str, operator: str, bound: str) -> bool:
    # Periods are written so that their order is the order of their letters: 2021, 2021-03, 2021-Q2.
    return {"gt": value > bound, "gte": value >= bound, "lt": value < bound, "lte": value <= bound}[operator]


@dataclass(frozen=True)
class Group:
    """Criteria joined by ``and`` or ``or``, or one turned round by ``not``."""

    kind: str
    parts: tuple[Node, ...]

    def mask(self, columns: Columns, budget: Budget) -> np.ndarray:
        """Return for each row whether it fits."""
        # At each level of nesting one mask waits while the next is made.
        budget.spend(columns.rows * (MAX_DEPTH + 2))
        mask = self.parts[0].mask(columns, budget)
        if self.kind == "not":
            return ~mask
        for part in self.parts[1:]:
            other = part.mask(columns, budget)
            mask = mask & other if self.kind == "and" else mask | other
        return mask


Node = Condition | Group
