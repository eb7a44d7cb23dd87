"""Look at a system once: propagation first, then linear programs for what it leaves open."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from portal.methods.audit.explain import trace
from portal.methods.audit.programmes import Block, Seen, blocks_of, vouch
from portal.methods.audit.propagation import Bounds, propagate

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from portal.methods.audit.system import System


@dataclass(frozen=True, slots=True)
class AuditOptions:
    """What counts as a small group, and how far the audit goes."""

    largest_small: int = 4
    programmes: bool = True
    explained: int = 20
    remedy: bool = True
    remedy_rounds: int = 60
    passed_blocks: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Failure:
    """A group of few people that the publication gives away."""

    unknown: int
    cell: str
    truth: float
    low: float
    high: float
    kind: str
    sources: frozenset[int]
    explanation: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Examination:
    """The outcome of one look at a system."""

    bounds: Bounds
    failures: tuple[Failure, ...]
    programmes: int
    block_hashes: tuple[str, ...]
    open_groups: int


def examine(system: System, options: AuditOptions, withdrawn: frozenset[int] = frozenset()) -> Examination:
    """Find every group of few people with a single possible value or shown to hold few."""
    bounds = propagate(system, *system.bounds(withdrawn))
    small = np.flatnonzero(system.people & (system.truth >= 1) & (system.truth <= options.largest_small))
    given_away = (bounds.high[small] <= options.largest_small) & (bounds.low[small] >= 1)
    failures = [
        _failure(system, int(unknown), bounds.low[unknown], bounds.high[unknown], trace(system, bounds, int(unknown)))
        for unknown in small[given_away].tolist()
    ]
    open_groups = int((~given_away).sum())
    programmes, hashes = 0, []
    if options.programmes:
        seen = Seen(np.full(len(system.truth), np.inf), np.full(len(system.truth), -np.inf))
        is_open = np.zeros(len(system.truth), dtype=bool)
        is_open[small[~given_away]] = True
        for block in blocks_of(system, bounds):
            if not is_open[block.unknowns].any():
                continue
            digest = _block_hash(system, block)
            if digest in options.passed_blocks:
                hashes.append(digest)
                continue
            found = vouch(block, seen, is_open, options.largest_small)
            failures += [
                _failure(system, unknown, low, high, _all_traces(system, bounds, resting))
                for unknown, (low, high, resting) in sorted(found.items())
            ]
            if not found:
                hashes.append(digest)
        programmes = seen.programmes
    return Examination(bounds, tuple(failures), programmes, tuple(sorted(hashes)), open_groups)


def _all_traces(system: System, bounds: Bounds, resting: frozenset[int]) -> frozenset[int]:
    """A program rests on bounds, and bounds rest on facts."""
    return frozenset().union(*(trace(system, bounds, unknown) for unknown in sorted(resting)))


def _failure(system: System, unknown: int, low: float, high: float, sources: frozenset[int]) -> Failure:
    stated = frozenset(fact.unknown for fact in system.facts)
    kind = "single" if low == high else "within"
    return Failure(
        unknown, system.names[unknown], float(system.truth[unknown]), float(low), float(high), kind, sources & stated
    )


def _block_hash(system: System, block: Block) -> str:
    """Name a block by everything that its outcome depends on."""
    digest = hashlib.sha256()
    for array in (block.matrix.indptr, block.matrix.indices):
        digest.update(np.ascontiguousarray(array, dtype=np.int64).tobytes())
    for numbers in (
        block.matrix.data,
        block.row_low,
        block.row_high,
        block.low,
        block.high,
        system.truth[block.unknowns],
    ):
        digest.update(np.ascontiguousarray(numbers, dtype=np.float64).tobytes())
    digest.update(np.packbits(np.stack([system.people[block.unknowns], system.whole[block.unknowns]])).tobytes())
    return digest.hexdigest()


def margins_of(system: System, bounds: Bounds, options: AuditOptions) -> dict[str, int]:
    """Count the groups of few people by the width that is left open to the reader."""
    small = system.people & (system.truth >= 1) & (system.truth <= options.largest_small)
    width: NDArray[np.float64] = (bounds.high - bounds.low)[small]
    edges = (("0", 0, 0), ("1 to 4", 1, 4), ("5 to 9", 5, 9), ("10 to 99", 10, 99), ("100 or more", 100, np.inf))
    return {label: int(((width >= least) & (width <= most)).sum()) for label, least, most in edges}
