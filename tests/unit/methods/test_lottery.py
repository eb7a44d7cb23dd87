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


@settings(max_examples=60, deadline=None)
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


@pytest.mark.parametrize(
    ("people", "rule"),
    [
        (entries(30), Rule()),
        (entries(30, targeted=9), TARGETED),
        (entries(30, repeaters=24), Rule(first_timers_first=True)),
    ],
)
def test_simulated_chances_match_the_declared_ones(people, rule: Rule) -> None:
    rounds, places = 4000, 8
    record = DrawRecord(people, places, rule)
    wins = dict.fromkeys((e.code for e in people), 0)
    for number in range(rounds):
        for row in rank(record, hashlib.sha256(str(number).encode()).hexdigest()):
            wins[row.code] += row.selected
    for entry in people:
        declared = chance(people, places, rule, entry.code)
        error = math.sqrt(max(declared * (1 - declared), 1e-9) / rounds)
        # 30 entries: five standard errors leave a chance of 2 in 100,000 that a fair draw fails.
        assert abs(wins[entry.code] / rounds - declared) <= 5 * error + 1e-9
    assert sum(chance(people, places, rule, e.code) for e in people) == pytest.approx(places)


def test_the_algorithm_is_named() -> None:
    assert DrawRecord((), 0).algorithm == ALGORITHM
