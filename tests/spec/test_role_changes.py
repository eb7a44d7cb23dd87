"""Figures of one set of role versions in the terms of another: cases worked by hand."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.methods.decomposition import split_change
from portal.methods.role_changes import NotSaidError, RoleChanges, in_earlier_terms, in_later_terms

HALF = Fraction(1, 2)
#: Technicians were widened: of those counted now, four fifths were counted before.
WIDENED = RoleChanges(becomes={"tech": {"tech": Fraction(1)}}, counted_before={"tech": Fraction(4, 5)})
#: Technicians were narrowed: a quarter left the register.
NARROWED = RoleChanges(becomes={"tech": {"tech": Fraction(3, 4), "": Fraction(1, 4)}})
#: One in ten administrators is a technician now; technicians took in nobody else.
MOVED = RoleChanges(becomes={"adm": {"adm": Fraction(9, 10), "tech": Fraction(1, 10)}})
#: Technicians were split into screening and support, half and half.
SPLIT = RoleChanges(becomes={"tech": {"screen": HALF, "support": HALF}})
COUNTS = {"nurse": "always", "tech": "always"}


def test_a_widened_role_by_hand():
    # 100 people, 80 of them technicians. Those 80 are four fifths of the 100 whom the wider role would have counted.
    assert in_later_terms(100, {"nurse": 20, "tech": 80}, {}, COUNTS, WIDENED) == 120
    # A year later 150, of whom 130 technicians in the wider sense: 104 in the narrower.
    assert in_earlier_terms(150, {"nurse": 20, "tech": 130}, COUNTS, WIDENED) == 124
    split = split_change(before_old=100, before_new=120, after_old=124, after_new=150)
    # Definition: half of (120 - 100) + (150 - 124) = 23; real: half of (124 - 100) + (150 - 120) = 27.
    assert (split.definition, split.real, split.total, split.method) == (23, 27, 50, "shapley")


def test_a_narrowed_role_by_hand():
    assert in_later_terms(100, {"nurse": 20, "tech": 80}, {}, COUNTS, NARROWED) == 80
    assert in_earlier_terms(80, {"nurse": 20, "tech": 60}, COUNTS, NARROWED) == 100


def test_people_who_move_to_a_role_that_counts_by_hand():
    # 50 administrators, who do not count; five of them are technicians now, who do.
    assert in_later_terms(100, {"nurse": 20, "tech": 80}, {"adm": 50}, COUNTS, MOVED) == 105
    # Where both roles count, nothing changes.
    both = {**COUNTS, "adm": "always"}
    assert in_later_terms(150, {"nurse": 20, "tech": 80, "adm": 50}, {"adm": 50}, both, MOVED) == 150


def test_a_split_by_hand_when_only_one_part_still_counts():
    counts = {"nurse": "always", "screen": "always", "support": "never"}
    assert in_later_terms(100, {"nurse": 20, "tech": 80}, {"tech": 80}, counts, SPLIT) == 60


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        (lambda: in_later_terms(100, {"tech": None}, {}, COUNTS, WIDENED), "tech is not published"),
        (
            lambda: in_later_terms(9, {"tech": 9}, {}, COUNTS, RoleChanges(counted_before={"tech": None})),
            "share of the people in the wider role tech",
        ),
        (lambda: in_later_terms(9, {}, {}, COUNTS, RoleChanges(new=frozenset({"tech"}))), "tech is new"),
        (lambda: in_later_terms(9, {}, {}, COUNTS, MOVED), "role adm is not published"),
        (
            lambda: in_later_terms(9, {}, {"adm": 5}, {"tech": "depends"}, MOVED),
            "depends on more than the role",
        ),
        (lambda: in_earlier_terms(9, {"tech": 9}, COUNTS, MOVED), "were in which role before"),
        (
            lambda: in_earlier_terms(9, {"tech": 9}, COUNTS, RoleChanges(becomes={"tech": {"": Fraction(1)}})),
            "was retired",
        ),
    ],
)
def test_what_nobody_said_is_not_guessed(told, reason):
    with pytest.raises(NotSaidError, match=reason):
        told()


def test_roles_that_do_not_count_change_nothing():
    assert in_later_terms(20, {"nurse": 20}, {}, {"nurse": "always"}, WIDENED) == 20
    assert in_earlier_terms(20, {"nurse": 20}, {"nurse": "always"}, WIDENED) == 20
    assert RoleChanges().is_empty
    assert not WIDENED.is_empty


SHARES = st.fractions(min_value=Fraction(1, 20), max_value=1, max_denominator=20)


@given(others=st.integers(0, 500), tech=st.integers(0, 500), stayed=SHARES, before=SHARES)
def test_there_and_back_is_where_it_began(others, tech, stayed, before):
    changes = RoleChanges(
        becomes={"tech": {"tech": stayed, "": 1 - stayed} if stayed < 1 else {"tech": stayed}},
        counted_before={"tech": before},
    )
    later = in_later_terms(others + tech, {"nurse": others, "tech": tech}, {}, COUNTS, changes)
    assert in_earlier_terms(later, {"nurse": others, "tech": later - others}, COUNTS, changes) == others + tech
