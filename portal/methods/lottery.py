r"""Draws by lot that anyone can check.

The algorithm, so that another program in another language gives the same ranking:

1. *Entries* are random codes. The record of entries, places, rule and *source* (which public value
   will complete the draw, named before it exists, so that nobody can choose among values later), as
   canonical JSON (keys in order, no spaces, UTF-8), is hashed with SHA-256 when the round closes
   and published: the *commitment*. Nobody can add, drop or change an entry after that without
   being seen. A record without a source leaves it out.
2. A *public value* that did not exist at closing (the numbers of a public lottery, the closing
   level of an index) is entered as the source says. The *seed* is
   ``SHA-256(commitment + "\n" + public value)``, both as text.
3. The *ticket* of an entry at a stage is ``HMAC-SHA256(key = seed bytes, stage + "\n" + code)``.
   Tickets in ascending order rank the entries of that stage.
4. Stages: for each declared share in its order, ``floor(share × places)`` places go to the entries
   of its group not yet chosen; then the stage ``open`` gives the other places to everyone left;
   then the rest wait, in the order of their ``open`` tickets. Places that a share cannot fill go
   to the open stage. Each stage has tickets of its own, so that not being drawn in one says
   nothing about the next, and the chances are those of independent draws.
5. Where the rule puts first-timers first, those who had a place before come after everyone else at
   every stage.

Version of the algorithm: :data:`ALGORITHM`. Change it whenever a ranking would change.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

ALGORITHM = "ohw-draw-1"
OPEN = "open"
WAITING = "waiting list"


@dataclass(frozen=True)
class Entry:
    """One application in a draw, known by its random code only."""

    code: str
    group: str = ""
    had_place_before: bool = False


@dataclass(frozen=True)
class Share:
    """Part of the places, drawn first among the entries of one group."""

    group: str
    share: float


@dataclass(frozen=True)
class Rule:
    """How places are given. No shares: every entry has the same chance."""

    shares: tuple[Share, ...] = ()
    first_timers_first: bool = False

    def reserved(self, places: int) -> list[tuple[str, int]]:
        """Return the places reserved for each group; at least one place is always open to all.

        Raises:
            ValueError: when a share is not between 0 and 1, a group is named twice, or the shares
                leave no place for everyone.
        """
        groups = [share.group for share in self.shares]
        if len(set(groups)) != len(groups):
            raise ValueError(f"A group is named by two shares: {', '.join(sorted(groups))}.")
        for share in self.shares:
            if not 0 < share.share < 1:
                raise ValueError(f"The share of {share.group} must lie between 0 and 1; it is {share.share}.")
        reserved = [(share.group, math.floor(share.share * places + 1e-9)) for share in self.shares]
        if places and sum(number for _, number in reserved) >= places:
            raise ValueError(f"The shares reserve all {places} places; at least one must be open to everyone.")
        return reserved


@dataclass(frozen=True)
class Ranked:
    """An entry's place in the ranking: position from 1, and the stage that put it there."""

    position: int
    code: str
    stage: str
    selected: bool


@dataclass(frozen=True)
class DrawRecord:
    """Everything that is published about a draw."""

    entries: tuple[Entry, ...]
    places: int
    rule: Rule = field(default_factory=Rule)
    algorithm: str = ALGORITHM
    #: Which public value will complete the seed, named before it exists; empty in older records.
    source: str = ""

    def canonical(self) -> str:
        """Return the canonical JSON whose hash is the commitment."""
        entries = [[entry.code, entry.group, entry.had_place_before] for entry in sorted(self.entries, key=_by_code)]
        rule = {
            "first_timers_first": self.rule.first_timers_first,
            # Shares as text: two languages write one fraction in two ways.
            "shares": [[share.group, f"{share.share:.6f}"] for share in self.rule.shares],
        }
        record = {"algorithm": self.algorithm, "entries": entries, "places": self.places, "rule": rule}
        if self.source:
            record["source"] = self.source
        return json.dumps(record, ensure_ascii=False, separators=(",", ":"), sort_keys=True)

    def commitment(self) -> str:
        """Return the hash published at closing, 64 hexadecimal digits."""
        codes = [entry.code for entry in self.entries]
        if len(set(codes)) != len(codes):
            raise ValueError("Two entries have one code; a draw needs each entry once.")
        return hashlib.sha256(self.canonical().encode()).hexdigest()


def _by_code(entry: Entry) -> str:
    return entry.code


def seed_of(commitment: str, public_value: str) -> str:
    """Return the seed of a draw, 64 hexadecimal digits.

    Raises:
        ValueError: when the public value is empty: a seed from the commitment alone could be
            worked out before closing.
    """
    if not public_value.strip():
        raise ValueError("The public value is empty; the draw cannot be completed without it.")
    return hashlib.sha256(f"{commitment}\n{public_value.strip()}".encode()).hexdigest()


def ticket(seed: str, stage: str, code: str) -> str:
    """Return the ticket of an entry at a stage: lower is drawn earlier."""
    return hmac.digest(bytes.fromhex(seed), f"{stage}\n{code}".encode(), "sha256").hex()


