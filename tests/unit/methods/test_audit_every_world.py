"""The audit against a list of every world that would have been published alike: it misses nothing and invents nothing."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from portal.methods.audit import PLENTY, with_shared_totals
from portal.methods.protection import ProtectionRule, PTable, largest_hidden
from tests.factories.audit import EXACT, look, people, publish
from tests.factories.worlds import Post, Publication, Stated, given_away, rule

AREAS = ("E1a", "E1b", "E2a")
TABLES = [
    [(), ("area_code",)],
    [("area_code",), ("role_code",)],
    [(), ("area_code",), ("role_code",), ("area_code", "role_code")],
    [("region_code",), ("area_code",)],
    [(), ("region_code",), ("area_code",), ("region_code", "role_code")],
]


def random_publication(seed: int, *, in_two_cells: int = 0) -> Publication:
    """One to three perspectives that overlap at random, one to two roles, and up to two estimates beside the tables."""
    rng = np.random.default_rng(seed)
    perspectives = int(rng.integers(1, 4))
    members = ["".join(bits) for bits in product("01", repeat=perspectives) if "1" in bits]
    members = [str(name) for name in rng.permutation(members)[:3]]
    posts = [Post(*found) for found in product(AREAS, ("r1", "r2")[: rng.integers(1, 3)], members)]
    several = [(one, other) for one, other in product(posts, posts) if one.area < other.area]
    kinds = [(posts[at],) for at in rng.permutation(len(posts))[: 8 - in_two_cells]]
    kinds += [several[at] for at in rng.permutation(len(several))[:in_two_cells]]
    return Publication(
        dict(zip(kinds, rng.choice([0, 1, 1, 2, 3, 5], len(kinds)).tolist(), strict=True)),
        TABLES[rng.integers(len(TABLES))],
        rule(int(rng.integers(3, 5)), int(rng.integers(1, 3))),
        tuple(Stated(int(rng.integers(perspectives)), *rng.integers(0, 2, 3).tolist()) for _ in range(rng.integers(3))),
    )


@pytest.mark.slow
def test_what_few_figures_give_away_is_found_and_nothing_else():
    """Rounded or not, nested areas, overlapping perspectives, totals that no table shows, estimates beside the tables."""
    number = 0
    for seed in range(18):
        publication = random_publication(seed)
        audited, true = publication.audited[0], given_away(publication)
        assert all(names & audited for names in true), f"missed: {publication}"
        assert audited <= set().union(*true), f"not given away: {publication}"
        number += len(true)
    assert number > 20, "too few to speak of"


@pytest.mark.slow
def test_people_with_posts_in_several_cells_are_no_reason_to_find_what_nobody_can_tell():
    """Where somebody has posts of two perspectives, what is in both does not add up, and no reader knows by how much."""
    number = 0
    for seed in range(130, 142):
        publication = random_publication(seed, in_two_cells=3)
        audited = publication.audited[0]
        assert audited <= set().union(*given_away(publication)), f"not given away: {publication}"
        number += len(audited)
    assert number > 5, "too few to speak of"


def test_somebody_who_moved_is_not_given_away_by_being_in_both_places():
    """In post in one region now and in another a year ago: in England in both populations, in no region in both."""
    now = [{**row, "of": "now"} for row in people({("E1", "nurse"): 30, ("E2", "nurse"): 40})]
    before = [{**row, "of": "before", "record_key": f"{row['record_key']} before"} for row in now[:60]]
    before[0]["region_code"] = "E2"
    stayed = [{**row, "of": "stayed", "record_key": f"{row['record_key']} stayed"} for row in before]
    populations = {name: f"\"of\" = '{name}'" for name in ("now", "before", "stayed")}
    tables = [(), ("region_code",)]
    connection, facts = publish(now + before + stayed, tables, populations)
    report = look(connection, facts, tables, populations)
    assert report.passed, [failure.explanation for failure in report.failures]


def test_somebody_with_two_posts_does_not_hide_a_leak():
    """The regions add up to one more than England; a reader who knows of that person knows the hidden three."""
    rows = people({("E1", "nurse"): 40, ("E2", "nurse"): 50, ("E3", "nurse"): 3})
    rows[40] |= {name: rows[0][name] for name in ("worker_key", "noise_key")}
    tables = [(), ("region_code",)]
    report = look(*publish(rows, tables, rule=EXACT), tables)
    assert [(item.cell, item.low, item.high) for item in report.failures] == [("all: E3 (headcount)", 3, 3)]


def test_a_hidden_number_says_that_it_is_below_the_threshold():
    """Rounding hides no more than nine, whatever it does to others; noise of two may take eleven below ten."""
    groups = {("E1", "nurse"): 9, ("E2", "nurse"): 40}
    hidden = publish(people(groups), [("region_code",)])[1].to_pylist()[0]
    assert (hidden["shown"], hidden["high"]) == ("[c]", PLENTY), "larger ones may be hidden"
    for ptable, most in ((PTable.ten_five(), 9), (PTable.noise(2.0, 2, 1), 11)):
        assert largest_hidden(ProtectionRule(ptable=ptable)) == most


def test_tables_without_a_common_total_still_share_one():
    assert with_shared_totals([("region",), ("role",)], []) == [("region",), ("role",), ()]
    within = [("area", "region"), ("role", "group")]
    assert set(with_shared_totals([("area", "group"), ("region", "role")], within)) == {
        ("area", "group"), ("region", "role"), ("group", "region"),
    }  # fmt: skip
