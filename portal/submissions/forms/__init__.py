"""Form versions: what is asked, as data that is reviewed as code.

Templates, screens, the API's schema and the public data dictionary are made from these files, so
that they cannot differ. A published form version never changes.
"""

from __future__ import annotations

import re
import tomllib
from decimal import Decimal
from enum import StrEnum
from functools import cache, cached_property
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, model_validator

from portal.core.privacy import PrivacyClass  # noqa: TC001 - pydantic reads the hint when the class is made
from portal.submissions.reading import fold

FOLDER = Path(__file__).parent
NOT_KNOWN = "not_known"


class ItemType(StrEnum):
    """How the value of an item is read."""

    KEY = "key"
    TEXT = "text"
    ROLE = "role"
    CODE = "code"
    CODES = "codes"
    PERCENT = "percent"
    HOURS = "hours"
    FTE = "fte"
    COUNT = "count"
    TOTAL_FTE = "total_fte"
    YEAR = "year"
    DATE = "date"
    REGISTRATION = "registration"
    POSTCODE_DISTRICT = "postcode_district"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Item(_Part):
    """One item of a form."""

    name: str
    label: str
    type: ItemType
    guidance: str
    privacy: PrivacyClass
    example: str = ""
    required: bool = False
    list: str = ""
    also_called: tuple[str, ...] = ()

    @property
    def headings(self) -> tuple[str, ...]:
        """Every heading it is known by, folded."""
        return tuple(fold(text) for text in (self.name, self.label, *self.also_called))


class CodeList(_Part):
    """Allowed values: code to label, and other spellings that are taken."""

    system: str
    codes: dict[str, str]
    also: dict[str, str] = Field(default_factory=dict)

    @cached_property
    def by_spelling(self) -> dict[str, str]:
        """Every spelling that is taken, without case, to its code."""
        spellings = {label.casefold(): code for code, label in self.codes.items()}
        return spellings | {code.casefold(): code for code in self.codes} | self.also


class ExpectedRegistration(_Part):
    """Roles, by the beginning of their code, and the body they are expected to be registered with."""

    roles: tuple[str, ...]
    body: str


class RegistrationFormat(_Part):
    """How a body writes its registration numbers."""

    body: str
    pattern: str
    says: str


class FormVersion(_Part):
    """One version of a form."""

    name: str
    version: int
    title: str
    family: str
    minimum_known_headings: int
    full_time_hours: Decimal
    items: tuple[Item, ...]
    lists: dict[str, CodeList]
    registrations: tuple[ExpectedRegistration, ...] = ()
    registration_formats: tuple[RegistrationFormat, ...] = ()

    @model_validator(mode="after")
    def _is_whole(self) -> FormVersion:
        names = [item.name for item in self.items]
        headings = [heading for item in self.items for heading in set(item.headings)]
        if len(set(names)) != len(names) or len(set(headings)) != len(headings):
            raise ValueError("two items share a name or a heading")
        if missing := [item.list for item in self.items if item.list and item.list not in self.lists]:
            raise ValueError(f"lists that are not there: {', '.join(missing)}")
        for rule in self.registration_formats:
            re.compile(rule.pattern)
        return self

    @property
    def code(self) -> str:
        """Name and version, as a collection pins it."""
        return f"{self.name}-{self.version}"

    @cached_property
    def by_name(self) -> dict[str, Item]:
        """Items by name."""
        return {item.name: item for item in self.items}

    @cached_property
    def by_heading(self) -> dict[str, str]:
        """Every folded heading to the item it means."""
        return {heading: item.name for item in self.items for heading in item.headings}

    @property
    def vocabulary(self) -> frozenset[str]:
        """Headings that a file of this form is recognised by."""
        return frozenset(self.by_heading)

    def list_of(self, item: Item) -> CodeList:
        """Return the allowed values of a coded item."""
        return self.lists[item.list]

    def in_words(self, name: str, text: str) -> str:
        """Return what was typed for an item as people read it: labels in place of codes."""
        item = self.by_name[name]
        if not item.list:
            return text
        codes = self.list_of(item).codes
        return "; ".join(codes.get(part.strip(), part.strip()) for part in text.split(";"))

    def body_of_role(self, role_code: str) -> str:
        """Return the body that a role is expected to be registered with, or an empty text."""
        for rule in self.registrations:
            if any(role_code == start or (start.endswith("-") and role_code.startswith(start)) for start in rule.roles):
                return rule.body
        return ""


@cache
def load_form(code: str) -> FormVersion:
    """Return a form version by its code, for example ``oh-worker-1``."""
    path = FOLDER / f"{code}.toml"
    if not re.fullmatch(r"[a-z][a-z-]*-\d+", code) or not path.exists():
        raise LookupError(f"There is no form version {code}.")
    said = tomllib.loads(path.read_text())
    if other := said.pop("lists_from", ""):
        lists = load_form(other).lists
        said["lists"] = {item["list"]: lists[item["list"]] for item in said["items"] if "list" in item}
    return FormVersion(**said)


def form_codes() -> list[str]:
    """Return the codes of every form version."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))
