"""Draws: nobody can steer them, everybody can check them."""

from __future__ import annotations

import copy
import hashlib
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.methods.lottery import (
    ALGORITHM,
    DrawRecord,
    Entry,
    Rule,
    Share,
    chance,
    rank,
    seed_of,
    ticket,
    verify,
)

TARGETED = Rule(shares=(Share("deciles 1 to 3", 0.4),))


def entries(number: int, *, targeted: int = 0, repeaters: int = 0) -> tuple[Entry, ...]:
    return tuple(
        Entry(f"{n:04x}", "deciles 1 to 3" if n < targeted else "", had_place_before=n >= number - repeaters)
        for n in range(number)
    )


def published(record: DrawRecord, public_value: str = "42") -> dict:
    seed = seed_of(record.commitment(), public_value)
    return {
        "algorithm": record.algorithm,
        "entries": [[e.code, e.group, e.had_place_before] for e in record.entries],
        "places": record.places,
        "rule": {
            "shares": [[s.group, s.share] for s in record.rule.shares],
            "first_timers_first": record.rule.first_timers_first,
        },
        "commitment": record.commitment(),
        "public_value": public_value,
        "seed": seed,
        "ranking": [[r.position, r.code, r.stage, r.selected] for r in rank(record, seed)],
    }


def test_a_record_worked_by_hand() -> None:
    record = DrawRecord(entries=(Entry("b"), Entry("a")), places=1)
    text = (
        '{"algorithm":"ohw-draw-1","entries":[["a","",false],["b","",false]],'
        '"places":1,"rule":{"first_timers_first":false,"shares":[]}}'
    )
    assert record.canonical() == text
    assert record.commitment() == hashlib.sha256(text.encode()).hexdigest()
    seed = seed_of(record.commitment(), " 7 ")
    assert seed == hashlib.sha256(f"{record.commitment()}\n7".encode()).hexdigest()
    first = min("ab", key=lambda code: ticket(seed, "open", code))
    assert next(row.code for row in rank(record, seed)) == first


def test_the_order_in_which_entries_arrive_does_not_matter() -> None:
    forwards, backwards = entries(50), tuple(reversed(entries(50)))
    one, two = DrawRecord(forwards, 8), DrawRecord(backwards, 8)
    assert one.commitment() == two.commitment()
    seed = seed_of(one.commitment(), "42")
    assert rank(one, seed) == rank(two, seed)


def test_a_published_record_verifies() -> None:
    assert verify(published(DrawRecord(entries(40, targeted=10), 8, TARGETED))) == []


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda doc: doc["entries"].pop(), "committed"),
        (lambda doc: doc["entries"].append(["ffff", "", False]), "committed"),
        (lambda doc: doc["entries"][0].__setitem__(1, "deciles 1 to 3"), "committed"),
        (lambda doc: doc.__setitem__("places", 9), "committed"),
        (lambda doc: doc.__setitem__("source_declared", "another lottery"), "committed"),
        (lambda doc: doc.__setitem__("public_value", "43"), "seed"),
        (lambda doc: doc.__setitem__("seed", "00" * 32), "seed"),
        (lambda doc: doc["ranking"].reverse(), "ranking"),
        (lambda doc: doc.__setitem__("algorithm", "other"), "algorithm"),
    ],
)
def test_any_change_is_detected(change, fault: str) -> None:
    document = copy.deepcopy(published(DrawRecord(entries(40), 8)))
    change(document)
    assert any(fault in sentence for sentence in verify(document))


def _swap(doc) -> None:
    doc["ranking"][2], doc["ranking"][3] = doc["ranking"][3], doc["ranking"][2]


@pytest.mark.parametrize(
    ("change", "where"),
    [
        (lambda doc: doc["entries"].append(["ffff", "", False]), "Entry ffff is not in the ranking."),
        (lambda doc: doc["ranking"].append([41, "ffff", "open", True]), "Entry ffff is in the ranking and not among"),
        (_swap, "The first difference is in line 3: it has"),
        (lambda doc: doc["ranking"][7].__setitem__(3, False), "in line 8"),
        (lambda doc: doc.__setitem__("seed", "ab" * 32), "the record has abababab…"),
        (lambda doc: doc.__setitem__("commitment", "cd" * 32), "the commitment is cdcdcdcd…"),
    ],
)
def test_a_change_is_detected_where_it_is(change, where: str) -> None:
    document = copy.deepcopy(published(DrawRecord(entries(40), 8)))
    change(document)
    assert where in " ".join(verify(document))


def test_refuses_what_could_not_be_fair() -> None:
    with pytest.raises(ValueError, match="public value is empty"):
        seed_of("00", "  ")
    with pytest.raises(ValueError, match="each entry once"):
        DrawRecord((Entry("a"), Entry("a")), 1).commitment()
    with pytest.raises(ValueError, match="open to everyone"):
        Rule(shares=(Share("a", 0.5), Share("b", 0.5))).reserved(2)
    with pytest.raises(ValueError, match="between 0 and 1"):
        Rule(shares=(Share("a", 1.0),)).reserved(8)
    with pytest.raises(ValueError, match="two shares"):
        Rule(shares=(Share("a", 0.2), Share("a", 0.2))).reserved(10)


