"""Cases of crosswalks between versions of roles."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from portal.methods import crosswalks
from portal.methods.specification_cases.case import Case, Page, Row, Value, table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def _crosswalk(rows: Sequence[Mapping[str, Value]], step: str = "") -> dict[str, dict[str, Fraction]]:
    found: dict[str, dict[str, Fraction]] = {}
    for row in rows:
        if row.get("step", "") == step:
            found.setdefault(str(row["role"]), {})[str(row["becomes"])] = Fraction(str(row["share"]))
    return found


def _rows(crosswalk: Mapping[str, Mapping[str, Fraction]]) -> list[Row]:
    return [
        {"role": role, "becomes": target, "share": str(share)}
        for role, targets in sorted(crosswalk.items())
        for target, share in sorted(targets.items())
    ]


def _composed(rows: Sequence[Mapping[str, Value]]) -> list[Row]:
    return _rows(crosswalks.compose(_crosswalk(rows, "first"), _crosswalk(rows, "second")))


def _followed(rows: Sequence[Mapping[str, Value]]) -> list[Row]:
    found = crosswalks.follow(_crosswalk(rows), "adviser")
    return [{"becomes": target, "share": str(share)} for target, share in sorted(found.items())]


def _faults(rows: Sequence[Mapping[str, Value]]) -> list[Row]:
    return [{"fault": text} for text in crosswalks.faults(_crosswalk(rows))]


CASES = (
    Case(
        "Two changes one after the other",
        "Advisers were split into nurses and technicians, two to one; then a quarter of the technicians became "
        "assistants. Shares are multiplied along the way and stay exact fractions.",
        table(
            "step role becomes share",
            ("first", "adviser", "nurse", "2/3"),
            ("first", "adviser", "technician", "1/3"),
            ("second", "technician", "technician", "3/4"),
            ("second", "technician", "assistant", "1/4"),
        ),
        _composed,
        table(
            "role becomes share",
            ("adviser", "assistant", "1/12"),
            ("adviser", "nurse", "2/3"),
            ("adviser", "technician", "1/4"),
            ("technician", "assistant", "1/4"),
            ("technician", "technician", "3/4"),
        ),
    ),
    Case(
        "Followed to what is in use today",
        "An adviser became a nurse or a technician, and technicians became physiologists.",
        table(
            "role becomes share", ("adviser", "nurse", "1/2"), ("adviser", "technician", "1/2"),
            ("technician", "physiologist", "1"),
        ),
        _followed,
        table("becomes share", ("nurse", "1/2"), ("physiologist", "1/2")),
    ),
    Case(
        "Shares that do not add up",
        "Where one role becomes several, the shares add up to one, or the crosswalk is refused.",
        table("role becomes share", ("adviser", "nurse", "2/3"), ("adviser", "technician", "1/4")),
        _faults,
        table("fault", ("The shares of adviser add up to 11/12, not to 1.",)),
    ),
)  # fmt: skip

PAGE = Page(
    "crosswalks",
    "Crosswalks between versions of roles",
    """
When the meaning of a role changes, a crosswalk says what each earlier role becomes, with shares that add up to one and
the source of the shares. A code that was used in a return is never rewritten: analysis follows the crosswalk. A role
that a crosswalk does not name stays what it is.
""",
    CASES,
)
