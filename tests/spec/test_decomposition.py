"""A change split into definition and real change: cases worked by hand."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.methods.decomposition import shapley, split_change, split_series

# before old, before new, after old, after new -> definition, real
CASES = {
    # 100 nurses; the new definition adds 20 technicians; nobody came or went.
    "only the definition changed": ((100, 120, 100, 120), (20, 0)),
    # The same definition twice: 15 people came.
    "only the workforce changed": ((100, 100, 115, 115), (0, 15)),
    # 20 technicians added by definition, 15 nurses came: no interaction, both orders agree.
    "both, apart from each other": ((100, 120, 115, 135), (20, 15)),
    # Technicians doubled from 20 to 40 meanwhile. Definition first: 20 and 40; mean 30. Real: 15 and 35; mean 25.
    "both, with interaction": ((100, 120, 115, 155), (30, 25)),
    # A narrowing hides growth: 100 -> 90 although 20 came.
    "in opposite directions": ((100, 75, 120, 90), (Fraction(-55, 2), Fraction(35, 2))),
    # Odd sums are halved exactly, never rounded.
    "halves stay halves": ((10, 13, 12, 16), (Fraction(7, 2), Fraction(5, 2))),
}


@pytest.mark.parametrize("name", CASES)
def test_hand_worked(name):
    (before_old, before_new, after_old, after_new), (definition, real) = CASES[name]
    split = split_change(before_old=before_old, before_new=before_new, after_old=after_old, after_new=after_new)
    assert (split.definition, split.real) == (definition, real)
    assert split.total == after_new - before_old
    assert split.method == "shapley"


def test_one_order_where_a_mixed_figure_is_missing():
    split = split_change(before_old=100, before_new=None, after_old=115, after_new=155)
    assert (split.definition, split.real, split.method) == (40, 15, "after")
    split = split_change(before_old=100, before_new=120, after_old=None, after_new=155)
    assert (split.definition, split.real, split.method) == (20, 35, "before")


@pytest.mark.parametrize(
    "figures",
    [
        {"before_old": None, "before_new": 1, "after_old": 1, "after_new": 1},
        {"before_old": 1, "before_new": 1, "after_old": 1, "after_new": None},
        {"before_old": 1, "before_new": None, "after_old": None, "after_new": 1},
    ],
)
def test_hidden_figures_are_not_guessed(figures):
    assert split_change(**figures) is None


def test_three_factors_by_hand():
    # value = 10 + 6 if a + 4 if b and c together; the pair shares its 4.
    parts = shapley("abc", lambda on: 10 + 6 * ("a" in on) + 4 * ({"b", "c"} <= on))
    assert parts == {"a": 6, "b": 2, "c": 2}
    with pytest.raises(ValueError, match="twice"):
        shapley(["a", "a"], len)


figures = st.integers(-10_000, 10_000)


@given(before_old=figures, before_new=figures, after_old=figures, after_new=figures)
def test_two_way_split_is_the_shapley_value(before_old, before_new, after_old, after_new):
    values = {(False, False): before_old, (True, False): before_new, (False, True): after_old, (True, True): after_new}
    parts = shapley(["definition", "time"], lambda on: values["definition" in on, "time" in on])
    split = split_change(before_old=before_old, before_new=before_new, after_old=after_old, after_new=after_new)
    assert parts == {"definition": split.definition, "time": split.real}
    assert split.definition + split.real == split.total


def test_a_series_with_a_break():
    steps = split_series(
        ["2025", "2026", "2027"],
        {("2025", "v1"): 100, ("2026", "v1"): 110, ("2026", "v2"): 130, ("2027", "v2"): 140, ("2027", "v1"): 118},
        {"2025": "v1", "2026": "v1", "2027": "v2"},
    )
    assert [(before, after, split.definition, split.real) for before, after, split in steps] == [
        ("2025", "2026", 0, 10),
        ("2026", "2027", 21, 9),
    ]