def test_a_share_that_cannot_be_filled_goes_to_everyone() -> None:
    record = DrawRecord(entries(20, targeted=1), 10, TARGETED)
    ranked = rank(record, seed_of(record.commitment(), "1"))
    assert sum(row.selected for row in ranked) == 10
    assert [row.stage for row in ranked].count("share deciles 1 to 3") == 1


def test_first_timers_come_first() -> None:
    record = DrawRecord(entries(20, repeaters=12), 10, Rule(first_timers_first=True))
    selected = {row.code for row in rank(record, seed_of(record.commitment(), "1")) if row.selected}
    assert {e.code for e in record.entries if not e.had_place_before} <= selected


def test_whoever_had_a_place_before_is_treated_alike_where_no_rule_says_otherwise() -> None:
    before, without = (DrawRecord(entries(20, repeaters=number), 10) for number in (12, 0))
    assert rank(before, "ab" * 32) == rank(without, "ab" * 32)


@settings(max_examples=60)
@given(
    number=st.integers(1, 60),
    targeted=st.integers(0, 60),
    places=st.integers(1, 70),
    share=st.floats(0.05, 0.9),
    value=st.text(min_size=1, max_size=20).filter(str.strip),
)
def test_everyone_is_ranked_once_and_no_place_is_given_twice(number, targeted, places, share, value) -> None:
    record = DrawRecord(
        entries(number, targeted=min(number, targeted)), places, Rule((Share("deciles 1 to 3", share),))
    )
    ranked = rank(record, seed_of(record.commitment(), value))
    assert sorted(row.code for row in ranked) == sorted(e.code for e in record.entries)
    assert [row.position for row in ranked] == list(range(1, number + 1))
    assert sum(row.selected for row in ranked) == min(places, number)


FIRST_TIMERS = Rule(first_timers_first=True)
BOTH = Rule(shares=(Share("deciles 1 to 3", 0.4),), first_timers_first=True)
RULES = [
    pytest.param(entries(9), Rule(), id="draw"),
    pytest.param(entries(9, targeted=4), Rule(shares=(Share("deciles 1 to 3", 0.4),)), id="shares"),
    pytest.param(entries(9, targeted=1), Rule(shares=(Share("deciles 1 to 3", 0.7),)), id="share not filled"),
    pytest.param(entries(9, repeaters=7), FIRST_TIMERS, id="first-timers first"),
    pytest.param(entries(9, targeted=5, repeaters=6), BOTH, id="shares, first-timers first"),
    # Review, then a draw: those above the line, drawn like everyone else.
    pytest.param(entries(9)[3:], Rule(), id="above the line"),
]


def frequencies(people: tuple[Entry, ...], places: int, rule: Rule, rounds: int) -> dict[str, float]:
    record, wins = DrawRecord(people, places, rule), dict.fromkeys((entry.code for entry in people), 0)
    for number in range(rounds):
        for row in rank(record, hashlib.sha256(number.to_bytes(8)).hexdigest()):
            wins[row.code] += row.selected
    return {code: won / rounds for code, won in wins.items()}


@pytest.mark.slow
@pytest.mark.parametrize(("people", "rule"), [RULES[number] for number in (0, 1, 3, 4, 5)])
def test_chances_over_100_000_draws_are_the_declared_ones(people, rule: Rule) -> None:
    """The real ranking, 100,000 seeds: nobody's share of wins is further than chance allows from the declared one."""
    rounds, places = 100_000, 4
    found = frequencies(people, places, rule, rounds)
    for entry in people:
        declared = chance(people, places, rule, entry.code)
        error = math.sqrt(max(declared * (1 - declared), 0) / rounds)
        # 51 entries in all: five standard errors leave a chance of 3 in 100,000 that a fair draw fails.
        assert abs(found[entry.code] - declared) <= 5 * error + 1e-12, entry


@pytest.mark.parametrize(("people", "rule"), RULES)
@pytest.mark.parametrize("places", [1, 4, 9, 12])
def test_declared_chances_add_up_to_the_places(people, rule: Rule, places: int) -> None:
    if rule.shares and places == 1:
        rule = Rule(first_timers_first=rule.first_timers_first)
    declared = [chance(people, places, rule, entry.code) for entry in people]
    assert sum(declared) == pytest.approx(min(places, len(people)))
    assert all(0 <= value <= 1 for value in declared)


def test_everyone_has_a_chance_above_zero_within_shares() -> None:
    people = entries(30, targeted=9)
    assert min(chance(people, 8, TARGETED, entry.code) for entry in people) > 0


def test_the_algorithm_is_named() -> None:
    assert DrawRecord((), 0).algorithm == ALGORITHM


def test_a_share_that_is_a_whole_number_of_places_gets_all_of_them():
    assert 0.29 * 100 < 29, "as the machine multiplies"
    assert Rule(shares=(Share("a", 0.29),)).reserved(100) == [("a", 29)]
