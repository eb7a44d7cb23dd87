"""Rates, shares and changes, worked from the published numbers; medians, from the records.

A rate from exact numbers beside rounded counts would undo the rounding, so what goes in is what is published, and a
hidden number makes the rate hidden.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from portal.methods.measures.plan import TOTAL, literal, make_request, quoted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import duckdb
    import pyarrow as pa

    from portal.methods.measures.plan import Request

HUNDRED = 100.0


def share(part: float | None, whole: float | None) -> float | None:
    """Return part / whole; None where either is hidden or the whole is nothing."""
    if part is None or whole is None or whole == 0:
        return None
    return part / whole


def ratio(numerator: float | None, denominator: float | None, per: float = 100_000) -> float | None:
    """Return a number per so many of another, such as posts per 100,000 workers."""
    value = share(numerator, denominator)
    return None if value is None else value * per


def vacancy_rate(vacancies: float | None, posts: float | None) -> float | None:
    """Return vacancies / (posts + vacancies)."""
    if vacancies is None or posts is None:
        return None
    return share(vacancies, posts + vacancies)


def vacancy_rate_of_funded(funded: float | None, in_post: float | None) -> float | None:
    """Return (funded - in post) / funded; negative where more are in post than funded."""
    if funded is None or in_post is None:
        return None
    return share(funded - in_post, funded)


def joiner_rate(joiners: float | None, opening: float | None, closing: float | None) -> float | None:
    """Return joiners in twelve months / the mean of opening and closing headcount."""
    if opening is None or closing is None:
        return None
    return share(joiners, (opening + closing) / 2)


def leaver_rate(leavers: float | None, opening: float | None, closing: float | None) -> float | None:
    """Return leavers in twelve months / the mean of opening and closing headcount."""
    return joiner_rate(leavers, opening, closing)


def leaver_rate_of_opening(leavers: float | None, opening: float | None) -> float | None:
    """Return leavers in twelve months / opening headcount."""
    return share(leavers, opening)


def stability_index(stayers: float | None, opening: float | None) -> float | None:
    """Return people in post at both ends / people in post at the start."""
    return share(stayers, opening)


def participation_rate(fte: float | None, headcount: float | None) -> float | None:
    """Return full-time equivalents / people."""
    return share(fte, headcount)


@dataclass(frozen=True, slots=True)
class Change:
    """The difference between two published numbers, and in percent of the first."""

    absolute: float | None
    percent: float | None


def change(before: float | None, after: float | None) -> Change:
    """Return the change; unknown where either number is hidden."""
    if before is None or after is None:
        return Change(None, None)
    part = share(after - before, before)
    return Change(after - before, None if part is None else part * HUNDRED)


def median_cells(
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    *,
    value: str,
    breakdowns: Sequence[tuple[str, ...]],
    perspectives: Mapping[str, str],
    unit: str = "worker_key",
    minimum_people: int = 10,
) -> pa.Table:
    """Return the median of a value over the people of each cell, hidden below so many people.

    Medians cannot be rolled up, so each table is one pass over the records. A person (or what else ``unit`` tells
    apart) with several records counts once, with the largest of the values; of an even number the mean of the two in
    the middle is taken.
    """
    request = make_request(relation, breakdowns, perspectives)
    parts = [
        _medians_of(request, place, order, value, unit)
        for place in range(len(request.perspectives))
        for order in range(len(request.breakdowns))
    ]
    dimensions = "".join(f", {quoted(name)}" for name in request.dimensions)
    return (
        connection.sql(
            f"""SELECT perspective, breakdown{dimensions},
                   CASE WHEN people >= {minimum_people} THEN value END AS value,
                   CASE WHEN people >= {minimum_people} THEN '' ELSE 'c' END AS status
            FROM ({" UNION ALL ".join(parts)}) ORDER BY p, b{dimensions}"""
        )
        .to_arrow_table()
        .combine_chunks()
    )


def _medians_of(request: Request, place: int, order: int, value: str, unit: str) -> str:
    """Return the SQL of one pass: a perspective's medians of one breakdown."""
    code, predicate = list(request.perspectives.items())[place]
    breakdown = request.breakdowns[order]
    names = "".join(f"{quoted(name)}, " for name in breakdown)
    labels = "".join(
        f"{quoted(name) if name in breakdown else literal(TOTAL)} AS {quoted(name)}, " for name in request.dimensions
    )
    return f"""SELECT {place} AS p, {order} AS b, {literal(code)} AS perspective,
                      {literal(",".join(breakdown))} AS breakdown, {labels} count(*) AS people,
                      median(value)::DOUBLE AS value
               FROM (SELECT {names} {unit}, max({value}) AS value FROM {request.relation}
                     WHERE ({predicate}) AND {unit} IS NOT NULL AND ({value}) IS NOT NULL GROUP BY ALL)
               GROUP BY ALL"""
