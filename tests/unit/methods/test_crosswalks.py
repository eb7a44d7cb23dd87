"""Crosswalks: composition over three versions equals the direct mapping; shares stay one."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.methods import crosswalks

HALF = Fraction(1, 2)


def stage(names_from, names_to):
    """A mapping from every name of one version to some of the next, with shares that add up to one."""

    def shares(weights):
        total = sum(weights.values())
        return {name: Fraction(weight, total) for name, weight in weights.items()}

    row = st.dictionaries(st.sampled_from(names_to), st.integers(1, 9), min_size=1).map(shares)
    return st.fixed_dictionaries(dict.fromkeys(names_from, row))


A, B, C = ["a1", "b1", "c1"], ["a2", "b2", "c2", "d2"], ["a3", "b3", crosswalks.NOWHERE]


@given(first=stage(A, B), second=stage(B, C))
def test_composition_equals_the_direct_mapping(first, second):
    composed = crosswalks.compose(first, second)
    for source in A:
        direct = {
            target: sum(
                first[source].get(middle, Fraction(0)) * second[middle].get(target, Fraction(0)) for middle in B
            )
            for target in C
        }
        assert composed[source] == {target: share for target, share in direct.items() if share}
    assert crosswalks.faults(composed) == []


@given(first=stage(A, B), second=stage(B, C), start=st.sampled_from(A))
def test_following_equals_composing(first, second, start):
    assert crosswalks.follow({**first, **second}, start) == crosswalks.compose(first, second)[start]


@given(first=stage(A, B), second=stage(B, C), third=stage(["a3", "b3"], ["a4", "b4"]))
def test_composition_is_associative(first, second, third):
    left = crosswalks.compose(crosswalks.compose(first, second), third)
    right = crosswalks.compose(first, crosswalks.compose(second, third))
    assert left == right


def test_faults_and_circles():
    assert crosswalks.faults({"a": {"b": HALF}}) == ["The shares of a add up to 1/2, not to 1."]
    assert crosswalks.faults({"a": {"b": Fraction(3, 2), "c": -HALF}})[0].endswith("is 3/2.")
    assert crosswalks.faults({"a": {"b": HALF, "c": HALF}}) == []
    with pytest.raises(ValueError, match="circle"):
        crosswalks.follow({"a": {"b": Fraction(1)}, "b": {"a": Fraction(1)}}, "a")
    assert crosswalks.follow({}, "a") == {"a": 1}
