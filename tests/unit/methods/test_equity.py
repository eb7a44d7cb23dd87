"""The worked vector to the digits, textbook cases, and the borders of each formula."""

from __future__ import annotations

import numpy as np
import pytest

from portal.methods import equity

PEOPLE = (708_228, 628_141, 592_645, 588_613, 631_813)
PLACES = (3_600, 4_300, 5_000, 5_700, 6_400)


def test_the_worked_vector():
    rates = [round(equity.rate(places, people), 1) for places, people in zip(PLACES, PEOPLE, strict=True)]
    assert rates == [50.8, 68.5, 84.4, 96.8, 101.3]
    ratio = equity.rate_ratio(PLACES[0], PEOPLE[0], PLACES[4], PEOPLE[4])
    assert [round(value, 3) for value in (ratio.estimate, ratio.low, ratio.high)] == [0.502, 0.482, 0.523]
    assert round(equity.slope_index(PLACES, PEOPLE), 1) == 66.5
    assert round(equity.relative_index(PLACES, PEOPLE), 3) == 0.838
    assert round(equity.concentration_index(PLACES, PEOPLE), 3) == 0.134
    assert round(equity.wagstaff_index(PLACES, PEOPLE), 3) == 0.135
    assert round(equity.erreygers_index(PLACES, PEOPLE), 5) == 0.00425
    assert round(equity.hoover_index(PLACES, PEOPLE), 3) == 0.108


def test_the_concentration_index_equals_its_other_grouped_formula():
    """C = sum over neighbouring groups of p(t) L(t+1) - p(t+1) L(t), on cumulative shares of people and places."""
    people = np.cumsum(PEOPLE) / sum(PEOPLE)
    places = np.cumsum(PLACES) / sum(PLACES)
    other = float((people[:-1] * places[1:] - people[1:] * places[:-1]).sum())
    assert equity.concentration_index(PLACES, PEOPLE) == pytest.approx(other, rel=1e-12)


def test_equal_rates_show_no_inequality():
    events, people = (10, 20, 30), (100, 200, 300)
    assert equity.slope_index(events, people) == pytest.approx(0, abs=1e-9)
    assert equity.concentration_index(events, people) == pytest.approx(0, abs=1e-12)
    assert equity.hoover_index(events, people) == pytest.approx(0, abs=1e-12)
    assert equity.rate_ratio(10, 100, 20, 200).estimate == 1.0


def test_mantel_haenszel_of_one_stratum_is_the_plain_ratio():
    adjusted = equity.mantel_haenszel([(20, 100, 10, 80)])
    plain = equity.rate_ratio(20, 100, 10, 80)
    assert (adjusted.estimate, adjusted.low, adjusted.high) == pytest.approx((plain.estimate, plain.low, plain.high))


def test_mantel_haenszel_takes_away_what_areas_explain():
    """In each area both groups have the same chance; the poorer live where places are few."""
    strata = [(8, 800, 2, 200), (20, 200, 80, 800)]
    crude = equity.rate_ratio(28, 1_000, 82, 1_000)
    assert crude.estimate == pytest.approx(0.3415, abs=1e-4)
    assert equity.mantel_haenszel(strata).estimate == pytest.approx(1.0)
    assert equity.mantel_haenszel([*strata, (0, 0, 5, 50)]) == equity.mantel_haenszel(strata)


def test_funnel_limits():
    low, high = equity.funnel_limits(0.2, 400)
    assert (low, high) == pytest.approx((0.1608, 0.2392))
    assert equity.funnel_limits(0.01, 10) == pytest.approx((0.0, 0.01 + 1.96 * (0.01 * 0.99 / 10) ** 0.5))
    assert equity.funnel_limits(0.2, 400, equity.CONTROL_3)[0] < low


def test_the_interval_covers_the_true_ratio_in_simulation():
    rng = np.random.default_rng(1)
    events = rng.binomial([5_000, 8_000], [0.02, 0.03], size=(2_000, 2))
    held = 0
    for first, second in events.tolist():
        interval = equity.rate_ratio(first, 5_000, second, 8_000)
        held += interval.low <= 0.02 / 0.03 <= interval.high
    assert 0.93 <= held / 2_000 <= 0.97


@pytest.mark.parametrize(
    "call",
    [
        lambda: equity.rate(1, 0),
        lambda: equity.rate_ratio(0, 10, 1, 10),
        lambda: equity.rate_ratio(11, 10, 1, 10),
        lambda: equity.mantel_haenszel([(0, 10, 5, 10)]),
        lambda: equity.slope_index([1], [10]),
        lambda: equity.slope_index([1, 2], [10, 0]),
        lambda: equity.slope_index([0, 0], [10, 10]),
        lambda: equity.wagstaff_index([10, 10], [10, 10]),
        lambda: equity.funnel_limits(1.2, 10),
    ],
)
def test_numbers_without_meaning_are_refused(call):
    with pytest.raises(equity.EquityError):
        call()
