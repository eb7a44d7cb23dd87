"""What changed between two sets of pinned definitions: reasons for version numbers and release notes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Q

from portal.definitions.enums import ChangeClass
from portal.definitions.models import PerspectiveVersion, RoleVersion

Pins = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True)
class DefinitionChange:
    """One definition that differs between two sets of pins."""

    kind: str
    code: str
    old: int | None
    new: int | None
    change_class: str
    note: str
    is_breaking: bool
    reason: str


def definition_changes(old: Pins, new: Pins) -> list[DefinitionChange]:
    """Return every difference, with the sentence to store; a breaking one makes a dataset version major.

    Pins are ``{"roles": {code: number}, "perspectives": {code: number}}``. Several versions may lie
    between: the change is breaking when any of them is.
    """
    return [
        *_changes("role", RoleVersion, old.get("roles", {}), new.get("roles", {})),
        *_changes("perspective", PerspectiveVersion, old.get("perspectives", {}), new.get("perspectives", {})),
    ]


def _changes(
    kind: str,
    model: type[RoleVersion | PerspectiveVersion],
    old: Mapping[str, int],
    new: Mapping[str, int],
) -> list[DefinitionChange]:
    differing = sorted(code for code in {*old, *new} if old.get(code) != new.get(code))
    if not differing:
        return []
    between = Q()
    for code in differing:
        low, high = sorted((old.get(code, 0), new.get(code, 0)))
        between |= Q(code=code, number__gt=low, number__lte=high)
    steps: dict[str, list[RoleVersion | PerspectiveVersion]] = {code: [] for code in differing}
    for version in model.objects.filter(between).order_by("code", "number").without_long_text():
        steps[version.code].append(version)
    return [_change(kind, code, old.get(code), new.get(code), steps[code]) for code in differing]


def _change(
    kind: str,
    code: str,
    old: int | None,
    new: int | None,
    steps: list[RoleVersion | PerspectiveVersion],
) -> DefinitionChange:
    title = steps[-1].title if steps else code
    breaking = [step for step in steps if step.is_breaking]
    # Taking a definition out, or going back to an earlier one, changes the meaning as well.
    is_breaking = bool(breaking) or old is None or new is None
    told = (breaking or steps)[-1] if steps else None
    change_class = told.change_class if told else ChangeClass.RETIRED
    if old is None:
        reason = f"The {kind} “{title}” ({code}) is new: version {new}."
    elif new is None:
        reason = f"The {kind} “{title}” ({code}) is no longer used; it was version {old}."
    else:
        note = f" {told.change_note}" if told and told.change_note else ""
        reason = f"The {kind} “{title}” ({code}) went from version {old} to {new} ({change_class}).{note}"
    return DefinitionChange(
        kind=kind,
        code=code,
        old=old,
        new=new,
        change_class=change_class,
        note=told.change_note if told else "",
        is_breaking=is_breaking,
        reason=reason,
    )
