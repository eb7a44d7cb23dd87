"""Crosswalks: read from the working text, checked, and published with the version they explain."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from django.core.exceptions import ValidationError

from portal.definitions.enums import ChangeClass
from portal.definitions.models import Crosswalk, CrosswalkShare, Role, RoleVersion
from portal.definitions.validators import as_share

THIS = "this"


@dataclass(frozen=True)
class Row:
    """One row of a draft's crosswalk. ``target`` is "this", another version, or empty for nowhere."""

    source: str
    target: str
    share: Fraction
    basis: str


def rows_of(role: Role) -> list[Row]:
    """Return the rows an editor wrote; an editorial edition maps the version before wholly to itself."""
    previous = role.latest_version
    if role.change_class == ChangeClass.EDITORIAL and previous:
        return [Row(previous.reference, THIS, Fraction(1), "The meaning is unchanged.")]
    return [
        Row(
            _reference(block.value["source"]),
            _reference(block.value["target"]),
            as_share(block.value["share"]),
            block.value["basis"],
        )
        for block in role.crosswalk
    ]


def _reference(text: str) -> str:
    """Return a reference with single spaces and a small v; "this" in small letters."""
    words = (text or "").split()
    if [word.lower() for word in words] == [THIS]:
        return THIS
    return " ".join([*words[:-1], words[-1].lower()]) if words else ""


def reasons_against(role: Role) -> list[str]:
    """Return every reason why a draft's crosswalk cannot be published."""
    try:
        rows = rows_of(role)
    except ValidationError as error:
        return list(error.messages)
    previous = role.latest_version
    needed = role.change_class not in {ChangeClass.EDITORIAL, ChangeClass.NEW}
    if not rows:
        return ["This class of change needs a crosswalk from the version before."] if needed else []
    known = _known_versions(rows)
    reasons = [f"There is no published version “{name}”." for name in _names(rows) if name not in known]
    if reasons:
        return reasons
    if previous and previous.reference not in {row.source for row in rows}:
        reasons.append(f"The crosswalk says nothing about {previous.reference}.")
    if previous is None and not any(row.target == THIS for row in rows):
        reasons.append("The crosswalk says nothing about this version.")
    return [*reasons, *_shape_reasons(role, rows), *_share_reasons(rows), *_place_reasons(role, rows, known)]


def _names(rows: list[Row]) -> list[str]:
    return sorted({name for row in rows for name in (row.source, row.target) if name not in {"", THIS}})


def _known_versions(rows: list[Row]) -> dict[str, RoleVersion]:
    codes = {name.rpartition(" v")[0] for name in _names(rows)}
    versions = RoleVersion.objects.filter(code__in=codes).select_related("withdrawal").without_long_text()
    return {version.reference: version for version in versions}


def _shape_reasons(role: Role, rows: list[Row]) -> list[str]:
    """Return what does not fit the class of change."""
    previous = role.latest_version
    targets = [row.target for row in rows if previous is None or row.source == previous.reference]
    into_this = {row.source for row in rows if row.target == THIS}
    if role.change_class == ChangeClass.SPLIT and len(targets) < 2:  # noqa: PLR2004 - a split has two parts
        return ["A split has at least two parts."]
    if role.change_class == ChangeClass.MERGE and len(into_this) < 2:  # noqa: PLR2004 - a merge joins two
        return ["A merge joins at least two versions into this one."]
    if role.change_class == ChangeClass.RETIRED and THIS in targets:
        return ["A retired role passes nothing on to itself."]
    if role.change_class == ChangeClass.WIDENING and targets != [THIS]:
        return ["All of the version before is still counted in a widened role."]
    return []


def _share_reasons(rows: list[Row]) -> list[str]:
    sums: dict[str, Fraction] = {}
    pairs: set[tuple[str, str]] = set()
    reasons = []
    for row in rows:
        sums[row.source] = sums.get(row.source, Fraction(0)) + row.share
        if (row.source, row.target) in pairs:
            reasons.append(f"“{row.source}” to “{row.target or 'nowhere'}” is written twice.")
        pairs.add((row.source, row.target))
    return [
        *reasons,
        *(f"The shares of {name} add up to {total}, not to 1." for name, total in sums.items() if total != 1),
    ]


def _place_reasons(role: Role, rows: list[Row], known: dict[str, RoleVersion]) -> list[str]:
    """Return what would make the chain of crosswalks ambiguous or circular.

    A version passes on once; and it passes on to versions that have not passed on themselves, so that
    following the chain always ends.
    """
    sources = {row.source for row in rows}
    taken = set(
        CrosswalkShare.objects.filter(source__in=[known[name] for name in _names(rows)]).values_list(
            "source__code", "source__number"
        ),
    )
    passed_on = {f"{code} v{number}" for code, number in taken}
    reasons = [f"{name} has a crosswalk already." for name in sorted(sources & passed_on)]
    targets = {row.target for row in rows if row.target not in {"", THIS}}
    # A withdrawn version may pass on what it once took over, but takes nothing over any more.
    reasons.extend(f"{name} is withdrawn." for name in sorted(targets) if hasattr(known[name], "withdrawal"))
    reasons.extend(
        f"{name} is itself replaced: map to what replaced it." for name in sorted(targets & (passed_on | sources))
    )
    reasons.extend(
        f"{name} belongs to another family of roles."
        for name in sorted((sources | targets) & set(known))
        if known[name].family != role.family
    )
    return reasons


def publish_crosswalk(role: Role, version: RoleVersion, previous: RoleVersion | None) -> Crosswalk | None:
    """Write the crosswalk of a version that has just been published; None for a role from nothing."""
    rows = rows_of_published(role, previous)
    if not rows:
        return None
    known = _known_versions(rows)
    crosswalk = Crosswalk.objects.create(
        published_with=version,
        effective_from=version.effective_from,
        published_at=version.published_at,
    )
    CrosswalkShare.objects.bulk_create(
        CrosswalkShare(
            crosswalk=crosswalk,
            source=known[row.source],
            target=version if row.target == THIS else known.get(row.target),
            numerator=row.share.numerator,
            denominator=row.share.denominator,
            basis=row.basis,
        )
        for row in rows
    )
    return crosswalk


def rows_of_published(role: Role, previous: RoleVersion | None) -> list[Row]:
    """Return the rows as they were before this version existed: ``previous`` is the version before it."""
    if role.change_class == ChangeClass.EDITORIAL and previous:
        return [Row(previous.reference, THIS, Fraction(1), "The meaning is unchanged.")]
    return [row for row in rows_of(role) if row.source]
