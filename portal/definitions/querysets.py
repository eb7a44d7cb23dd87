"""Vocabulary for reading definitions."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from django.apps import apps
from django.db import models
from django.db.models import OuterRef, Subquery
from django.utils import timezone

if TYPE_CHECKING:
    from collections.abc import Iterable

    from portal.definitions.models import RoleVersion


def end_of_day(date: dt.date) -> dt.datetime:
    """Return the first moment after ``date``, in the site's time zone."""
    midnight = dt.datetime.combine(date + dt.timedelta(days=1), dt.time.min)
    return timezone.make_aware(midnight)


class VersionQuerySet(models.QuerySet[Any]):
    """Versions of roles or of perspectives. Every row is published; some are withdrawn."""

    def published(self) -> Self:
        """Return versions that have not been withdrawn."""
        return self.filter(withdrawal__isnull=True)

    def family(self, family: str) -> Self:
        """Return versions of one family of roles."""
        return self.filter(family=family)

    def newest_per_code(self) -> Self:
        """Return the highest-numbered of these versions of each definition, in order of code.

        One look into the index of (code, number) for each row: the same speed whatever the planner
        knows of the table. What is filtered afterwards is filtered among the newest.
        """
        newest = self.filter(code=OuterRef("code")).order_by("-number").values("number")[:1]
        return self.filter(number=Subquery(newest)).order_by("code")

    def in_force(self, on: dt.date | None = None) -> Self:
        """Return, of each definition, the newest version whose effective date has come."""
        return self.published().filter(effective_from__lte=on or timezone.localdate()).newest_per_code()

    def as_at(self, date: dt.date) -> Self:
        """Return what the register said on ``date``: published, effective and not yet withdrawn then."""
        moment = end_of_day(date)
        return (
            self.filter(published_at__lt=moment, effective_from__lte=date)
            .exclude(withdrawal__at__lt=moment)
            .newest_per_code()
        )

    def search(self, words: str) -> Self:
        """Return versions that hold every word, in any place and any case."""
        found = self
        for word in words.split():
            found = found.filter(search_text__icontains=word)
        return found

    def without_long_text(self) -> Self:
        """Leave the structured content in the database: lists do not show it."""
        return self.defer("content")


class RoleVersionQuerySet(VersionQuerySet):
    """Published versions of roles."""

    def latest_per_role(self, family: str | None = None) -> Self:
        """Return the newest published version of each role, whether in force yet or not."""
        rows = self.published() if family is None else self.published().family(family)
        return rows.newest_per_code()


class PerspectiveVersionQuerySet(VersionQuerySet):
    """Published versions of perspectives."""

    def current(self, family: str | None = None, on: dt.date | None = None) -> Self:
        """Return the perspective versions in force, one for each perspective, in order of code."""
        rows = self if family is None else self.family(family)
        return rows.in_force(on)

    def without_long_text(self) -> Self:
        """Leave rule, membership and content in the database: lists do not show them."""
        return self.defer("content", "rule", "resolved_rule", "predicate_sql", "membership", "pins")


def role_versions_on(family: str, date: dt.date) -> dict[str, int]:
    """Return the version of each role that a collection of ``date`` asks with: in force then, else the first."""
    model = apps.get_model("definitions", "RoleVersion")
    asked: dict[str, int] = {}
    rows = model.objects.published().family(family).order_by("code", "number")
    for code, number, effective_from in rows.values_list("code", "number", "effective_from"):
        if code not in asked or effective_from <= date:
            asked[code] = number
    return asked


@dataclass(frozen=True)
class RoleMatch:
    """The role that a label stands for."""

    code: str
    group: str
    version: int
    title: str


def normal(label: str) -> str:
    """Return a label as it is compared: one kind of dash and space, no case."""
    dashed = label.replace("\u2013", "-").replace("\u2014", "-").replace("\u00a0", " ")
    return " ".join(dashed.replace(" -", "-").replace("- ", "-").split()).casefold()


class LabelIndex:
    """Every title and other title of the newest published roles of a family, once read."""

    def __init__(self, versions: Iterable[RoleVersion]) -> None:
        self._by_label: dict[str, set[RoleMatch]] = {}
        for version in versions:
            match = RoleMatch(version.code, version.group, version.number, version.title)
            for label in {version.title, version.code, *version.other_titles}:
                self._by_label.setdefault(normal(label), set()).add(match)

    def labels(self) -> list[str]:
        """Return the titles and codes to suggest from when a label stands for no role."""
        roles = {match for matches in self._by_label.values() for match in matches}
        return sorted({text for role in roles for text in (role.title, role.code)})

    def find(self, label: str, *, within: str = "") -> RoleMatch | None:
        """Return the one role of a label, or None; ``within`` is the broader label, if there is one.

        “A / B” among the other titles says that label B stands for the role only below label A. A
        label of several roles stands for none of them: nothing is guessed.
        """
        pair = self._by_label.get(normal(f"{within} / {label}"), set()) if within else set()
        found = pair or self._by_label.get(normal(label), set())
        if len(found) != 1 and within:
            found = self._by_label.get(normal(within), set())
        return next(iter(found)) if len(found) == 1 else None


def label_index(family: str) -> LabelIndex:
    """Return the labels of a family: one query, then any number of look-ups."""
    model = apps.get_model("definitions", "RoleVersion")
    return LabelIndex(model.objects.latest_per_role(family).without_long_text())


def resolve_label(label: str, *, family: str, within: str = "") -> RoleMatch | None:
    """Return the role that ``label`` stands for in ``family``, or None. See :class:`LabelIndex`."""
    return label_index(family).find(label, within=within)
