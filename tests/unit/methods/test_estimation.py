"""Strata, ratio estimation, imputation, raking and their errors."""

from __future__ import annotations

import shutil
import subprocess

import numpy as np
import pytest
from scipy.special import stdtrit

from portal.methods.estimation import (
    EstimationError,
    Item,
    StratumSample,
    collapse_strata,
    impute,
    join_categories,
    rake,
    ratio_estimate,
    response_rates,
)
from portal.methods.uncertainty import (
    RakedDesign,
    RatioDesign,
    UncertaintyError,
    errors_with_put,
    jackknife,
    quality_mark,
    ratio_of,
    ratio_totals,
    rescaled_bootstrap,
    separate_ratio_total,
    total_of,
    variance_of_filled,
)

RSCRIPT = shutil.which("Rscript")


def test_small_strata_give_up_region_first():
    counts = {
        ("trust", "large", "N"): 9,
        ("trust", "large", "S"): 2,
        ("trust", "large", "E"): 3,
        ("gp", "small", "N"): 6,
    }
    assert collapse_strata(counts, order=(2, 1, 0)) == {
        ("trust", "large", "N"): ("trust", "large", "N"),
        ("trust", "large", "S"): ("trust", "large", "all"),
        ("trust", "large", "E"): ("trust", "large", "all"),
        ("gp", "small", "N"): ("gp", "small", "N"),
    }


def test_a_stratum_alone_takes_the_smallest_that_agrees():
    counts = {("trust", "large", "N"): 9, ("trust", "large", "W"): 7, ("trust", "large", "S"): 2}
    joined = collapse_strata(counts, order=(2, 1, 0))
    assert joined["trust", "large", "S"] == joined["trust", "large", "W"] == ("trust", "large", "all")
    assert joined["trust", "large", "N"] == ("trust", "large", "N")


def test_every_stratum_ends_with_enough_or_all_are_one():
    rng = np.random.default_rng(4)
    for _ in range(50):
        counts = {
            (kind, size, region): int(rng.integers(0, 8))
            for kind in "ab" for size in "xyz" for region in "NSEW" if rng.random() < 0.7
        }  # fmt: skip
        if sum(counts.values()) < 5:
            continue
        joined = collapse_strata(counts, order=(2, 1, 0))
        sizes = {name: sum(counts[old] for old, new in joined.items() if new == name) for name in joined.values()}
        assert min(sizes.values()) >= 5


def test_strata_join_as_far_as_the_order_goes_and_no_farther():
    few = {("trust", "large", "N"): 1, ("trust", "large", "S"): 2, ("gp", "small", "N"): 6}
    joined = collapse_strata(few, order=(2,))
    assert joined["trust", "large", "N"] == joined["trust", "large", "S"] == ("trust", "large", "all")
    assert joined["gp", "small", "N"] == ("gp", "small", "N")
    assert set(collapse_strata(few, order=(2, 1, 0)).values()) == {("all", "all", "all")}, (
        "provider types are given up last"
    )
    with pytest.raises(EstimationError, match="without any respondent"):
        collapse_strata({("trust", "large", "N"): 0, ("gp", "small", "N"): 6}, order=(2,))


def sample(values, sizes, number, size):
    return StratumSample(np.array(values, float), np.array(sizes, float) if sizes else None, number, size)


def test_ratio_estimate_by_hand():
    """Stratum 1: 30 reported on size 10, frame size 25: 75. Stratum 2: mean 4 over 6 organisations: 24."""
    estimate = ratio_estimate([sample([10, 20], [4, 6], 5, 25.0), sample([3, 5], None, 6, None)])
    assert estimate.total == 99.0
    assert estimate.reported_share == pytest.approx(38 / 99)


def test_a_complete_stratum_has_no_error():
    assert ratio_estimate([sample([10, 20], [4, 6], 2, 10.0)]).standard_error == 0.0


