"""Questions that definitions ask and cannot answer: apps above register the answers.

An app calls one of the ``register_…`` functions in its ``AppConfig.ready()``. Definitions stay
below: they import none of the apps that use them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Usage:
    """Something published, or under way, that uses a definition."""

    kind: str  # "dataset", "release", "collection", "opportunity"
    title: str
    url: str
    detail: str = ""
    is_public: bool = True


@dataclass(frozen=True)
class Effect:
    """What a change of rule does to the last sealed snapshot, protected as any statistic is."""

    snapshot: str
    before: str
    after: str
    entering: str
    leaving: str
    note: str = ""


@dataclass(frozen=True)
class RoleFigure:
    """How many people a role has under one perspective, in the newest release."""

    perspective: str
    value: str
    period: str
    url: str


#: (kind "role" | "perspective", code, version number or None for any) -> what uses it
UsageFunction = Callable[[str, str, int | None], Sequence[Usage]]
#: (family, predicate before, predicate after) -> effect, or None where there is no snapshot
EffectFunction = Callable[[str, str, str], Effect | None]
#: (family, role code) -> figures of the newest release
FiguresFunction = Callable[[str, str], Sequence[RoleFigure]]

_usages: list[UsageFunction] = []
_internal_usages: list[UsageFunction] = []
_effects: list[EffectFunction] = []
_figures: list[FiguresFunction] = []


def register_usage(function: UsageFunction) -> None:
    """Tell definitions how to find what uses them. At most two queries, please."""
    if function not in _usages:
        _usages.append(function)


def register_internal_usage(function: UsageFunction) -> None:
    """Tell definitions how to find work under way that uses them. Asked in the CMS only.

    The public process has no credentials for the submissions database: what reads it belongs here.
    """
    if function not in _internal_usages:
        _internal_usages.append(function)


def register_effect(function: EffectFunction) -> None:
    """Tell definitions how to count what a change of rule does to the last sealed snapshot."""
    if function not in _effects:
        _effects.append(function)


def register_figures(function: FiguresFunction) -> None:
    """Tell definitions where the newest published figures of a role are."""
    if function not in _figures:
        _figures.append(function)


def usages(kind: str, code: str, number: int | None = None) -> list[Usage]:
    """Return everything known to use a definition."""
    return [usage for function in _usages for usage in function(kind, code, number)]


def internal_usages(kind: str, code: str) -> list[Usage]:
    """Return the work under way that uses a definition, for the people who make it."""
    return [usage for function in _internal_usages for usage in function(kind, code, None)]


def effect(family: str, before: str, after: str) -> Effect | None:
    """Return what a change of rule does, from the first app that can tell."""
    return next((found for function in _effects if (found := function(family, before, after))), None)


def figures(family: str, code: str) -> list[RoleFigure]:
    """Return the newest published figures of a role."""
    return [figure for function in _figures for figure in function(family, code)]
