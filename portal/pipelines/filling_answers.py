"""What is put where organisations that sent a return left a question about their roles out.

An answer is that of an organisation about a role: vacant posts, or joiners and leavers. One that was left out is
the organisation's own of its last return, if that is no older than the specification allows, or else that of a
donor: the provider of the same type that is nearest in posts of the same role group, drawn by the run's seed where
several are as near. All parts of an answer come from one place, so that they fit together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from portal.methods.estimation import CARRIED, DONOR, RETURNED, Filled, Item, impute
from portal.pipelines.periods import months_between

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import duckdb

    from portal.pipelines.sources.base import Question

_PUT = "_filling_answers"
SOURCES = (RETURNED, CARRIED, DONOR, "")

Answer = tuple[int, ...]
Place = tuple[str, str]
"""An organisation and a role."""


@dataclass(frozen=True)
class FilledAnswers:
    """How many answers came from where, and which organisations had left theirs out."""

    counts: dict[str, int]
    left_out_by: frozenset[str]


def fill_answers(
    connection: duckdb.DuckDBPyConnection,
    held: str,
    question: Question,
    *,
    earlier: Mapping[str, Path],
    period: str,
    seed: int,
) -> FilledAnswers:
    """Put the answers that were left out into the records that are held; where nobody is like it, one stays out."""
    items = _items(connection, held, question, _last_answers(connection, held, question, earlier), period)
    filled = impute(list(items.values()), seed=seed)
    places = dict(zip(items, filled, strict=True))
    _put(connection, held, question, {place: item for place, item in places.items() if item.source in {CARRIED, DONOR}})
    counts = dict.fromkeys(SOURCES, 0)
    for item in filled:
        counts[item.source] += 1
    return FilledAnswers(counts, frozenset(place[0] for place, item in items.items() if item.value is None))


def _sums(names: tuple[str, ...]) -> str:
    return ", ".join(f"coalesce(sum(weight_count) FILTER (quantity = '{name}'), 0)::BIGINT" for name in names)


def _among(names: tuple[str, ...]) -> str:
    return f"quantity IN ({', '.join(repr(name) for name in names)})"


def _items(
    connection: duckdb.DuckDBPyConnection,
    held: str,
    question: Question,
    last: Mapping[Place, tuple[str, Answer]],
    period: str,
) -> dict[Place, Item[Answer]]:
    """Return what every organisation says of every role; nothing where it left the question out."""
    rows = connection.execute(
        f"""SELECT organisation_key, role_code, min(provider_type), min(role_group),
                   {_sums((question.size, question.left_out, *question.answers))}
            FROM {held} WHERE {_among((*question.quantities, question.left_out))}
            GROUP BY ALL ORDER BY organisation_key, role_code"""  # noqa: S608 - names are ours
    ).fetchall()
    items: dict[Place, Item[Answer]] = {}
    for organisation, role, provider_type, role_group, size, size_left_out, *answer in rows:
        before = last.get((organisation, role))
        items[organisation, role] = Item(
            key=f"{organisation}|{role}",
            stratum=(provider_type, role_group),
            value=None if size_left_out else tuple(answer),
            size=float(size_left_out or size),
            last_value=before[1] if before else None,
            months_since=months_between(before[0], period) if before else None,
        )
    return items


def _last_answers(
    connection: duckdb.DuckDBPyConnection, held: str, question: Question, earlier: Mapping[str, Path]
) -> dict[Place, tuple[str, Answer]]:
    """Return, of what was left out now, the last period in which it was answered and the answer; newest first."""
    found: dict[Place, tuple[str, Answer]] = {}
    for period, path in earlier.items():
        rows = connection.execute(
            f"""SELECT organisation_key, role_code, {_sums(question.answers)} FROM read_parquet('{path}')
                WHERE {_among(question.quantities)} AND (organisation_key, role_code) IN
                    (SELECT (organisation_key, role_code) FROM {held} WHERE {_among((question.left_out,))})
                GROUP BY ALL"""  # noqa: S608 - names are ours
        ).fetchall()
        for organisation, role, *answer in rows:
            found.setdefault((organisation, role), (period, tuple(answer)))
    return found


def _put(
    connection: duckdb.DuckDBPyConnection, held: str, question: Question, filled: Mapping[Place, Filled[Answer]]
) -> None:
    rows = [
        (*place, quantity, number, item.source)
        for place, item in filled.items()
        for quantity, number in zip(question.answers, item.value or (), strict=True)
    ]
    names = ("organisation_key", "role_code", "quantity", "number", "source")
    types = (pa.string(), pa.string(), pa.string(), pa.int32(), pa.string())
    columns = list(zip(*rows, strict=True)) or [()] * len(names)
    table = {name: pa.array(column, kind) for name, column, kind in zip(names, columns, types, strict=True)}
    connection.register(_PUT, pa.table(table))
    same = (
        f"h.organisation_key = p.organisation_key AND h.role_code = p.role_code AND h.quantity = '{question.left_out}'"
    )
    connection.execute(
        f"""INSERT INTO {held} BY NAME
            SELECT h.* REPLACE (md5(h.record_key || p.quantity) AS record_key, p.number AS weight_count,
                                p.quantity AS quantity, p.source AS source)
            FROM {held} h JOIN {_PUT} p ON {same} WHERE p.number > 0"""  # noqa: S608 - names are ours
    )
    # Posts and staff of who left the question out were returned; with the answer they are in the rate as well.
    connection.execute(
        f"UPDATE {held} AS h SET quantity = '{question.size}' FROM (SELECT DISTINCT organisation_key, role_code FROM {_PUT}) p "  # noqa: S608 - names are ours
        f"WHERE {same}"
    )
    connection.unregister(_PUT)
