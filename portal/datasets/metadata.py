"""What a version says about itself: dimensions with codes, measures with units, definitions used.

Stored as JSON in ``DatasetVersion.metadata``; read as these typed, frozen objects. Keys that are
not named here are kept, so that a specification can carry more (quality notes, coverage).
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

NAME = r"^[a-z][a-z0-9_]{0,49}$"
RESERVED = frozenset({"measure", "value", "status"})


class Code(BaseModel):
    """One value of a dimension."""

    model_config = ConfigDict(frozen=True, extra="allow")

    code: str = Field(min_length=1, max_length=60)
    label: str = Field(min_length=1, max_length=200)
    parent: str | None = None


class Dimension(BaseModel):
    """A column that says what an observation is about."""

    model_config = ConfigDict(frozen=True, extra="allow")

    id: str = Field(pattern=NAME)
    label: str = Field(min_length=1, max_length=120)
    description: str = ""
    codes: tuple[Code, ...] = ()

    @cached_property
    def labels(self) -> dict[str, str]:
        """Return the label of each code, in the order of the list."""
        return {code.code: code.label for code in self.codes}

    @model_validator(mode="after")
    def _codes_differ(self) -> Dimension:
        if len(self.labels) != len(self.codes):
            raise ValueError(f"dimension {self.id} lists a code twice")
        return self


class Measure(BaseModel):
    """What is counted."""

    model_config = ConfigDict(frozen=True, extra="allow")

    id: str = Field(pattern=NAME)
    label: str = Field(min_length=1, max_length=120)
    unit: str = ""
    decimals: int = Field(default=0, ge=0, le=9)
    description: str = ""


class VersionMetadata(BaseModel):
    """The description of one version."""

    model_config = ConfigDict(frozen=True, extra="allow")

    dimensions: tuple[Dimension, ...] = Field(min_length=1)
    measures: tuple[Measure, ...] = Field(min_length=1)
    perspectives: dict[str, int] = {}
    roles: dict[str, int] = {}
    # Perspectives and roles whose new version differs in wording only: no major version for them.
    editorial: tuple[str, ...] = ()
    # What the register says of each changed definition; only while a number is worked out.
    definition_reasons: dict[str, str] = {}
    coverage: dict[str, Any] = {}
    notes: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _names_differ(self) -> VersionMetadata:
        ids = [dimension.id for dimension in self.dimensions]
        if len(set(ids)) != len(ids) or set(ids) & RESERVED:
            raise ValueError("dimension ids must differ from each other and from measure, value and status")
        if len(self.measure_labels) != len(self.measures):
            raise ValueError("a measure is listed twice")
        return self

    @cached_property
    def by_id(self) -> dict[str, Dimension]:
        """Return the dimensions by their id."""
        return {dimension.id: dimension for dimension in self.dimensions}

    @cached_property
    def measure_labels(self) -> dict[str, str]:
        """Return the label of each measure."""
        return {measure.id: measure.label for measure in self.measures}

    def as_json(self) -> dict[str, Any]:
        """Return the plain form that is stored."""
        return self.model_dump(mode="json", exclude_none=True, exclude={"definition_reasons"})
