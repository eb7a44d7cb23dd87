"""A statistical series is a specification: reviewed data, refused with the line when wrong."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from functools import cache
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from portal.pipelines.code_lists import CODE_LISTS
from portal.pipelines.derived import ACROSS, ADJUSTED, COUNTED, DERIVED, ESTIMATED, MEDIAN, REFERRED
from portal.pipelines.errors import SpecificationError
from portal.pipelines.sources import SOURCES
from portal.pipelines.specification_checks import problems_of

if TYPE_CHECKING:
    from portal.pipelines.sources import Source

FOLDER = Path(__file__).resolve().parent / "specifications"
TOTAL = "all"
Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$", max_length=60)]
OptionalCode = Annotated[str, StringConstraints(pattern=r"^([A-Za-z0-9][A-Za-z0-9_-]*)?$", max_length=60)]
#: The population of a series that has no perspectives.
EVERYBODY = "everybody"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Measure(_Part):
    """What is counted or summed from records, worked from what is published, or estimated."""

    id: Code
    label: str
    unit: str
    decimals: int = Field(default=0, ge=0, le=5)
    method: str
    # Only records with these codes are counted; empty counts all of them.
    where: dict[str, str | tuple[str, ...]] = Field(default_factory=dict)
    # The measures that a rate or an estimate is made of, in the order that its method asks for.
    of: tuple[Code, ...] = ()
    # Which dimension and level a measure of inequality looks across: "group:decile".
    across: tuple[str, ...] = ()
    # The groups that others of their kind are set against: "sex-male".
    reference: tuple[Code, ...] = ()
    # The number of the records that a median is taken of.
    value: OptionalCode = ""

    @model_validator(mode="after")
    def _known(self) -> Self:
        known = {*COUNTED, *DERIVED, *ESTIMATED, *ACROSS, MEDIAN}
        if self.method not in known:
            raise ValueError(f"method: there is no method “{self.method}”; known: {', '.join(sorted(known))}")
        wanted = DERIVED[self.method].takes if self.method in DERIVED else int(self.method in {*ESTIMATED, MEDIAN})
        wanted = 2 if self.method in ACROSS else wanted
        if len(self.of) != wanted:
            raise ValueError(
                f"of: the method “{self.method}” is made of {wanted} measures and {len(self.of)} are named"
            )
        levels = int(self.method in ACROSS) + int(self.method in ADJUSTED)
        if bool(self.reference) != (self.method in REFERRED):
            raise ValueError("reference: a ratio to a reference group names the groups, nothing else does")
        if len(self.across) != levels and not (self.across and self.method in REFERRED):
            raise ValueError(f"across: the method “{self.method}” looks across {levels} levels, like group:decile")
        if bool(self.value) != (self.method == MEDIAN):
            raise ValueError("value: a median names the number of the records that it is taken of, nothing else does")
        if self.where and not self.is_counted:
            raise ValueError("where: only what is counted from records can be of some records only")
        return self

    @property
    def is_counted(self) -> bool:
        """Whether it is counted from records, and so protected and audited by itself."""
        return self.method in COUNTED

    @property
    def is_estimated(self) -> bool:
        """Whether it makes up for those who did not answer."""
        return self.method in ESTIMATED

    @property
    def quantity(self) -> str:
        """What protection and audit call it: people (or things), posts, or full-time equivalents."""
        return COUNTED[self.method]

    @property
    def condition(self) -> str:
        """SQL of the records that it counts; empty where it counts all of them."""
        parts = []
        for column, codes in sorted(self.where.items()):
            listed = ", ".join(f"'{code}'" for code in ([codes] if isinstance(codes, str) else codes))
            parts.append(f"{column} IN ({listed})")
        return " AND ".join(parts)


class Level(_Part):
    """One level of detail of a dimension: the whole, or a column of the snapshot."""

    id: Code
    label: str
    column: str = ""
    code_list: str = ""
    # The level that every code of this one lies in: a reader adds areas up to regions, so the audit must.
    within: OptionalCode = ""
    total_code: Code = TOTAL
    total_label: str = "All"

    @model_validator(mode="after")
    def _known(self) -> Self:
        if self.column and not self.code_list:
            raise ValueError(f"code_list: the breakdown by “{self.column}” has no code list")
        if self.code_list and self.code_list not in CODE_LISTS:
            raise ValueError(
                f"code_list: there is no code list “{self.code_list}”; known: {', '.join(sorted(CODE_LISTS))}"
            )
        return self


class Dimension(_Part):
    """Something figures are broken down by. With several levels it has a level column and a code column."""

    id: Code
    label: str
    levels: tuple[Level, ...] = Field(min_length=1)

    def level(self, name: str) -> Level:
        """Return the level called ``name``."""
        return next(level for level in self.levels if level.id == name)


class Table(_Part):
    """An output table: the chosen levels of each dimension, crossed."""

    id: Code
    title: str
    levels: dict[str, tuple[str, ...]]
    # Fine detail under every perspective gives small differences away; empty means all of them.
    perspectives: tuple[str, ...] = ()
    # Which measures the table shows; empty means all of them.
    measures: tuple[str, ...] = ()


class Reference(_Part):
    """A headline, chart or table of the release: a measure, with the codes it is fixed at."""

    id: Code
    label: str = ""
    # Of a headline: what its sentence is about, so that “… rose by 40 to 1,330 in March 2027.” may follow it.
    subject: str = ""
    title: str = ""
    subtitle: str = ""
    kind: Literal["bar", "line", "stacked", "range", "multiples", "tile_map", "table", "headline"] = "headline"
    measure: str
    x: str = ""
    # A line, a colour or a small chart for each code of this column.
    series: str = ""
    # Bars go by size, unless their categories have an order of their own: that of the code list.
    order: Literal["size", "listed"] = "size"
    # Long, and not what most readers come for: closed until someone opens it.
    folded: bool = False
    # Of a table: rows in which nothing may be shown are left out, and their number is said.
    only_shown: bool = False
    rows: str = ""
    columns: str = ""
    filters: dict[str, str] = Field(default_factory=dict)


class Protection(_Part):
    """How what is published is protected."""

    method: Literal["ons-10-5"] = "ons-10-5"
    threshold: int = Field(default=10, ge=5)
    base: int = Field(default=5, ge=5)
    minimum_organisations: int = Field(default=3, ge=3)
    p_percent: int = Field(default=10, ge=10)
    # What is done where the audit finds a leak: hide the cells that it offers, or leave it to people.
    remedy: Literal["hide", "none"] = "hide"


class Estimation(_Part):
    """How non-response is treated."""

    method: Literal["none", "ratio"] = "none"
    # What an organisation stands for others by: its provider type, size and region, given up in this order.
    strata: tuple[str, ...] = ("provider_type", "organisation_size", "region_code")
    collapse: tuple[str, ...] = ("region_code", "organisation_size", "provider_type")
    minimum: int = Field(default=5, ge=2)
    # A figure of less of the frame than this is of low reliability, or not shown at all.
    coverage_floor: float = Field(default=0.0, ge=0.0, le=1.0)
    # An estimate whose coefficient of variation is above this is marked [u]; above the second it is not shown.
    unreliable_above: float = Field(default=0.20, gt=0.0)
    not_shown_above: float = Field(default=0.50, gt=0.0)
    base: int = Field(default=5, ge=5)
    # For so many months the last return of an organisation, or answer of a person, stands for a missing one.
    carried_months: int = Field(default=0, ge=0, le=12)
    # What is filled where a record leaves it out: by logic, by the last return, by a donor.
    items: tuple[str, ...] = ()
    # Margins of the frame that weights are raked to beside the strata, and how far a weight may be stretched for it.
    rake: tuple[str, ...] = ()
    stretch: tuple[float, float] = (0.2, 5.0)


class Specification(_Part):
    """One statistical series."""

    code: Code
    title: str
    description: str = ""
    source: Code = "workforce"
    family: Code
    dataset: Code
    publication: OptionalCode = ""
    default_perspective: OptionalCode = ""
    perspectives: tuple[Code, ...] = ()
    notes: tuple[str, ...] = ()
    measures: tuple[Measure, ...] = Field(min_length=1)
    dimensions: tuple[Dimension, ...] = Field(min_length=1)
    tables: tuple[Table, ...] = Field(min_length=1)
    headlines: tuple[Reference, ...] = ()
    charts: tuple[Reference, ...] = ()
    release_tables: tuple[Reference, ...] = ()
    protection: Protection = Protection()
    estimation: Estimation = Estimation()

    @model_validator(mode="after")
    def _names_are_known(self) -> Self:
        for problem in problems_of(self):
            raise ValueError(problem)
        return self

    def columns(self) -> list[str]:
        """Return the names of the columns that say which cell an observation is."""
        names = ["time_period"]
        for dimension in self.dimensions:
            names += [f"{dimension.id}_level", f"{dimension.id}_code"] if len(dimension.levels) > 1 else [dimension.id]
        return [*names, "perspective"] if self.perspectives else names

    def breakdowns(self) -> dict[tuple[tuple[str, Level], ...], frozenset[tuple[str, str]]]:
        """Return every combination of levels that some table asks for, once, in order.

        With each, the pairs of perspective and measure that it is shown for.
        """
        found: dict[tuple[tuple[str, Level], ...], set[tuple[str, str]]] = {}
        everything = [measure.id for measure in self.measures]
        for table in self.tables:
            chosen = [
                [(dimension.id, dimension.level(name)) for name in table.levels[dimension.id]]
                for dimension in self.dimensions
            ]
            pairs = set(product(table.perspectives or self.perspectives or (EVERYBODY,), table.measures or everything))
            for breakdown in product(*chosen):
                found.setdefault(breakdown, set()).update(pairs)
        return {breakdown: frozenset(pairs) for breakdown, pairs in found.items()}

    @property
    def kind(self) -> Source:
        """The source of the records."""
        return SOURCES[self.source]

    def measure(self, name: str) -> Measure:
        """Return the measure called ``name``."""
        return next(measure for measure in self.measures if measure.id == name)

    def counted(self) -> tuple[Measure, ...]:
        """Return the measures that are counted from records."""
        return tuple(measure for measure in self.measures if measure.is_counted)

    def estimates(self) -> tuple[Measure, ...]:
        """Return the measures that make up for those who did not answer."""
        return tuple(measure for measure in self.measures if measure.is_estimated)

    def medians(self) -> tuple[Measure, ...]:
        """Return the measures that are medians of records."""
        return tuple(measure for measure in self.measures if measure.method == MEDIAN)

    def population_of(self, perspective: str, measure: Measure) -> str:
        """Return the name of the records that a counted measure counts under a perspective."""
        condition = measure.condition
        if not condition:
            return perspective
        first = next(other for other in self.counted() if other.condition == condition)
        return f"{perspective}|{first.id}"

    def populations(self, predicates: dict[str, str]) -> dict[str, str]:
        """Return SQL of every group of records that is counted, given that of the perspectives."""
        found: dict[str, str] = {}
        for perspective, predicate in (predicates or {EVERYBODY: "TRUE"}).items():
            for measure in self.counted():
                condition = measure.condition
                found.setdefault(
                    self.population_of(perspective, measure),
                    f"({predicate}) AND {condition}" if condition else predicate,
                )
        return found

    def digest(self) -> str:
        """Return the SHA-256 of what the specification says, whatever its spacing and comments."""
        text = json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


def load_specification(path: Path) -> Specification:
    """Read one specification, or raise an error that names the line."""
    text = path.read_text(encoding="utf-8")
    try:
        return Specification.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise SpecificationError(f"{path.name}: {error}") from error
    except ValidationError as error:
        raise SpecificationError("\n".join(_explain(path, text, error))) from error


def _explain(path: Path, text: str, error: ValidationError) -> list[str]:
    lines = []
    for fault in error.errors(include_url=False):
        message = fault["msg"].removeprefix("Value error, ")
        where: tuple[Any, ...] = tuple(fault["loc"])
        # Our own checks begin with the path, relative to the part that they look at.
        if fault["type"] == "value_error" and (found := re.match(r"^([a-z_][\w.]*): ", message)):
            where += tuple(int(word) if word.isdigit() else word for word in found[1].split("."))
            message = message[found.end() :]
        name = ".".join(str(word) for word in where)
        lines.append(f"{path.name}, line {line_of(text, where)}: {name}: {message}")
    return lines


def line_of(text: str, where: tuple[Any, ...]) -> int:
    """Return the line that a path into a TOML text is written on, or the nearest above it."""
    best, best_depth = 1, 0
    current: tuple[Any, ...] = ()
    array: tuple[Any, ...] = ()
    counts: dict[tuple[Any, ...], int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        here: tuple[Any, ...] = ()
        if header := re.match(r"^\s*(\[\[?)\s*([\w.-]+)\s*\]", line):
            current = here = _header_path(header[2].split("."), counts, is_array=header[1] == "[[")
        elif key := re.match(r"^([\w.-]+)\s*=\s*(\[\s*$)?", line):
            here = (*current, *key[1].split("."))
            array = here if key[2] else ()
        elif array and re.match(r"^\s+[{\"]", line):  # an item of an array written over several lines
            counts[array] = counts.get(array, -1) + 1
            here = (*array, counts[array])
        if here and here == where[: len(here)] and len(here) > best_depth:
            best, best_depth = number, len(here)
    return best


def _header_path(names: list[str], counts: dict[tuple[Any, ...], int], *, is_array: bool) -> tuple[Any, ...]:
    path: tuple[Any, ...] = ()
    for position, name in enumerate(names):
        path = (*path, name)
        if position == len(names) - 1 and is_array:
            counts[path] = counts.get(path, -1) + 1
        if path in counts:
            path = (*path, counts[path])
    return path


@cache
def specifications() -> dict[str, Specification]:
    """Return every specification of this installation by code."""
    found = [load_specification(path) for path in sorted(FOLDER.glob("*.toml"))]
    return {specification.code: specification for specification in found}


def specification_of(series: str) -> Specification:
    """Return the specification of a series, or say which there are."""
    known = specifications()
    if series not in known:
        raise SpecificationError(f"There is no series “{series}”. Known: {', '.join(sorted(known))}.")
    return known[series]