def rank(record: DrawRecord, seed: str) -> list[Ranked]:
    """Return every entry once: those drawn, in the order of the stages, then the waiting list."""
    left = {entry.code: entry for entry in record.entries}
    chosen: list[tuple[str, str]] = []
    for group, number in record.rule.reserved(record.places):
        members = [entry for entry in left.values() if entry.group == group]
        for entry in _in_order(members, seed, f"share {group}", record.rule)[:number]:
            chosen.append((entry.code, f"share {group}"))
            del left[entry.code]
    rest = _in_order(left.values(), seed, OPEN, record.rule)
    open_places = record.places - len(chosen)
    chosen += [(entry.code, OPEN) for entry in rest[:open_places]]
    waiting = [(entry.code, WAITING) for entry in rest[open_places:]]
    return [
        Ranked(position, code, stage, selected=stage != WAITING)
        for position, (code, stage) in enumerate([*chosen, *waiting], start=1)
    ]


def _in_order(entries: Iterable[Entry], seed: str, stage: str, rule: Rule) -> list[Entry]:
    def key(entry: Entry) -> tuple[bool, str]:
        return (rule.first_timers_first and entry.had_place_before, ticket(seed, stage, entry.code))

    return sorted(entries, key=key)


def chance(entries: Sequence[Entry], places: int, rule: Rule, code: str) -> float:
    """Return the chance of an entry before the draw: the probability of being selected.

    Exact for every rule: the stages are independent draws, and how many of each tier (first-timers,
    others) a stage takes does not depend on chance, so the tiers left for the open stage are known.
    """
    mine = next(entry for entry in entries if entry.code == code)
    missed, left = 1.0, list(_tiers(entries, rule))
    taken = 0
    for group, number in rule.reserved(places):
        members = _tiers([entry for entry in entries if entry.group == group], rule)
        filled = _fill(members, number)
        taken += sum(filled)
        left = [have - gone for have, gone in zip(left, filled, strict=True)]
        if mine.group == group:
            missed *= 1 - _share_of_tier(members, filled, mine, rule)
    return 1 - missed * (1 - _share_of_tier(left, _fill(left, places - taken), mine, rule))


def _tier(entry: Entry, rule: Rule) -> int:
    return int(rule.first_timers_first and entry.had_place_before)


def _tiers(entries: Sequence[Entry], rule: Rule) -> list[int]:
    """Return how many entries there are in each tier: those drawn first, those drawn after them."""
    later = sum(_tier(entry, rule) for entry in entries)
    return [len(entries) - later, later]


def _fill(tiers: Sequence[int], places: int) -> list[int]:
    """Return how many places go to each tier: the first has all it can use before the second has any."""
    first = min(tiers[0], places)
    return [first, min(tiers[1], places - first)]


def _share_of_tier(tiers: Sequence[int], filled: Sequence[int], mine: Entry, rule: Rule) -> float:
    tier = _tier(mine, rule)
    return filled[tier] / tiers[tier] if tiers[tier] else 0.0


def verify(published: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with a published draw record, as sentences; empty when it holds.

    ``published`` has ``entries`` (lists of code, group, had place before), ``places``, ``rule``,
    ``algorithm``, ``commitment``, ``public_value``, ``seed`` and ``ranking`` (lists of position,
    code, stage, selected).
    """
    faults = []
    record = record_from(published)
    if record.algorithm != ALGORITHM:
        return [f"The record names the algorithm {record.algorithm}; this program knows {ALGORITHM} only."]
    commitment = record.commitment()
    if commitment != published["commitment"]:
        faults.append(
            "The entries, places or rule are not those that were committed to at closing: "
            f"they give {_short(commitment)}, the commitment is {_short(published['commitment'])}."
        )
    seed = seed_of(published["commitment"], published["public_value"])
    if seed != published["seed"]:
        faults.append(
            "The seed does not follow from the commitment and the public value: "
            f"they give {_short(seed)}, the record has {_short(published['seed'])}."
        )
    expected = [[row.position, row.code, row.stage, row.selected] for row in rank(record, seed)]
    ranking = [list(row) for row in published["ranking"]]
    if expected != ranking:
        faults.append(f"The ranking is not the one that the seed gives. {_where(expected, ranking)}")
    return faults


def _short(digest: str) -> str:
    return f"{digest[:8]}…"


def _where(expected: list[list[Any]], ranking: list[list[Any]]) -> str:
    """Return where a ranking leaves the one that the seed gives: who came late, who is missing, or the first line."""
    entered, ranked = {row[1] for row in expected}, {row[1] for row in ranking}
    found = [f"Entry {code} is not in the ranking." for code in sorted(entered - ranked)]
    found += [f"Entry {code} is in the ranking and not among the entries." for code in sorted(ranked - entered)]
    if found:
        return " ".join(found)
    for line, (right, told) in enumerate(zip_longest(expected, ranking), start=1):
        if right != told:
            return f"The first difference is in line {line}: it has {_told(told)}, the seed gives {_told(right)}."
    return ""


def _told(row: list[Any] | None) -> str:
    return f"{row[1]} ({row[2]})" if row else "nothing"


def record_from(published: Mapping[str, Any]) -> DrawRecord:
    """Return the draw record held in a published document."""
    rule = published["rule"]
    return DrawRecord(
        entries=tuple(Entry(code, group, bool(before)) for code, group, before in published["entries"]),
        places=int(published["places"]),
        rule=Rule(
            shares=tuple(Share(group, float(share)) for group, share in rule["shares"]),
            first_timers_first=bool(rule["first_timers_first"]),
        ),
        algorithm=published["algorithm"],
        source=published.get("source_declared", ""),
    )
