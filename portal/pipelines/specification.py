"""A statistical series is a specification: reviewed data, refused with the line when wrong."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from functools import cache
from itertools import product
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from portal.pipelines.code_lists import CODE_LISTS
from portal.pipelines.errors import SpecificationError
from portal.pipelines.snapshots import CATEGORY_COLUMNS

FOLDER = Path(__file__).resolve().parent / "specifications"
TOTAL = "all"
Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$", max_length=60)]
Method = Literal["distinct_workers", "posts", "fte_sum"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Measure(_Part):
    """What is counted or summed."""

    id: Code
    label: str
    unit: str
    decimals: int = Field(default=0, ge=0, le=3)
    method: Method


class Level(_Part):
    """One level of detail of a dimension: the whole, or a column of the snapshot."""

    id: Code
    label: str
    column: str = ""
    code_list: str = ""
    total_code: Code = TOTAL
    total_label: str = "All"

    @model_validator(mode="after")
    def _known(self) -> Self:
        if self.column and self.column not in CATEGORY_COLUMNS:
            raise ValueError(f"column: a snapshot has no column “{self.column}” to break down by")
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


class Reference(_Part):
    """A headline, chart or table of the release: a measure, with the codes it is fixed at."""

    id: Code
    label: str = ""
    title: str = ""
    subtitle: str = ""
    kind: Literal["bar", "line", "table", "headline"] = "headline"
    measure: str
    x: str = ""
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
    coverage_floor: float = Field(default=0.0, ge=0.0, le=1.0)


class Specification(_Part):
    """One statistical series."""

    code: Code
    title: str
    description: str = ""
    family: Code
    dataset: Code
    publication: Code
    default_perspective: Code
    perspectives: tuple[Code, ...] = Field(min_length=1)
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
        for problem in self._unknown_names():
            raise ValueError(problem)
        return self

    def _unknown_names(self) -> list[str]:
        problems = []
        if self.default_perspective not in self.perspectives:
            problems.append(f"default_perspective: “{self.default_perspective}” is not among the perspectives")
        for number, table in enumerate(self.tables):
            problems += [f"tables.{number}.levels: {text}" for text in self._unknown_levels(table)]
            problems += [
                f"tables.{number}.perspectives: “{code}” is not among the perspectives"
                for code in table.perspectives
                if code not in self.perspectives
            ]
        for kind in ("headlines", "charts", "release_tables"):
            for number, reference in enumerate(getattr(self, kind)):
                problems += [f"{kind}.{number}.{text}" for text in self._unknown_in(reference)]
        return problems

    def _unknown_levels(self, table: Table) -> list[str]:
        dimensions = {dimension.id: {level.id for level in dimension.levels} for dimension in self.dimensions}
        problems = [f"no dimension “{name}”" for name in table.levels if name not in dimensions]
        problems += [f"does not say the level of “{name}”" for name in dimensions if name not in table.levels]
        return problems + [
            f"“{name}” has no level “{level}”"
            for name, levels in table.levels.items()
            for level in levels
            if level not in dimensions.get(name, {level})
        ]

    def _unknown_in(self, reference: Reference) -> list[str]:
        columns = set(self.columns())
        problems = []
        if reference.measure not in {measure.id for measure in self.measures}:
            problems.append(f"measure: no measure “{reference.measure}”")
        named = {"x": reference.x, "rows": reference.rows, "columns": reference.columns}
        problems += [f"{key}: no column “{name}”" for key, name in named.items() if name and name not in columns]
        problems += [f"filters.{name}: no column “{name}”" for name in reference.filters if name not in columns]
        if not problems and not self._is_tabulated(reference):
            problems.append(
                "filters: no table of this specification holds these figures, so the audit would never see them"
            )
        return problems

    def _is_tabulated(self, reference: Reference) -> bool:
        """Whether some table holds the levels that a headline, chart or release table asks for."""
        wanted = {
            name.removesuffix("_level"): code for name, code in reference.filters.items() if name.endswith("_level")
        }
        return any(all(code in table.levels.get(name, ()) for name, code in wanted.items()) for table in self.tables)

    def columns(self) -> list[str]:
        """Return the names of the columns that say which cell an observation is."""
        names = ["time_period"]
        for dimension in self.dimensions:
            names += [f"{dimension.id}_level", f"{dimension.id}_code"] if len(dimension.levels) > 1 else [dimension.id]
        return [*names, "perspective"]

    def breakdowns(self) -> dict[tuple[tuple[str, Level], ...], tuple[str, ...]]:
        """Return every combination of levels that some table asks for, once, in order, with its perspectives."""
        found: dict[tuple[tuple[str, Level], ...], set[str]] = {}
        for table in self.tables:
            chosen = [
                [(dimension.id, dimension.level(name)) for name in table.levels[dimension.id]]
                for dimension in self.dimensions
            ]
            for breakdown in product(*chosen):
                found.setdefault(breakdown, set()).update(table.perspectives or self.perspectives)
        return {
            breakdown: tuple(code for code in self.perspectives if code in codes) for breakdown, codes in found.items()
        }

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
