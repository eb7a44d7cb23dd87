"""What chance alone would have given: how many of a group a draw selects on average, and how far that varies.

Exact for every rule. The stages of a draw are independent draws without replacement, and how many of each tier
(first-timers, others) a stage takes does not depend on chance; so in each tier the number of the group that is
selected is hypergeometric at the share's stage and, given that, hypergeometric at the open stage.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING

from portal.methods.equity import CONTROL_2

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from portal.methods.lottery import DrawRecord, Entry


@dataclass(frozen=True, slots=True)
class Expected:
    """The mean and the variance of a number that is drawn; those of independent draws add up."""

    mean: float
    variance: float


def expected_selected(record: DrawRecord, members: Collection[str]) -> Expected:
    """Return what chance alone gives to the entries with the codes ``members``."""
    mean = variance = 0.0
    tiers = (False, True) if record.rule.first_timers_first else (None,)
    open_places = record.places - sum(sum(_filled(record, group)) for group, _ in _reserved(record))
    for tier in tiers:
        found = _of_tier(record, members, tier, open_places)
        open_places -= found[2]
        mean, variance = mean + found[0], variance + found[1]
    return Expected(mean, variance)


def limits_of_chance(expected: float, variance: float) -> tuple[float, float]:
    """Return between which numbers 95 draws of 100 would lie by chance alone."""
    half = CONTROL_2 * sqrt(max(0.0, variance))
    return max(0.0, expected - half), expected + half


def _reserved(record: DrawRecord) -> list[tuple[str, int]]:
    return record.rule.reserved(record.places)


def _filled(record: DrawRecord, group: str) -> tuple[int, int]:
    """Return how many places the share of a group gives to each tier; without tiers all are of the first."""
    places = dict(_reserved(record))[group]
    later = sum(entry.group == group and _is_later(record, entry) for entry in record.entries)
    first = min(sum(entry.group == group for entry in record.entries) - later, places)
    return first, min(later, places - first)


def _is_later(record: DrawRecord, entry: Entry) -> bool:
    return record.rule.first_timers_first and entry.had_place_before


def _of_tier(
    record: DrawRecord, members: Collection[str], tier: bool | None, open_places: int
) -> tuple[float, float, int]:
    """Return mean and variance of a tier, and how many open places it takes."""
    entries = [entry for entry in record.entries if tier is None or _is_later(record, entry) == tier]
    mean = variance = 0.0
    taken = 0
    for group, _places in _reserved(record):
        number = _filled(record, group)[int(tier or False)]
        part = _drawn([entry for entry in entries if entry.group == group], members, number)
        mean, variance, taken = mean + part.mean, variance + part.variance, taken + number
    left = len(entries) - taken
    number = min(left, open_places)
    if not number:
        return mean, variance, 0
    mine = sum(entry.code in members for entry in entries) - mean  # on average still there for the open stage
    share = number / left
    # Given how many the shares took: mean n·K/N; its square needs the variance of K, which is that of the shares.
    spread = share * (left - number) / (left - 1) / left * (mine * left - mine**2 - variance) if left > 1 else 0.0
    return mean + share * mine, (1 - share) ** 2 * variance + spread, number


def _drawn(entries: Sequence[Entry], members: Collection[str], number: int) -> Expected:
    """Return the hypergeometric mean and variance of drawing ``number`` of the entries."""
    held = Counter(entry.code in members for entry in entries)
    whole = len(entries)
    if not number or not whole:
        return Expected(0.0, 0.0)
    share = held[True] / whole
    spread = number * share * (1 - share) * (whole - number) / (whole - 1) if whole > 1 else 0.0
    return Expected(number * share, spread)
