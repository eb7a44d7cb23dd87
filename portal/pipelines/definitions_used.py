"""The published definitions that a run counts with: which versions, and as which predicates."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from portal.definitions.enums import GROUPS_OF_FAMILY
from portal.definitions.models import PerspectiveVersion, RoleVersion
from portal.methods.rules import membership_of_role
from portal.pipelines.code_lists import Code
from portal.pipelines.errors import PipelineError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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
    roles = _roles(specification.family)
    return {
        "roles": {role.code: role.number for role in roles},
        "perspectives": perspectives,
        "populations": specification.populations({item["code"]: item["predicate_sql"] for item in perspectives}),
        "excluded": {code: found for code in specification.perspectives if (found := _excluded(current[code], roles))},
    }


def populations_in(definitions: Mapping[str, Any]) -> dict[str, str]:
    """Return SQL of every group of records that a run counted; an early lineage has those of perspectives only."""
    return definitions.get("populations") or {
        used["code"]: used["predicate_sql"] for used in definitions["perspectives"]
    }


def _excluded(perspective: PerspectiveVersion, roles: Sequence[RoleVersion]) -> dict[str, list[str]]:
    """Return the roles, and the groups of nothing but such roles, of which a perspective can hold nobody."""
    never = {role.code for role in roles if _verdict(perspective, role.code) == "never"}
    groups = {role.group for role in roles}
    whole = {group for group in groups if all(role.code in never for role in roles if role.group == group)}
    return {name: sorted(codes) for name, codes in (("role_code", never), ("role_group", whole)) if codes}


def _verdict(perspective: PerspectiveVersion, role: str) -> str:
    if role in perspective.membership:
        return str(perspective.membership[role]["verdict"])
    # A role that is younger than the perspective is asked of the rule as it was published.
    return membership_of_role(perspective.resolved_rule, role)[0] if perspective.resolved_rule else "depends"


def _roles(family: str) -> list[RoleVersion]:
    return list(RoleVersion.objects.latest_per_role(family).without_long_text())