@pytest.mark.parametrize(
    "stratum", [sample([], [], 5, 1.0), sample([1, 2, 3], [1, 1, 1], 2, 2.0), sample([1, 2], [0, 0], 3, 2.0)]
)
def test_strata_that_say_nothing_are_refused(stratum):
    with pytest.raises(EstimationError):
        ratio_estimate([stratum])


def test_imputation_goes_by_logic_then_last_return_then_donor():
    stratum = ("trust",)
    items = [
        Item("a", stratum, 5.0, 10), Item("b", stratum, 7.0, 30), Item("c", stratum, None, 28),
        Item("d", stratum, None, 28, last_value=6.0, months_since=12),
        Item("e", stratum, None, 12, last_value=6.0, months_since=13),
        Item("f", stratum, None, 28, last_value=6.0, months_since=1, logical=0.0), Item("g", ("gp",), None, 5),
    ]  # fmt: skip
    filled = {item.key: (item.value, item.source, item.donor) for item in impute(items, seed=1)}
    assert filled == {
        "a": (5.0, "returned", ""), "b": (7.0, "returned", ""), "c": (7.0, "imputed", "b"),
        "d": (6.0, "carried_forward", ""), "e": (5.0, "imputed", "a"), "f": (0.0, "logical", ""), "g": (None, "", ""),
    }  # fmt: skip


def test_equal_donors_are_drawn_by_the_seed_and_not_by_the_order_of_rows():
    items = [Item(f"d{number}", ("x",), float(number), 10) for number in range(20)]
    items.append(Item("q", ("x",), None, 10))
    first = impute(items, seed=3)[-1]
    assert impute(items[::-1], seed=3)[0] == first
    assert len({impute(items, seed=seed)[-1].donor for seed in range(30)}) > 5


def test_raking_meets_both_margins():
    codes = (["a", "a", "b", "b"], ["x", "y", "x", "y"])
    raked = rake(np.ones(4), [(codes[0], {"a": 3, "b": 5}), (codes[1], {"x": 6, "y": 2})])
    assert raked.weights[:2].sum() == pytest.approx(3)
    assert raked.weights[::2].sum() == pytest.approx(6)
    assert raked.weights.tolist() == pytest.approx([2.25, 0.75, 3.75, 1.25])


def test_raking_refuses_what_it_cannot_meet():
    with pytest.raises(EstimationError, match="join categories"):
        rake(np.ones(4), [(["a", "b", "b", "b"], {"a": 100, "b": 3})])
    with pytest.raises(EstimationError, match="Every category"):
        rake(np.ones(2), [(["a", "a"], {"a": 1, "b": 3})])
    with pytest.raises(EstimationError, match="did not settle"):
        rake(np.ones(2), [(["a", "b"], {"a": 1, "b": 3}), (["x", "y"], {"x": 2, "y": 2})], most_rounds=50)


def test_response_rates():
    rates = response_rates({"a": 10, "b": 30, "c": 60}, ["a", "b"], [1.0, None])
    assert rates == {"unit_response": 2 / 3, "coverage": 0.4, "item_response": 0.5}


def test_quality_marks_at_their_borders():
    assert [quality_mark(value) for value in (0.0, 0.05, 0.0501, 0.1, 0.2, 0.21, None)] == [
        "precise", "precise", "reasonably precise", "reasonably precise", "acceptable", "unreliable", "unreliable",
    ]  # fmt: skip


def test_one_respondent_has_no_error():
    with pytest.raises(UncertaintyError, match="join"):
        jackknife(total_of(np.ones(3)), np.ones(3), ["a", "a", "b"])


def survey_data():
    rng = np.random.default_rng(11)
    strata = np.repeat(["a", "b", "c"], (12, 8, 15))
    frame = {"a": 40, "b": 20, "c": 90}
    sizes = np.round(rng.gamma(3, 20, 35), 3)
    values = np.round(sizes * 0.2 + rng.normal(0, 2, 35) + 5, 3)
    weights = np.array([frame[name] / {"a": 12, "b": 8, "c": 15}[name] for name in strata])
    return strata, frame, sizes, values, weights, {"a": 2_500.0, "b": 1_300.0, "c": 5_200.0}


