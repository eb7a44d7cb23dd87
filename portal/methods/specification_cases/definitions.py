"""Cases of changes of definitions: what is the definition, and what is real."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from portal.methods.decomposition import shapley, split_change, split_series
from portal.methods.role_changes import RoleChanges, in_earlier_terms, in_later_terms
from portal.methods.specification_cases.case import Case, Page, Value, rounded, table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

COUNTS = {"nurse": "always", "tech": "always"}


def _whole(value: Value) -> int | None:
    return None if value is None else int(float(value))


def _splits(rows: Sequence[Mapping[str, Value]]) -> list[dict[str, Value]]:
    found: list[dict[str, Value]] = []
    for row in rows:
        split = split_change(**{name: _whole(row[name]) for name in row})
        found.append(
            {"definition": None, "real": None, "order": "not split"}
            if split is None
            else {"definition": float(split.definition), "real": float(split.real), "order": split.method}
        )
    return found


def _wider(rows: Sequence[Mapping[str, Value]]) -> list[dict[str, Value]]:
    found: list[dict[str, Value]] = []
    for row in rows:
        share = Fraction(str(row["counted_before"]))
        changes = RoleChanges(becomes={"tech": {"tech": Fraction(1)}}, counted_before={"tech": share})
        inside = {"nurse": _whole(row["nurses"]), "tech": _whole(row["technicians"])}
        total = sum(number or 0 for number in inside.values())
        found.append(
            {
                "earlier_as_the_later_would_count": float(in_later_terms(total, inside, {}, COUNTS, changes)),
                "later_as_the_earlier_would_count": float(in_earlier_terms(total, inside, COUNTS, changes)),
            }
        )
    return found


def _steps(rows: Sequence[Mapping[str, Value]]) -> list[dict[str, Value]]:
    figures = {
        (str(row["period"]), name): number
        for row in rows
        for name in ("first", "second")
        if (number := _whole(row[f"by_{name}"])) is not None
    }
    steps = split_series(
        [str(row["period"]) for row in rows], figures, {str(row["period"]): str(row["in_force"]) for row in rows}
    )
    return [
        {
            "from": before,
            "to": after,
            "definition": float(split.definition) if split else None,
            "real": float(split.real) if split else None,
        }
        for before, after, split in steps
    ]


def _shares(rows: Sequence[Mapping[str, Value]]) -> list[dict[str, Value]]:
    values = {frozenset(str(row["taken_at_their_new_state"]).split()): int(row["figure"] or 0) for row in rows}
    parts = shapley(["definition", "people", "hours"], lambda taken: values[taken])
    return [rounded({"factor": name, "part": float(part)}, 4) for name, part in parts.items()]


CASES = (
    Case(
        "Definition and real change",
        "Each of two periods counted under each of two definitions. Only the definition changed; only people came; both, "
        "apart from each other; both, with interaction; one figure missing; two missing.",
        table(
            "before_old before_new after_old after_new",
            (100, 120, 100, 120),
            (100, 100, 115, 115),
            (100, 120, 115, 135),
            (100, 120, 115, 155),
            (100, 120, None, 155),
            (100, None, None, 155),
        ),
        _splits,
        table(
            "definition real order",
            (20.0, 0.0, "shapley"),
            (0.0, 15.0, "shapley"),
            (20.0, 15.0, "shapley"),
            (30.0, 25.0, "shapley"),
            (20.0, 35.0, "before"),
            (None, None, "not split"),
        ),
    ),
    Case(
        "A series with one change of definition",
        "The definition in force changed between the second and the third period, both of which are counted by both.",
        table(
            "period in_force by_first by_second",
            ("2024", "first", 100, None),
            ("2025", "first", 110, 130),
            ("2026", "second", 115, 137),
        ),
        _steps,
        table("from to definition real", ("2024", "2025", 0.0, 10.0), ("2025", "2026", 21.0, 6.0)),
    ),
    Case(
        "Three factors",
        "The figure with each set of factors at its new state. A factor's part is its mean effect over the six orders in "
        "which they can be taken, and the parts add up to the change: 60.",
        table(
            "taken_at_their_new_state figure",
            ("", 100),
            ("definition", 120),
            ("people", 110),
            ("hours", 100),
            ("definition people", 140),
            ("definition hours", 120),
            ("people hours", 122),
            ("definition people hours", 160),
        ),
        _shares,
        table("factor part", ("definition", 27.6667), ("people", 23.6667), ("hours", 8.6667)),
    ),
    Case(
        "A role that was made wider",
        "Of the technicians counted now, a share was counted before. The people of a period as the other period's "
        "definition would have counted them.",
        table("nurses technicians counted_before", (20, 80, "4/5"), (20, 130, "4/5"), (20, 80, "1")),
        _wider,
        table(
            "earlier_as_the_later_would_count later_as_the_earlier_would_count",
            (120.0, 84.0),
            (182.5, 124.0),
            (100.0, 100.0),
        ),
    ),
)

PAGE = Page(
    "definitions",
    "Changes of definitions",
    """
Between two periods both the workforce and the definition may change. Four figures tell the two apart: each period counted
under each definition. There are two orders in which the changes can be taken, definition first or time first, and they
give different answers where the two interact. The Shapley value is their mean: it treats both orders alike, leaves no
residual, and gives a factor that changes nothing a share of nothing. Where one of the mixed figures cannot be had, the
split is in one order and says so; where both are missing there is none.

Only published figures go in, so that the split gives away no more than they do. Where the rule of a perspective changed,
the earlier period is counted again by the new rule, and the headlines of the later period by the old one; these are
protected and audited with everything else, and left out where they would give a small group away. Where a role changed,
the mixed figures follow from the published figure of each role, the crosswalk, and the share of people counted before,
which the editor states with its source. A person with posts in two roles that changed is taken as two people here, and
nowhere else. What nobody has stated is not guessed.
""",
    CASES,
)
