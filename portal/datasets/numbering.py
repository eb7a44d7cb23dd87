"""The next version number, computed from what changed, with the reasons.

Major: something that was there is gone, or means something else. Minor: something was added or
relabelled. Patch: the same structure with other values. A person may raise the level, never
lower it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from portal.datasets.enums import ChangeLevel

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from portal.datasets.metadata import Dimension, VersionMetadata

FIRST = (1, 0, 0)


# The kind of the reason of a person, beside those that the software found.
RAISED = "raised"


@dataclass(frozen=True)
class StructureChange:
    """One difference of structure between two versions."""

    level: ChangeLevel
    kind: str  # dimension, code, measure, perspective, role
    change: str  # added, removed, relabelled, renamed, redefined
    where: str
    code: str
    text: str

    def as_json(self) -> dict[str, Any]:
        """Return the plain form that is stored and served."""
        return {
            "level": self.level.label,
            "kind": self.kind,
            "change": self.change,
            "where": self.where,
            "code": self.code,
            "text": self.text,
        }


def structure_changes(
    old: VersionMetadata,
    new: VersionMetadata,
    mapping: Mapping[str, Mapping[str, str | None]] | None = None,
) -> list[StructureChange]:
    """Return every difference of structure, largest first.

    ``mapping`` says, by dimension, what a code that is gone is called now; None marks it gone.
    """
    changes = [
        *_dimension_changes(old, new, mapping or {}),
        *_measure_changes(old, new),
        *_definition_changes("perspective", old.perspectives, new.perspectives, new),
        *_definition_changes("role", old.roles, new.roles, new),
    ]
    # A code that came or went has said it; the definition behind it says it only where no code does.
    said = {(change.change, change.code) for change in changes if change.kind == "code"}
    changes = [change for change in changes if change.kind == "code" or (change.change, change.code) not in said]
    return sorted(changes, key=lambda change: (-change.level, change.kind, change.where, change.code))


def _dimension_changes(
    old: VersionMetadata, new: VersionMetadata, mapping: Mapping[str, Mapping[str, str | None]]
) -> Iterator[StructureChange]:
    for key, dimension in old.by_id.items():
        if key not in new.by_id:
            yield _change(ChangeLevel.MAJOR, "dimension", "removed", "", key, f"{dimension.label} is gone")
        else:
            yield from _code_changes(dimension, new.by_id[key], mapping.get(key, {}))
    for key, dimension in new.by_id.items():
        if key not in old.by_id:
            yield _change(ChangeLevel.MINOR, "dimension", "added", "", key, f"{dimension.label} is new")


def _code_changes(old: Dimension, new: Dimension, mapping: Mapping[str, str | None]) -> Iterator[StructureChange]:
    if old.label != new.label:
        text = f"{old.label} is now called {new.label}"
        yield _change(ChangeLevel.MINOR, "dimension", "relabelled", "", old.id, text)
    renamed = {gone: now for gone, now in mapping.items() if now in new.labels}
    for code, label in old.labels.items():
        if code in new.labels:
            if new.labels[code] != label:
                text = f"{label} is now called {new.labels[code]}"
                yield _change(ChangeLevel.MINOR, "code", "relabelled", old.id, code, text)
        elif code in renamed:
            text = f"{label} ({code}) is now {new.labels[str(renamed[code])]} ({renamed[code]})"
            yield _change(ChangeLevel.MINOR, "code", "renamed", old.id, code, text)
        else:
            yield _change(ChangeLevel.MAJOR, "code", "removed", old.id, code, f"{label} ({code}) is gone")
    for code, label in new.labels.items():
        if code not in old.labels and code not in renamed.values():
            yield _change(ChangeLevel.MINOR, "code", "added", old.id, code, f"{label} ({code}) is new")


def _measure_changes(old: VersionMetadata, new: VersionMetadata) -> Iterator[StructureChange]:
    before = {measure.id: measure for measure in old.measures}
    after = {measure.id: measure for measure in new.measures}
    for key, measure in before.items():
        if key not in after:
            yield _change(ChangeLevel.MAJOR, "measure", "removed", "", key, f"{measure.label} is gone")
        elif after[key].unit != measure.unit:
            text = f"{measure.label} is now in {after[key].unit or 'no unit'}, before in {measure.unit or 'no unit'}"
            yield _change(ChangeLevel.MAJOR, "measure", "redefined", "", key, text)
        elif after[key].label != measure.label:
            text = f"{measure.label} is now called {after[key].label}"
            yield _change(ChangeLevel.MINOR, "measure", "relabelled", "", key, text)
    for key in after.keys() - before.keys():
        yield _change(ChangeLevel.MINOR, "measure", "added", "", key, f"{after[key].label} is new")


def _definition_changes(
    kind: str, old: Mapping[str, int], new: Mapping[str, int], described: VersionMetadata
) -> Iterator[StructureChange]:
    for code, number in old.items():
        name = f"{kind.capitalize()} {code}"
        if code not in new:
            yield _change(ChangeLevel.MAJOR, kind, "removed", "", code, f"{name} is no longer used")
        elif new[code] != number:
            level = ChangeLevel.MINOR if code in described.editorial else ChangeLevel.MAJOR
            how = "wording only" if code in described.editorial else "definition changed"
            text = f"{name} is now version {new[code]}, before version {number} ({how})"
            if why := described.definition_reasons.get(code):
                text = f"{text}. {why}"
            yield _change(level, kind, "redefined", "", code, text)
    for code in new.keys() - old.keys():
        yield _change(ChangeLevel.MINOR, kind, "added", "", code, f"{kind.capitalize()} {code} is new")


def _change(level: ChangeLevel, kind: str, change: str, where: str, code: str, text: str) -> StructureChange:
    return StructureChange(level, kind, change, where, code, text)


def open_codes(
    old: VersionMetadata,
    new: VersionMetadata,
    mapping: Mapping[str, Mapping[str, str | None]],
    *,
    time_dimension: str = "time_period",
) -> dict[str, list[str]]:
    """Return, by dimension, the codes that are gone and that nobody has mapped or marked gone.

    A time period is never renamed, so it is simply gone.
    """
    missing = {
        key: [
            code for code in dimension.labels if code not in new.by_id[key].labels and code not in mapping.get(key, {})
        ]
        for key, dimension in old.by_id.items()
        if key in new.by_id and key != time_dimension
    }
    return {key: codes for key, codes in missing.items() if codes}


def next_number(base: tuple[int, int, int], level: ChangeLevel) -> tuple[int, int, int]:
    """Return the number that follows ``base`` for a change of this level."""
    major, minor, patch = base
    if level == ChangeLevel.MAJOR:
        return major + 1, 0, 0
    if level == ChangeLevel.MINOR:
        return major, minor + 1, 0
    return major, minor, patch + 1
