"""How much of a headline's change is the definition, and how much is real.

Written with a draft whose definitions differ from those of the last published version. Everything
is worked out from published figures: those of the version before, those of the draft, and the
headlines of the draft's last period under the rules of before, which the audit has seen as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq

from portal.definitions.changes import definition_changes
from portal.definitions.lookup import role_changes
from portal.definitions.models import PerspectiveVersion, RoleVersion
from portal.methods.decomposition import split_change
from portal.methods.role_changes import ALWAYS, NEVER, NotSaidError, in_earlier_terms, in_later_terms
from portal.methods.rules import membership_of_role
from portal.pipelines.metadata import period_label

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from portal.datasets.models import DatasetVersion
    from portal.methods.role_changes import Figures, Number, RoleChanges
    from portal.pipelines.specification import Reference, Specification

METHOD = (
    "Shapley value: the mean of taking the definition first and of taking the time first. "
    "Where only one order can be had, the split is in that order and says so."
)
ROLE_LEVEL, ROLE_CODE = "role_level", "role_code"


@dataclass(frozen=True)
class Published:
    """The observations of a version, by cell."""

    path: Path

    @cached_property
    def cells(self) -> dict[tuple[tuple[str, str], ...], Number | None]:
        """Every value by the codes of its cell; None where it is hidden."""
        ignored = {"value", "status", "source", "coverage_received", "coverage_expected"}
        table = pq.read_table(self.path)
        names = sorted(name for name in table.column_names if name not in ignored)
        codes = zip(*(table[name].cast("string").to_pylist() for name in names), strict=True)
        values = zip(table["value"].to_pylist(), table["status"].to_pylist(), strict=True)
        return {
            tuple(zip(names, cell, strict=True)): _number(value, status)
            for cell, (value, status) in zip(codes, values, strict=True)
        }

    def figure(self, **codes: str) -> Number | None:
        """Return one value; None where it is hidden or there is none."""
        return self.cells.get(tuple(sorted(codes.items())))

    def by_role(self, headline: Reference, **codes: str) -> Figures:
        """Return the value of each role of a place and time."""
        wanted = {**headline.filters, ROLE_LEVEL: "role", "measure": headline.measure, **codes}
        found = {}
        for cell, value in self.cells.items():
            own = dict(cell)
            code = own.get(ROLE_CODE, "")
            if all(own.get(name) == text for name, text in wanted.items() if name != ROLE_CODE):
                found[code] = value
        return found


def _number(value: float | None, status: str) -> Number | None:
    if status == "z":  # cannot be: nobody, and no secret
        return Fraction(0)
    return None if value is None else Fraction(value)


@dataclass(frozen=True)
class Split:
    """What the two versions said, and by which definitions."""

    specification: Specification
    base: DatasetVersion
    lineage: Mapping[str, Any]
    before: Published
    after: Published
    as_before: Published | None

    @property
    def before_period(self) -> str:
        """The last period of the version before."""
        return str(self.base.last_period)

    @cached_property
    def after_period(self) -> str:
        """The last period of the draft."""
        return max(item["time_period"] for item in self.lineage["snapshots"])

    @cached_property
    def pins(self) -> tuple[dict[str, dict[str, int]], dict[str, dict[str, int]]]:
        """The definitions that the last period of each version was asked and counted with."""
        old = {"roles": asked_in(self.base.lineage, self.before_period), "perspectives": _versions(self.base.lineage)}
        new_roles = asked_in(self.lineage, self.after_period)
        if self.after_period == self.before_period and not _asked(self.lineage, self.after_period):
            new_roles = old["roles"]  # the same returns, coded with the roles of their time
        return old, {"roles": new_roles, "perspectives": _versions(self.lineage)}

    @cached_property
    def role_changes(self) -> RoleChanges:
        """What became of the roles between the two periods."""
        return role_changes(self.pins[0]["roles"], self.pins[1]["roles"])

    @cached_property
    def perspectives(self) -> dict[tuple[str, int], PerspectiveVersion]:
        """Every perspective version that either dataset version counted with."""
        wanted = {(code, number) for pins in self.pins for code, number in pins["perspectives"].items()}
        rows = PerspectiveVersion.objects.filter(code__in={code for code, _ in wanted})
        return {(row.code, row.number): row for row in rows if (row.code, row.number) in wanted}

    @cached_property
    def group_of_role(self) -> dict[str, str]:
        """The group of each role of the family, the newest word on it."""
        return dict(RoleVersion.objects.latest_per_role(self.specification.family).values_list("code", "group"))


def split_of(
    specification: Specification,
    *,
    base: DatasetVersion | None,
    lineage: Mapping[str, Any],
    observations: Path,
    as_before: Path | None = None,
) -> dict[str, Any] | None:
    """Return the split of every headline under every perspective; None where the definitions mean the same."""
    if base is None or "definitions" not in base.lineage:
        return None
    split = Split(
        specification,
        base,
        lineage,
        Published(base.observations_path()),
        Published(observations),
        Published(as_before) if as_before else None,
    )
    breaking = [change for change in definition_changes(*split.pins) if change.is_breaking]
    if not breaking:
        return None
    return {
        "method": METHOD,
        "from": _end(str(base.number), split.before_period),
        "to": _end("", split.after_period),
        "changes": [change.reason for change in breaking],
        "figures": [
            _figure(split, headline, code)
            for headline in specification.headlines
            if specification.measure(headline.measure).is_counted  # rates do not add up over roles
            for code in specification.perspectives
            if code in split.pins[0]["perspectives"]
        ],
    }


def asked_in(lineage: Mapping[str, Any], period: str) -> dict[str, int]:
    """Return the role versions that a period's collection asked with; else those the run pinned."""
    return _asked(lineage, period) or dict(lineage["definitions"]["roles"])


