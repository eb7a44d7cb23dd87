"""From a request to rows: parameters of an address or criteria of a body, checked before anything is computed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson
from rest_framework.exceptions import ValidationError

from portal.datasets import answers, grouping
from portal.datasets.api.finding import NoLengthError, TooLargeError
from portal.datasets.api.parameters import ACCEPTED, MAX_BODY, RESERVED
from portal.datasets.criteria import MAX_CODES, CriteriaError, Group, Parser
from portal.datasets.queries import columns_of, select
from portal.datasets.serializers import QuerySerializer

if TYPE_CHECKING:
    from django.http import QueryDict
    from rest_framework.request import Request

    from portal.datasets.columns import Columns
    from portal.datasets.criteria import Node
    from portal.datasets.limits import Budget
    from portal.datasets.models import DatasetVersion

MOST_WARNINGS = 50
ANYTHING = "*/*"
LISTS = ("columns", "sort", "group_by", "aggregates")
ONCE = sorted(RESERVED - {"measure", *LISTS})
# Made once, not for every request: it keeps nothing of what it checks.
QUERY = QuerySerializer()


@dataclass(frozen=True)
class Filters:
    """Criteria of an address: codes of columns, all of which must fit, and a span of time."""

    table: Columns
    codes: dict[str, list[str]]
    first: str | None
    last: str | None

    def rows(self, budget: Budget) -> np.ndarray:
        """Return the numbers of the rows that fit."""
        budget.spend(self.table.rows * 3)
        rows = select(self.table, self.codes)
        if not self.first and not self.last:
            return rows
        return rows[self.periods()[self.table.codes["time_period"].ids[rows]]]

    def periods(self) -> np.ndarray:
        """Return for each time period whether it is in the span."""
        first, last = self.first, self.last
        known = self.table.codes["time_period"].values
        return np.array([(not first or code >= first) and (not last or code <= last) for code in known], bool)


@dataclass(frozen=True)
class Criteria:
    """Criteria of a body."""

    table: Columns
    node: Node | None

    def rows(self, budget: Budget) -> np.ndarray:
        """Return the numbers of the rows that fit."""
        if self.node is None:
            return select(self.table, {})
        return self.node.mask(self.table, budget).nonzero()[0]


@dataclass(frozen=True)
class Asked:
    """A request that was checked: what to look for and how to answer."""

    table: Columns
    where: Filters | Criteria
    query: answers.Query
    form: str

    def tag(self, version: DatasetVersion) -> str:
        """Return the entity tag of the answer: the data never changes, so the question says it all."""
        query = self.query
        words = [
            version.digest, version.number, version.state, query.key, query.sort, query.columns, query.size,
            query.cursor, query.labels, self.form,
        ]  # fmt: skip
        return f'"{hashlib.sha256(repr(words).encode()).hexdigest()[:40]}"'


def from_address(request: Request, version: DatasetVersion) -> Asked:
    """Read the criteria of an address."""
    given = request.query_params
    _check_once(given)
    table = columns_of(version)
    codes = {name: _listed(given.getlist(name)) for name in given if name not in RESERVED}
    if "measure" in given:
        codes["measure"] = _listed(given.getlist("measure"))
    _check(table, codes)
    first, last = given.get("time_from"), given.get("time_to")
    if (first or last) and "time_period" not in table.codes:
        raise ValidationError({"time_from": ["This version has no time period."]})
    options = {name: given[name] for name in ("page_size", "cursor", "labels") if name in given}
    lists = {name: _listed(given.getlist(name)) for name in LISTS if any(given.getlist(name))}
    asked = QUERY.run_validation({**options, **lists, "format": given.get("format") or _accepted(request)})
    where = Filters(table, codes, first, last)
    return _asked(table, where, [codes, first, last], asked, _unmatched(where))


def _unmatched(where: Filters) -> list[dict[str, str]]:
    """Return a warning for each code that occurs nowhere, and for a span of time that holds no period."""
    found = [
        (name, f"No observation has {name} {code}.")
        for name, wanted in where.codes.items()
        for code in wanted
        if code not in where.table.codes[name].positions
    ]
    if (where.first or where.last) and not where.periods().any():
        periods = where.table.codes["time_period"].values
        span = f"They are from {periods[0]} to {periods[-1]}." if periods else ""
        found.append(("time_from" if where.first else "time_to", f"No observation is of a period in this span. {span}"))
    return [{"code": "matches_nothing", "path": name, "detail": detail} for name, detail in found]


def _check_once(given: QueryDict) -> None:
    """Refuse what is said twice and can hold only once; lists and codes that are said twice are added up."""
    if twice := [name for name in ONCE if len(given.getlist(name)) > 1]:
        raise ValidationError({name: ["This is given more than once. Give it once."] for name in twice})


def _listed(values: list[str]) -> list[str]:
    return [code.strip() for value in values for code in value.split(",") if code.strip()]


def _accepted(request: Request) -> str:
    """Return the form that the client prefers; JSON for one that takes none of them, as a browser may say."""
    if request.headers.get("Accept", ANYTHING) == ANYTHING:  # what most programs say
        return "json"
    return ACCEPTED[request._request.get_preferred_type(list(ACCEPTED)) or "application/json"]


def _check(table: Columns, filters: dict[str, list[str]]) -> None:
    faults = {
        name[:60]: [f"There is no such column or parameter. Columns: {', '.join(table.codes)}."]
        for name in filters
        if name not in table.codes
    }
    faults |= {
        name: [f"Give one code or several separated by commas, at most {MAX_CODES:,}."]
        for name, codes in filters.items()
        if not 0 < len(codes) <= MAX_CODES
    }
    if faults:
        raise ValidationError(faults)


def from_body(request: Request, version: DatasetVersion) -> Asked:
    """Read the criteria of a body."""
    body = _body(request)
    asked = QUERY.run_validation(body)
    if unknown := set(body) - set(QUERY.fields):
        raise ValidationError({name[:60]: ["There is no such part of a query."] for name in sorted(map(str, unknown))})
    table = columns_of(version)
    parser = Parser(table)
    where = Criteria(table, _parsed(parser, asked))
    return _asked(table, where, [asked.get("where"), asked.get("measures")], asked, parser.warnings)


def _body(request: Request) -> Any:
    if request.headers.get("Transfer-Encoding"):  # its end is not known before it is read: it would be taken for empty
        raise NoLengthError
    if int(request.headers.get("Content-Length") or 0) > MAX_BODY:
        raise TooLargeError
    return request.data


def _parsed(parser: Parser, asked: dict[str, Any]) -> Node | None:
    try:
        parts = [parser.parse(asked["where"])] if asked.get("where") else []
        parts += [parser.measures(asked["measures"])] if asked.get("measures") else []
    except CriteriaError as error:
        fault: Any = ValidationError(str(error), code=error.code)
        fault.path = error.path
        raise fault from error
    return Group("and", tuple(parts)) if parts else None


def _asked(
    table: Columns, where: Filters | Criteria, key: list[Any], asked: dict[str, Any], warnings: list[dict[str, str]]
) -> Asked:
    groups = tuple(dict.fromkeys(asked.get("group_by", [])))
    aggregates = tuple(dict.fromkeys(asked.get("aggregates", []))) or grouping.DEFAULT
    if asked.get("aggregates") and not groups:
        raise ValidationError({"aggregates": ["Say what to group by: group_by."]})
    if groups and asked.get("columns"):
        raise ValidationError({"columns": ["Groups have the columns of group_by and the aggregates: leave this out."]})
    names = [*grouping.names_of(table, groups), *aggregates] if groups else table.names
    _check_names("group_by", groups, list(table.codes))
    _check_names("columns", asked.get("columns", []), names)
    _check_names("sort", [name.removeprefix("-") for name in asked.get("sort", [])], names)
    query = answers.Query(
        key=orjson.dumps([key, groups, aggregates if groups else ()], option=orjson.OPT_SORT_KEYS).decode(),
        sort=tuple(asked.get("sort", [])),
        columns=tuple(dict.fromkeys(asked.get("columns", []))) or tuple(table.names),
        size=asked["page_size"],
        cursor=asked["cursor"],
        labels=asked["labels"],
        group_by=groups,
        aggregates=aggregates,
        warnings=warnings[:MOST_WARNINGS],
    )
    return Asked(table, where, query, asked["format"])


def _check_names(part: str, wanted: Any, known: list[str]) -> None:
    for name in wanted:
        if name not in known:
            raise ValidationError({part: [f"There is no column {name}. Columns: {', '.join(known)}."]})
