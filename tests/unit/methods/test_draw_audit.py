"""What chance alone gives, against every outcome of small draws counted one by one."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, product
from statistics import fmean, pvariance

import pytest

from portal.methods.draw_audit import expected_selected, limits_of_chance
from portal.methods.lottery import DrawRecord, Entry, Rule, Share, chance

MINE = {"a", "d", "e"}
SHARED = Rule(shares=(Share("near", 0.5),))
ENTRIES = (
    Entry("a", "near"),
    Entry("b", "near", had_place_before=True),
    Entry("c", "near"),
    Entry("d"),
    Entry("e", had_place_before=True),
    Entry("f"),
)


def taken(pool: list[Entry], places: int, rule: Rule) -> Iterator[set[str]]:
    """Yield every equally likely way to fill the places of a stage."""
    first = [item for item in pool if not (rule.first_timers_first and item.had_place_before)]
    later = [item for item in pool if item not in first]
    in_first = min(len(first), places)
    for one, two in product(combinations(first, in_first), combinations(later, min(len(later), places - in_first))):
        yield {item.code for item in (*one, *two)}


def outcomes(record: DrawRecord) -> list[int]:
    """Return how many of MINE are selected in every equally likely outcome."""
    found = [set()]
    for group, places in record.rule.reserved(record.places):
        found = [
            done | more
            for done in found
            for more in taken([e for e in record.entries if e.group == group], places, record.rule)
        ]
    found = [
        done | more
        for done in found
        for more in taken([e for e in record.entries if e.code not in done], record.places - len(done), record.rule)
    ]
    return [len(done & MINE) for done in found]


@pytest.mark.parametrize("places", [1, 2, 4, 5, 6, 9])
@pytest.mark.parametrize("first", [False, True])
@pytest.mark.parametrize("shares", [(), SHARED.shares])
def test_mean_and_variance_are_those_of_every_outcome(places: int, first: bool, shares: tuple[Share, ...]) -> None:
    record = DrawRecord(ENTRIES, places, Rule(shares=shares, first_timers_first=first))
    counted, found = outcomes(record), expected_selected(record, MINE)
    assert found.mean == pytest.approx(fmean(counted))
    assert found.variance == pytest.approx(pvariance(counted), abs=1e-12)
    assert found.mean == pytest.approx(sum(chance(ENTRIES, places, record.rule, code) for code in MINE))


def test_limits_hold_95_of_100_and_are_never_below_nothing() -> None:
    assert limits_of_chance(100, 25) == pytest.approx((90.2, 109.8))
    assert limits_of_chance(1, 25) == pytest.approx((0, 10.8))