def _asked(lineage: Mapping[str, Any], period: str) -> dict[str, int]:
    for item in lineage["snapshots"]:
        if item["time_period"] == period:
            return dict(item.get("role_versions") or {})
    return {}


def _versions(lineage: Mapping[str, Any]) -> dict[str, int]:
    return {used["code"]: used["version"] for used in lineage["definitions"]["perspectives"]}


def _end(version: str, period: str) -> dict[str, str]:
    return {"version": version, "period": period, "period_label": period_label(period)}


def _figure(split: Split, headline: Reference, code: str) -> dict[str, Any]:
    """Return one headline under one perspective: what was published, in both terms, and the split."""
    cell = {**headline.filters, "measure": headline.measure, "perspective": code}
    before_old = split.before.figure(**cell, time_period=split.before_period)
    after_new = split.after.figure(**cell, time_period=split.after_period)
    reasons: list[str] = []
    before_new = _told(reasons, _before_in_new_terms, split, headline, code)
    after_old = _told(reasons, _after_in_old_terms, split, headline, code)
    found = split_change(before_old=before_old, before_new=before_new, after_old=after_old, after_new=after_new)
    label = next(used["label"] for used in split.lineage["definitions"]["perspectives"] if used["code"] == code)
    measure = split.specification.measure(headline.measure)
    shown: dict[str, Any] = {
        "headline": headline.id,
        "label": headline.label,
        "measure": headline.measure,
        "unit": measure.unit,
        "perspective": code,
        "perspective_label": label,
        "before": _plain(before_old),
        "before_in_new_terms": _plain(before_new),
        "after_in_old_terms": _plain(after_old),
        "after": _plain(after_new),
    }
    if found is None:
        hidden = before_old is None or after_new is None
        return shown | {
            "total": None,
            "definition": None,
            "real": None,
            "method": "",
            "reason": ("A figure of either end is not published." if hidden else " ".join(dict.fromkeys(reasons))),
        }
    definition = round(found.definition)
    return shown | {
        "total": _plain(found.total),
        "definition": definition,
        "real": _plain(found.total - definition),
        "method": found.method,
        "reason": "" if found.method == "shapley" else " ".join(dict.fromkeys(reasons)),
    }


def _told(reasons: list[str], how: Any, *arguments: Any) -> Number | None:
    """Return a figure in other terms, rounded as published ones are, or None and the reason."""
    try:
        found = how(*arguments)
    except NotSaidError as error:
        reasons.append(str(error))
        return None
    base = arguments[0].specification.protection.base
    return base * round(found / base)


def _before_in_new_terms(split: Split, headline: Reference, code: str) -> Fraction:
    # Where the rule is the same, what was published stands; else the draft counts the earlier period anew.
    source = split.before if _same_rule(split, code) else split.after
    ends = {"time_period": split.before_period}
    return in_later_terms(
        _needed(source, headline, code, split.before_period),
        _selected(split, headline, source.by_role(headline, perspective=code, **ends)),
        _anywhere(split, headline, source, ends),
        _counts(split, headline, code, split.pins[1]),
        split.role_changes,
    )


def _after_in_old_terms(split: Split, headline: Reference, code: str) -> Fraction:
    source = split.after if _same_rule(split, code) else split.as_before
    if source is None:
        raise NotSaidError("The last period was not counted under the rule of before.")
    return in_earlier_terms(
        _needed(source, headline, code, split.after_period),
        _selected(split, headline, source.by_role(headline, perspective=code, time_period=split.after_period)),
        _counts(split, headline, code, split.pins[0]),
        split.role_changes,
    )


def _needed(source: Published, headline: Reference, code: str, period: str) -> Number:
    found = source.figure(**headline.filters, measure=headline.measure, perspective=code, time_period=period)
    if found is None:
        raise NotSaidError("A figure in the other terms is not published.")
    return found


def _same_rule(split: Split, code: str) -> bool:
    old, new = (split.perspectives.get((code, pins["perspectives"].get(code, 0))) for pins in split.pins)
    return old is not None and new is not None and old.predicate_sql == new.predicate_sql


def _in_selection(split: Split, headline: Reference, role: str) -> bool:
    level, wanted = headline.filters.get(ROLE_LEVEL, "all"), headline.filters.get(ROLE_CODE)
    return level == "all" or (split.group_of_role.get(role) if level == "group" else role) == wanted


def _selected(split: Split, headline: Reference, figures: Figures) -> Figures:
    return {role: value for role, value in figures.items() if _in_selection(split, headline, role)}


def _counts(split: Split, headline: Reference, code: str, pins: Mapping[str, Mapping[str, int]]) -> dict[str, str]:
    """Return whether each role counts in a headline under a version of a perspective."""
    version = split.perspectives[code, pins["perspectives"][code]]
    return {role: _verdict(version, role) if _in_selection(split, headline, role) else NEVER for role in pins["roles"]}


def _verdict(version: PerspectiveVersion, role: str) -> str:
    return membership_of_role(version.resolved_rule, role)[0] if version.resolved_rule else "depends"


def _anywhere(split: Split, headline: Reference, source: Published, ends: Mapping[str, str]) -> Figures:
    """Return the whole of each role: its figure under a perspective that counts every post of it."""
    found: dict[str, Number | None] = {}
    for code, number in split.pins[1]["perspectives"].items():
        version = split.perspectives[code, number]
        for role, value in source.by_role(headline, perspective=code, **ends).items():
            if value is not None and role not in found and _verdict(version, role) == ALWAYS:
                found[role] = value
    return found


def _plain(figure: Number | None) -> float | int | None:
    if figure is None:
        return None
    exact = Fraction(figure)
    return int(exact) if exact.denominator == 1 else float(exact)
