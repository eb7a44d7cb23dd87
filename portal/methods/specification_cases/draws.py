"""Cases of draws by lot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portal.methods import lottery
from portal.methods.specification_cases.case import Case, Page, Row, Value, table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PUBLIC_VALUE = "2026-03-02 lottery: 4 8 15 16 23 42"
PLACES = 3
RULE = lottery.Rule(shares=(lottery.Share("most deprived fifth", 0.4),), first_timers_first=True)
SHORT = 8


def _entries(rows: Sequence[Mapping[str, Value]]) -> tuple[lottery.Entry, ...]:
    return tuple(lottery.Entry(str(row["code"]), str(row["group"]), row["had_place_before"] == "yes") for row in rows)


def _record(rows: Sequence[Mapping[str, Value]]) -> lottery.DrawRecord:
    return lottery.DrawRecord(_entries(rows), PLACES, RULE)


def _drawn(rows: Sequence[Mapping[str, Value]]) -> list[Row]:
    record = _record(rows)
    seed = lottery.seed_of(record.commitment(), PUBLIC_VALUE)
    return [
        {"position": row.position, "code": row.code, "stage": row.stage, "ticket": _ticket(seed, row)}
        for row in lottery.rank(record, seed)
    ]


def _ticket(seed: str, row: lottery.Ranked) -> str:
    """Return the beginning of the ticket that an entry was ranked by; those who wait keep that of the open stage."""
    stage = lottery.OPEN if row.stage == lottery.WAITING else row.stage
    return lottery.ticket(seed, stage, row.code)[:SHORT]


def _chances(rows: Sequence[Mapping[str, Value]]) -> list[Row]:
    entries = _entries(rows)
    return [
        {"code": entry.code, "chance": round(lottery.chance(entries, PLACES, RULE, entry.code), 4)} for entry in entries
    ]


def _verified(rows: Sequence[Mapping[str, Value]]) -> list[Row]:
    """Publish a draw, tamper with it as each row says, and let anybody check it."""
    record = _record(ENTRIES)
    seed = lottery.seed_of(record.commitment(), PUBLIC_VALUE)
    ranking = [[row.position, row.code, row.stage, row.selected] for row in lottery.rank(record, seed)]
    published = {
        "algorithm": record.algorithm,
        "entries": [[entry.code, entry.group, entry.had_place_before] for entry in record.entries],
        "places": record.places,
        "rule": {"first_timers_first": True, "shares": [[share.group, share.share] for share in RULE.shares]},
        "commitment": record.commitment(),
        "public_value": PUBLIC_VALUE,
        "seed": seed,
        "ranking": ranking,
    }
    changes: dict[str, dict[str, object]] = {
        "nothing": {},
        "one place more": {"places": PLACES + 1},
        "another public value": {"public_value": "1 2 3 4 5 6"},
        "two entries change places": {"ranking": [ranking[1], ranking[0], *ranking[2:]]},
    }
    found: list[Row] = []
    for row in rows:
        faults = lottery.verify({**published, **changes[str(row["changed"])]})
        found.append({"changed": row["changed"], "found": faults[0] if faults else "The record holds."})
    return found


ENTRIES = table(
    "code group had_place_before",
    ("K7", "most deprived fifth", "no"),
    ("M2", "", "no"),
    ("P9", "most deprived fifth", "yes"),
    ("R4", "", "yes"),
    ("T1", "", "no"),
)
CASES = (
    Case(
        "Three places among five entries",
        f"Two fifths of three places, rounded down to one, are drawn first among the most deprived fifth; first-timers go "
        f"before those who had a place. The public value is “{PUBLIC_VALUE}”. Tickets are shown by their first "
        f"{SHORT} digits; within a stage the lowest is drawn first.",
        ENTRIES,
        _drawn,
        table(
            "position code stage ticket",
            (1, "K7", "share most deprived fifth", "1664b75f"),
            (2, "T1", "open", "85d4b279"),
            (3, "M2", "open", "b36fc285"),
            (4, "R4", "waiting list", "ed2cde83"),
            (5, "P9", "waiting list", "f474f411"),
        ),
    ),
    Case(
        "The chances before the draw",
        "K7 is the only first-timer of its group and takes its place for certain. The two open places go to the two "
        "other first-timers, and nobody who had a place before is left one.",
        ENTRIES,
        _chances,
        table("code chance", ("K7", 1.0), ("M2", 1.0), ("P9", 0.0), ("R4", 0.0), ("T1", 1.0)),
    ),
    Case(
        "Anybody can check a draw",
        "The entries, places and rule were committed to by a hash when the round closed. What is changed afterwards shows.",
        table("changed", ("nothing",), ("one place more",), ("another public value",), ("two entries change places",)),
        _verified,
        table(
            "changed found",
            ("nothing", "The record holds."),
            (
                "one place more",
                (
                    "The entries, places or rule are not those that were committed to at closing: they give 5b6b1733…, the "
                    "commitment is 178af528…."
                ),
            ),
            (
                "another public value",
                (
                    "The seed does not follow from the commitment and the public value: they give 2c241bb5…, the record has "
                    "01a89855…."
                ),
            ),
            (
                "two entries change places",
                (
                    "The ranking is not the one that the seed gives. The first difference is in line 1: it has T1 (open), the "
                    "seed gives K7 (share most deprived fifth)."
                ),
            ),
        ),
    ),
)

PAGE = Page(
    "draws",
    "Draws by lot",
    """
When a round closes, its entries (random codes), places and rule are hashed and the hash is published: the commitment.
A public value that did not exist then completes the seed, SHA-256 of the commitment and the value. The ticket of an
entry at a stage is HMAC-SHA256 of the stage and the code under the seed; tickets in ascending order rank the entries.
Places kept for a group are drawn first, then the open places among everybody left, then the waiting list. With the
published record anybody can draw again, in any language, and compare.
""",
    CASES,
)
