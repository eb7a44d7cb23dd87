"""The published definitions that a run counts with: which versions, and as which predicates."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from portal.definitions.enums import GROUPS_OF_FAMILY
from portal.definitions.models import PerspectiveVersion, RoleVersion
from portal.pipelines.code_lists import Code
from portal.pipelines.errors import PipelineError

if TYPE_CHECKING:
    from portal.pipelines.specification import Specification


@dataclass(frozen=True)
class PerspectiveUsed:
    """A perspective as a run uses it."""

    code: str
    label: str
    version: int
    predicate_sql: str


def role_codes(family: str) -> list[Code]:
    """Return the roles of a family, by group and title."""
    order = {group.value: number for number, group in enumerate(GROUPS_OF_FAMILY[family])}  # type: ignore[index]  # a family is one of the keys: the specification was checked
    roles = sorted(_roles(family), key=lambda role: (order.get(role.group, len(order)), role.title, role.code))
    return [Code(role.code, role.title, role.group) for role in roles]


def group_codes(family: str) -> list[Code]:
    """Return the role groups of a family."""
    return [Code(group.value, str(group.label)) for group in GROUPS_OF_FAMILY[family]]  # type: ignore[index]  # a family is one of the keys: the specification was checked


def group_of_role(family: str) -> dict[str, str]:
    """Return the group of each role of a family."""
    return {role.code: role.group for role in _roles(family)}


def definitions_in_force(specification: Specification) -> dict[str, Any]:
    """Return the versions of roles and perspectives that a run begun now would use, as plain data."""
    current = {version.code: version for version in PerspectiveVersion.objects.current(specification.family)}
    missing = [code for code in specification.perspectives if code not in current]
    if missing:
        raise PipelineError(f"No published version is in force of {', '.join(missing)}: publish one, then run again.")
    perspectives = [
        asdict(PerspectiveUsed(code, current[code].title, current[code].number, current[code].predicate_sql))
        for code in specification.perspectives
    ]
    return {"roles": {role.code: role.number for role in _roles(specification.family)}, "perspectives": perspectives}


def _roles(family: str) -> list[RoleVersion]:
    return list(RoleVersion.objects.latest_per_role(family).without_long_text())
