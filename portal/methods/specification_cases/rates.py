"""Cases of rates and changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portal.methods import rates
from portal.methods.specification_cases.case import Case, Page, Value, rounded, table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def _number(value: Value) -> float | None:
    return None if value is None else float(value)


def _vacancies(rows: Sequence[Mapping[str, Value]]) -> list[dict[str, Value]]:
    return [rounded({"rate": rates.vacancy_rate(_number(row["vacancies"]), _number(row["posts"]))}, 4) for row in rows]


def _movement(rows: Sequence[Mapping[str, Value]]) -> list[dict[str, Value]]:
    found = []
    for row in rows:
        opening, closing = _number(row["opening"]), _number(row["closing"])
        found.append(
            rounded(
                {
                    "joiner_rate": rates.joiner_rate(_number(row["joiners"]), opening, closing),
                    "leaver_rate": rates.leaver_rate(_number(row["leavers"]), opening, closing),
                    "stability": rates.stability_index(_number(row["stayers"]), opening),
                },
                4,
            )
        )
    return found


CASES = (
    Case(
        "Vacancy rate",
        "Vacancies divided by posts and vacancies together. Where either is hidden, so is the rate.",
        table("vacancies posts", (20, 180), (15, 60), (None, 60)),
        _vacancies,
        table("rate", (0.1,), (0.2,), (None,)),
    ),
    Case(
        "Joiners, leavers and stability",
        "Movers in twelve months divided by the mean of opening and closing headcount; stability is the share of the "
        "opening headcount still in post at the end.",
        table("opening closing joiners leavers stayers", (90, 110, 35, 15, 75), (100, None, 5, 5, 95)),
        _movement,
        table("joiner_rate leaver_rate stability", (0.35, 0.15, 0.8333), (None, None, 0.95)),
    ),
)

PAGE = Page(
    "rates",
    "Rates, shares and changes",
    """
Rates are worked from the numbers as published, after protection: a rate from exact numbers beside rounded counts would
undo the rounding. Each is named with its denominator, because other publishers use others (leavers divided by opening
headcount; vacancies divided by funded posts).

Medians are taken from the records, one pass for each table, each person once, and shown for ten people or more.
""",
    CASES,
)