R_PROGRAM = """
suppressMessages(library(survey)); options(survey.replicates.mse=TRUE, digits=15)
d <- read.csv("{data}"); sizes <- list(a=2500, b=1300, c=5200)
s <- svydesign(ids=~1, strata=~stratum, weights=~weight, fpc=~number, data=d)
j <- as.svrepdesign(s, type="JKn")
out <- function(name, x) cat(name, format(x, digits=15), "\\n")
t <- svytotal(~value, j); out("jackknife_total", coef(t)); out("jackknife_total_se", SE(t))
r <- svyratio(~value, ~size, j); out("jackknife_ratio", coef(r)); out("jackknife_ratio_se", SE(r))
p <- predict(svyratio(~value, ~size, s, separate=TRUE), total=sizes)
out("separate_total", p$total); out("separate_total_se", p$se)
t <- svytotal(~value, s); out("linear_total_se", SE(t))
k <- rake(s, list(~stratum, ~half), list(data.frame(stratum=c("a","b","c"), Freq=c(45,25,80)),
          data.frame(half=c("x","y"), Freq=c(70,80))), control=list(maxit=1000, epsilon=1e-11, verbose=FALSE))
out("raked", sum(weights(k)^2))
out("raked_first", weights(k)[1])
k <- rake(j, list(~stratum, ~half), list(data.frame(stratum=c("a","b","c"), Freq=c(45,25,80)),
          data.frame(half=c("x","y"), Freq=c(70,80))), control=list(maxit=1000, epsilon=1e-11, verbose=FALSE))
t <- svytotal(~value, k); out("raked_total", coef(t)); out("raked_total_se", SE(t))
"""


