"""Cases of rates and changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

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


def _others(rows: Sequence[Mapping[str, Value]]) -> list[dict[str, Value]]:
    return [
        rounded(
            {
                "per_100000_workers": rates.ratio(_number(row["in_post"]), _number(row["workers"])),
                "vacancy_rate_of_funded": rates.vacancy_rate_of_funded(_number(row["funded"]), _number(row["in_post"])),
                "leaver_rate_of_opening": rates.leaver_rate_of_opening(
                    _number(row["leavers"]), _number(row["opening"])
                ),
                "fte_per_person": rates.participation_rate(_number(row["fte"]), _number(row["in_post"])),
            },
            4,
        )
        for row in rows
    ]


def _changes(rows: Sequence[Mapping[str, Value]]) -> list[dict[str, Value]]:
    found = [rates.change(_number(row["before"]), _number(row["after"])) for row in rows]
    return [{"absolute": item.absolute, "percent": item.percent} for item in found]


def _medians(rows: Sequence[Mapping[str, Value]]) -> list[dict[str, Value]]:
    """Give each region a person of every age from the first to the last, the first of them twice."""
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE people (worker_key TEXT, region TEXT, age INTEGER)")
        for row in rows:
            region, first, last = str(row["region"]), int(row["first_age"] or 0), int(row["last_age"] or 0)
            people = [[f"{region}{age}", region, age] for age in range(first, last + 1)]
            connection.executemany("INSERT INTO people VALUES (?, ?, ?)", [*people, people[0]])
        cells = rates.median_cells(
            connection, "people", value="age", breakdowns=[("region",)], perspectives={"all": "TRUE"}
        )
    return [{"region": row["region"], "median_age": row["value"], "status": row["status"]} for row in cells.to_pylist()]


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
    Case(
        "Rates with other denominators",
        "People in post per 100,000 workers; vacancies of funded posts; leavers of those in post at the start; full-time "
        "equivalents of each person. A hidden number hides every rate that it is made of.",
        table(
            "in_post workers funded leavers opening fte",
            (90, 450000, 100, 9, 75, 63),
            (None, 450000, 100, 9, 75, 63),
        ),
        _others,
        table(
            "per_100000_workers vacancy_rate_of_funded leaver_rate_of_opening fte_per_person",
            (20.0, 0.1, 0.12, 0.7),
            (None, None, 0.12, None),
        ),
    ),
    Case(
        "Changes",
        "After less before, and in percent of before. Of nothing there is no percentage.",
        table("before after", (80, 100), (100, 80), (0, 15), (None, 100)),
        _changes,
        table("absolute percent", (20.0, 25.0), (-20.0, -20.0), (15.0, None), (None, None)),
    ),
    Case(
        "Medians",
        "One person of every age, and the first of them in two posts: each person counts once. Of an even number it is the "
        "mean of the two in the middle; of fewer than ten people none is shown.",
        table("region first_age last_age", ("East", 31, 40), ("North", 30, 40), ("South", 31, 39)),
        _medians,
        table("region median_age status", ("East", 35.5, ""), ("North", 35.0, ""), ("South", None, "c")),
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
