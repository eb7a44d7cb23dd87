"""Whatever saves a group in a hurry must be true: parts, neighbourhoods and earlier solutions against plain programs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from portal.methods.audit import AuditOptions, SystemBuilder, audit_publication, examine, programmes
from portal.methods.audit.programmes import Seen, Solver, Vouching, blocks_of
from portal.methods.audit.propagation import propagate
from portal.methods.audit.witnesses import WitnessBook

SIZE = (4, 4, 3)
TABLES = [(0,), (1,), (2,), (0, 1), (0, 2), (1, 2)]


def random_system(rng: np.random.Generator, truth: np.ndarray, told: frozenset[tuple] = frozenset()):
    """Tables of two of three dimensions, linked by their margins; some cells are hidden, some rounded, some exact."""
    builder, place = SystemBuilder(), {}
    for table in TABLES:
        others = tuple(axis for axis in range(3) if axis not in table)
        for codes, number in np.ndenumerate(truth.sum(axis=others)):
            key = (table, *codes)
            place[key] = builder.unknown(str(key), float(number))
            width = 0 if key in told else int(rng.choice([2, 4, 9]))
            builder.state(place[key], max(0.0, number - rng.integers(0, width + 1)), number + width)
    for table in TABLES[3:]:
        for at, axis in enumerate(table):
            for code in range(SIZE[axis]):
                key = [(table, *((code, other) if at == 0 else (other, code))) for other in range(SIZE[table[1 - at]])]
                builder.total(place[(axis,), code], [place[item] for item in key])
    parts = [np.array([at for key, at in place.items() if key[0] == table]) for table in TABLES]
    return replace(builder.build(), parts=parts), place


def exhaustively_red(system) -> set[int]:
    """The groups that are given away, by two plain programs for each group: no part, no push, nothing from before."""
    bounds, found = propagate(system, *system.bounds()), set()
    solvers = [Solver(block, 10**6) for block in blocks_of(system, bounds)]
    for unknown in np.flatnonzero(system.people & (system.truth >= 1) & (system.truth <= 4)).tolist():
        low, high = bounds.low[unknown], bounds.high[unknown]
        for solver in solvers:
            if unknown in solver.block.unknowns:
                costs = (solver.block.unknowns == unknown).astype(np.float64)
                low = np.ceil(costs @ solver.solve(costs) - 1e-5)
                high = np.floor(costs @ solver.solve(-costs) + 1e-5)
        if low >= 1 and high <= 4:
            found.add(unknown)
    return found


@pytest.fixture
def small_is_large(monkeypatch):
    """Treat every block as a large one, so that parts, neighbourhoods and the rough method are used."""
    monkeypatch.setattr(programmes, "LARGE", 5)
    monkeypatch.setattr(programmes, "LARGE_PART", 5)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.usefixtures("small_is_large")
def test_an_audit_with_everything_reused_finds_what_plain_programs_find(seed):
    """A first audit, a correction, and leaks planted where the correction was and where it was not."""
    rng = np.random.Generator(np.random.PCG64(seed))
    truth = rng.integers(0, 4, SIZE)
    system, _ = random_system(rng, truth)
    first = examine(system, AuditOptions())
    assert {item.unknown for item in first.failures} == exhaustively_red(system)
    truth[0, 0, 0] += 1
    truth[0, 1, 2] = max(0, truth[0, 1, 2] - 1)
    small = [((0, 1), *codes) for codes, number in np.ndenumerate(truth.sum(axis=2)) if 1 <= number <= 4]
    changed = [key for key in small if key[1] == 0][:1]
    unchanged = [key for key in small if key[1] != 0][:1]
    for told in (frozenset(), frozenset(changed), frozenset(unchanged), frozenset(changed + unchanged)):
        system, place = random_system(np.random.Generator(np.random.PCG64(seed)), truth, told)
        found = {item.unknown for item in examine(system, AuditOptions(witnesses=first.witnesses)).failures}
        assert found == exhaustively_red(system)
        assert {place[key] for key in told} <= found


def test_a_solution_that_does_not_fit_saves_nobody():
    """Neither a made-up witness nor an answer of the solver is taken on trust."""
    builder = SystemBuilder()
    a, b, total = builder.unknown("a", 3), builder.unknown("b", 7), builder.unknown("total", 10)
    builder.total(total, [a, b])
    builder.state(total, 8, 12)
    builder.state(a, 0, 9)
    system = builder.build()
    block = next(iter(blocks_of(system, propagate(system, *system.bounds()))))
    seen = Seen(np.full(3, np.inf), np.full(3, -np.inf))
    looking = Vouching(block, seen, 4, WitnessBook(3))
    for values in ([0.0, 7.0, 10.0], [0.0, 7.0, 7.0], [-1.0, 11.0, 10.0], [np.nan, 10.0, 10.0]):
        looking.note(np.array(values))
        assert not seen.safe(np.array([a]), 4).any()
    looking.note(np.array([0.0, 10.0, 10.0]))
    assert seen.safe(np.array([a]), 4).all()


def test_a_period_without_records_passes():
    names = ("breakdown", "region_code", "record_hash")
    atoms = pa.table(
        {name: pa.array([], pa.string()) for name in names}
        | {name: pa.array([], pa.int64()) for name in ("members", "people", "posts", "fte_nano")}
    )
    facts = pa.table(
        {
            "perspective": ["all"], "breakdown": [""], "region_code": ["all"], "measure": ["headcount"],
            "low": [0.0], "high": [9.0], "where": ["Table"], "shown": ["[c]"],
        }
    )  # fmt: skip
    own = pa.table(
        {name: pa.array([], pa.string()) for name in (*names, "perspective", "organisation_group_key")}
        | {"people": pa.array([], pa.int64())}
    )
    assert audit_publication(atoms, facts, perspectives=["all"], contributions=own).passed


def test_groups_that_can_move_one_way_only_are_saved_by_one_push():
    """One may hold 1 to 9 and the other 0 to 4: pushed up and down at once, one solution saves both."""
    builder = SystemBuilder()
    upwards, downwards, rest = (builder.unknown(name, truth) for name, truth in (("up", 2), ("down", 3), ("rest", 40)))
    builder.state(upwards, 1, 9)
    builder.state(downwards, 0, 4)
    builder.state(rest, 20, 60)
    total = builder.unknown("total", 45)
    builder.state(total, 45, 45)
    builder.total(total, [upwards, downwards, rest])
    outcome = examine(builder.build(), AuditOptions())
    assert not outcome.failures
    assert outcome.programmes == 1