@pytest.mark.slow
@pytest.mark.skipif(RSCRIPT is None, reason="R with its survey package is not on this machine")
def test_estimates_equal_the_survey_package_of_r(tmp_path):
    strata, frame, sizes, values, weights, frame_sizes = survey_data()
    half = ["xy"[number % 2] for number in range(35)]
    lines = ["stratum,weight,number,value,size,half"]
    lines += [
        f"{name},{float(weight)!r},{frame[name]},{float(value)!r},{float(size)!r},{code}"
        for name, weight, value, size, code in zip(strata, weights, values, sizes, half, strict=True)
    ]
    (tmp_path / "data.csv").write_text("\n".join(lines) + "\n")
    (tmp_path / "program.R").write_text(R_PROGRAM.replace("{data}", str(tmp_path / "data.csv")))
    done = subprocess.run([RSCRIPT, "--vanilla", tmp_path / "program.R"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    theirs = {line.split()[0]: float(line.split()[1]) for line in done.stdout.splitlines()}
    total = jackknife(total_of(values), weights, strata.tolist(), frame)
    ratio = jackknife(ratio_of(values, sizes), weights, strata.tolist(), frame)
    separate = ratio_estimate(
        [StratumSample(values[strata == n], sizes[strata == n], frame[n], frame_sizes[n]) for n in frame]
    )
    counts = ratio_estimate([StratumSample(values[strata == n], None, frame[n], None) for n in frame])
    raked = rake(weights, [(strata.tolist(), {"a": 45, "b": 25, "c": 80}), (half, {"x": 70, "y": 80})]).weights
    margins = {"a": 45.0, "b": 25.0, "c": 80.0}, {"x": 70.0, "y": 80.0}
    whole = RatioDesign(np.ones(35), strata.tolist(), margins[0], frame)
    design = RakedDesign.of(whole, [(strata.tolist(), margins[0]), (half, margins[1])])
    raked_total, raked_error, _ = design.totals(values[None, :])
    ours = {
        "raked_total": raked_total[0], "raked_total_se": raked_error[0],
        "jackknife_total": total.estimate, "jackknife_total_se": total.standard_error,
        "jackknife_ratio": ratio.estimate, "jackknife_ratio_se": ratio.standard_error,
        "separate_total": separate.total, "separate_total_se": separate.standard_error,
        "linear_total_se": counts.standard_error, "raked": float((raked**2).sum()), "raked_first": float(raked[0]),
    }  # fmt: skip
    assert ours == pytest.approx(theirs, rel=1e-6)


def test_the_bootstrap_agrees_with_the_jackknife_and_with_itself():
    strata, frame, sizes, values, weights, _ = survey_data()
    exact = jackknife(ratio_of(values, sizes), weights, strata.tolist(), frame)
    options = {"seed": 5, "replicates": 4_000, "frame_numbers": frame}
    drawn = rescaled_bootstrap(ratio_of(values, sizes), weights, strata.tolist(), **options)
    assert drawn.standard_error == pytest.approx(exact.standard_error, rel=0.08)
    assert drawn == rescaled_bootstrap(ratio_of(values, sizes), weights, strata.tolist(), **options)


def coverage(replicates: int, seed: int) -> float:
    """The share of samples whose interval holds the frame's true total."""
    rng = np.random.default_rng(seed)
    numbers, drawn = {"a": 200, "b": 120, "c": 300}, {"a": 25, "b": 20, "c": 30}
    frame = {name: rng.gamma(4, 20, number) for name, number in numbers.items()}
    values = {name: size * 0.3 + rng.normal(0, 4, len(size)) + 2 for name, size in frame.items()}
    truth = sum(float(value.sum()) for value in values.values())
    frame_sizes = {name: float(size.sum()) for name, size in frame.items()}
    strata = [name for name, number in drawn.items() for _ in range(number)]
    weights = np.array([numbers[name] / drawn[name] for name in strata])
    held = 0
    for _ in range(replicates):
        chosen = {name: rng.choice(numbers[name], drawn[name], replace=False) for name in numbers}
        reported = np.concatenate([values[name][chosen[name]] for name in numbers])
        sizes = np.concatenate([frame[name][chosen[name]] for name in numbers])
        result = jackknife(separate_ratio_total(reported, sizes, strata, frame_sizes), weights, strata, numbers)
        held += result.low <= truth <= result.high
    return held / replicates


def test_intervals_cover_between_93_and_97_per_cent_in_2000_samples():
    assert 0.93 <= coverage(2_000, 8) <= 0.97


def coverage_with_carried(kept: float, drift: float, replicates: int) -> tuple[float, float]:
    """The share of samples whose interval holds the truth: last returns taken for answers, and not taken for answers.

    A last return keeps so much of what is an organisation's own, and is lower by the drift.
    """
    rng = np.random.default_rng(4)
    frame, answered, carried = {"a": 120, "b": 80}, {"a": 30, "b": 24}, {"a": 20, "b": 12}
    size = {name: rng.gamma(4, 20, number) for name, number in frame.items()}
    own = {name: rng.normal(0, 4, number) for name, number in frame.items()}
    truth = sum(float((0.3 * size[name] + own[name]).sum()) for name in frame)
    whole = {name: float(size[name].sum()) for name in frame}
    held = np.zeros(2)
    for _ in range(replicates):
        values, sizes, strata, is_put = [], [], [], []
        for name, number in frame.items():
            drawn = rng.permutation(number)[: answered[name] + carried[name]]
            put = np.arange(len(drawn)) >= answered[name]
            before = (1 - drift) * 0.3 * size[name] + kept * own[name]
            before += np.sqrt(1 - kept**2) * rng.normal(0, 4, number)
            values.append(np.where(put, before[drawn], 0.3 * size[name][drawn] + own[name][drawn]))
            sizes.append(size[name][drawn])
            strata += [name] * len(drawn)
            is_put.append(put)
        put = np.concatenate(is_put)
        given, by = np.concatenate(values)[None, :], np.concatenate(sizes)
        total, naive, freedom = ratio_totals(given, RatioDesign(by, strata, whole, frame))
        own_strata = [name for name, out in zip(strata, put, strict=True) if not out]
        alone, error, own_freedom = ratio_totals(given[:, ~put], RatioDesign(by[~put], own_strata, whole, frame))
        reach = stdtrit(freedom, 0.975) * naive, stdtrit(own_freedom, 0.975) * errors_with_put(total, alone, error)
        held += [abs(total[0] - truth) <= float(one[0]) for one in reach]
    return float(held[0]) / replicates, float(held[1]) / replicates


@pytest.mark.slow
@pytest.mark.parametrize(("kept", "drift"), [(0.9, 0.0), (0.0, 0.0), (0.9, 0.1)])
def test_intervals_hold_the_truth_where_last_returns_stand_for_answers(kept, drift):
    taken_for_answers, not_taken = coverage_with_carried(kept, drift, 500)
    assert not_taken >= 0.93
    assert drift == 0 or taken_for_answers < 0.5, "last returns that are too low would have gone unseen"


def test_intervals_hold_the_truth_where_donors_fill_items():
    """Of 600 people a fifth have a trait; three in ten leave it out and take the answer of somebody who did not."""
    rng = np.random.default_rng(5)
    held = 0
    for _ in range(1_000):
        trait, gone = rng.random(600) < 0.2, rng.random(600) < 0.3
        put = trait[rng.choice(np.flatnonzero(~gone), gone.sum())].sum()
        own = trait[~gone].sum()
        reach = 1.96 * np.sqrt(variance_of_filled(np.array([float(put)]), np.array([float(own)])))[0]
        held += abs(put + own - trait.sum()) <= reach
    assert 0.93 <= held / 1_000 <= 0.98


HALVES = ["x", "y"] * 5


def design_of_three() -> RatioDesign:
    """Return a design in which stratum c answered completely."""
    sizes = np.array([3.0, 5.0, 2.0, 4.0, 6.0, 1.0, 2.0, 3.0, 7.0, 9.0])
    strata = ["a", "a", "a", "a", "b", "b", "b", "b", "c", "c"]
    return RatioDesign(sizes, strata, {"a": 25.0, "b": 30.0, "c": 16.0}, {"a": 8, "b": 7, "c": 2})


def test_raking_to_nothing_is_the_ratio_estimate():
    design, values = design_of_three(), np.array([[3.0, 6, 1, 5, 5, 0, 3, 2, 8, 7], [0.0, 1, 0, 2, 0, 1, 0, 3, 0, 3]])
    plain, raked = ratio_totals(values, design), RakedDesign.of(design, []).totals(values)
    assert raked[0] == pytest.approx(plain[0], rel=1e-9)
    assert raked[1] == pytest.approx(plain[1], rel=1e-9)
    assert raked[2] == plain[2] == 6


def test_raked_weights_meet_every_margin_and_leave_complete_strata_alone():
    design = design_of_three()
    raked = RakedDesign.of(design, [(design.strata, design.frame_sizes), (HALVES, {"x": 38.0, "y": 33.0})])
    stands_for = raked.weights * design.sizes
    assert [stands_for[:4].sum(), stands_for[4:8].sum(), stands_for[::2].sum()] == pytest.approx([25, 30, 38])
    assert raked.weights[8:].tolist() == [1, 1]
    assert raked.replicates.shape == (8, 10)
    assert raked.replicates @ (design.sizes * [half == "y" for half in HALVES]) == pytest.approx([33.0] * 8)
    tenths = RatioDesign(design.sizes / 10, design.strata, {"a": 2.5, "b": 3.0, "c": 1.6}, design.frame_numbers)
    tenths.sizes[8:] = [0.1, 0.2]  # which are 0.30000000000000004 together
    tenths.frame_sizes["c"] = 0.3
    assert RakedDesign.of(tenths, []).weights[8:].tolist() == [1, 1], "exactly, whatever the sizes add up to"
    whole = RatioDesign(design.sizes, design.strata, {"a": 14.0, "b": 12.0, "c": 16.0}, {"a": 4, "b": 4, "c": 2})
    complete = RakedDesign.of(whole, [(HALVES, {"x": 20.0, "y": 22.0})])
    assert [found.tolist() for found in complete.totals(design.sizes[None, :])[:2]] == [[42.0], [0.0]]


@pytest.mark.parametrize(
    "totals",
    [
        {"x": 38.0, "y": 40.0},  # adds up to more than the strata do
        {"x": 38.0, "y": 30.0, "z": 3.0},  # nobody stands for z
        {"x": 62.0, "y": 9.0},  # what is complete is all of y already
    ],
)
def test_margins_that_cannot_be_met_are_refused(totals):
    with pytest.raises(UncertaintyError, match="needs respondents"):
        RakedDesign.of(design_of_three(), [(HALVES, totals)])


def test_a_margin_that_a_replicate_cannot_meet_is_refused():
    with pytest.raises(UncertaintyError, match="one respondent"):
        RakedDesign.of(design_of_three(), [(["x", *"yyyyyyyyy"], {"x": 9.0, "y": 62.0})])


def test_categories_with_few_respondents_are_raked_as_one():
    assert join_categories({"n": 9, "s": 5, "e": 5}) == {"n": "n", "s": "s", "e": "e"}, "five are enough"
    assert join_categories({"n": 9, "s": 4, "e": 3}) == {"n": "n", "s": "e+s", "e": "e+s"}
    assert join_categories({"n": 9, "s": 4, "e": 6}) == {"n": "n", "s": "e+s", "e": "e+s"}
    assert join_categories({"z": 5, "a": 5, "s": 3}) == {"z": "z", "a": "a+s", "s": "a+s"}, (
        "of equals the first by name"
    )
    assert join_categories({"n": 2, "s": 1}) == {"n": "n+s", "s": "n+s"}


def test_a_code_is_filled_like_a_number_from_the_nearest_on_either_side():
    donors = [Item("d1", ("trust",), "45_49", 1.0), Item("d2", ("trust",), "50_54", 3.0)]
    near = impute([*donors, Item("m", ("trust",), None, 1.9)], seed=3)[-1]
    assert (near.value, near.source, near.donor) == ("45_49", "imputed", "d1")
    drawn = {impute([*donors, Item("m", ("trust",), None, 2.0)], seed=seed)[-1].value for seed in range(20)}
    assert drawn == {"45_49", "50_54"}, "of two that are as near, the seed draws one"
    beyond = impute([*donors, Item("m", ("trust",), None, 9.0), Item("n", ("gp",), None, 1.0)], seed=3)
    assert [item.value for item in beyond[2:]] == ["50_54", None]


@pytest.mark.parametrize(("bounds", "holds"), [((0.5, 5.0), True), ((0.51, 5.0), False), ((0.2, 1.49), False)])
def test_raking_refuses_weights_that_are_stretched_beyond_either_bound(bounds, holds):
    """Two categories of two units each: one has to shrink to a half, the other to grow by a half."""
    margin = (["x", "x", "y", "y"], {"x": 1.0, "y": 3.0})
    if holds:
        assert rake(np.ones(4), [margin], bounds=bounds).least_factor == pytest.approx(0.5)
    else:
        with pytest.raises(EstimationError, match="beyond"):
            rake(np.ones(4), [margin], bounds=bounds)


def test_filled_answers_of_a_cell_that_nobody_answered_for_have_a_variance():
    assert variance_of_filled(np.array([3.0, 3.0, 0.0]), np.array([0.0, 1.0, 5.0])).tolist() == [15.0, 15.0, 0.0]
