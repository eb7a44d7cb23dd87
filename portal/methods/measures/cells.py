"""Run a request on DuckDB.

The steps: encode and add up the rows at the finest key; correct for people with several posts; roll up blocks,
then breakdowns; spread membership over the perspectives. A person's two posts are first counted as two people;
in the cells where both stand, corrections of +1 and -1 leave one. Only people with three or more posts are
grouped by name for each table.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from portal.methods.measures.contributors import CONTRIBUTORS, build_contributors
from portal.methods.measures.plan import TOTAL, MeasureError, make_request, plan_blocks, quoted
from portal.methods.measures.statements import (
    Prepared,
    breakdown_values,
    enum,
    labels,
    order,
    perspective_values,
    which_breakdown,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import duckdb
    import pyarrow as pa

BASE = "_measures_base"
MANY = "_measures_many"
BLOCK = "_measures_block"
ATOMS = "_measures_atoms"
MODULUS = "18446744073709551616::HUGEINT"
"""Hashes add up modulo 2^64."""

NAMES = (BASE, MANY, BLOCK, ATOMS, CONTRIBUTORS)
SUMS = (
    "sum(records) AS records, sum(people) AS people, sum(posts) AS posts, sum(fte) AS fte, sum(key) AS key, "
    "sum(record_hash) AS record_hash"
)
"""What is added up. `records` says whether anything is there: a service alone has neither people nor posts."""


def compute_cells(
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    *,
    breakdowns: Sequence[tuple[str, ...]],
    perspectives: Mapping[str, str],
    contributors: bool = True,
) -> pa.Table:
    """Return one row for each non-empty cell of each breakdown under each perspective."""
    prepared = _prepare(connection, relation, breakdowns, perspectives)
    with _tables(connection, prepared, record_hash=False):
        extra = ("", "")
        if contributors:
            build_contributors(connection, prepared)
            same = " AND ".join(
                f"k.{quoted(name)} IS NOT DISTINCT FROM c.{quoted(name)}"
                for name in ("perspective", "breakdown", *prepared.codes)
            )
            extra = (
                ", k.organisations, k.largest_fte_nano, k.second_fte_nano",
                f"JOIN {CONTRIBUTORS} k ON {same}",
            )
        return _fetch(
            connection,
            f"""
            SELECT p.code AS perspective, b.label AS breakdown, {labels(prepared, "c")}
                   c.people, c.posts, c.fte_nano, c.cell_key {extra[0]}
            FROM ({_by_perspective(prepared, "sum(key)")}) c
            JOIN ({perspective_values(prepared)}) p ON p.place = c.perspective
            JOIN ({breakdown_values(prepared)}) b ON b.place = c.breakdown
            {extra[1]}
            ORDER BY c.perspective, c.breakdown{order(prepared)}
            """,
        )


def compute_atoms(
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    *,
    breakdowns: Sequence[tuple[str, ...]],
    perspectives: Mapping[str, str],
) -> pa.Table:
    """Return the same cells split by exact membership: digit i of `members`, a text of 0 and 1, is the i-th perspective.

    A perspective's cell is the sum of the atoms that hold its digit, and the difference of two perspectives is a
    sum of atoms as well. Groups with the same sum of `record_hash` hold the same records and the same people.
    """
    prepared = _prepare(connection, relation, breakdowns, perspectives)
    with _tables(connection, prepared, record_hash=True):
        return _fetch(
            connection,
            f"""
            SELECT b.label AS breakdown, {labels(prepared, "c")} {prepared.request.members_text} AS members, c.people::BIGINT AS people,
                   c.posts::BIGINT AS posts, c.fte::BIGINT AS fte_nano,
                   printf('%016x', ((c.record_hash % {MODULUS} + {MODULUS}) % {MODULUS})::UBIGINT) AS record_hash
            FROM {ATOMS} c JOIN ({breakdown_values(prepared)}) b ON b.place = c.breakdown
            WHERE c.people <> 0 OR c.records <> 0
            ORDER BY c.breakdown{order(prepared)}, c.members
            """,
        )


def compute_contributions(
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    *,
    breakdowns: Sequence[tuple[str, ...]],
    perspectives: Mapping[str, str],
) -> pa.Table:
    """Return the people of every organisation group in every cell: what a group knows of itself."""
    grouped = [(*breakdown, "organisation_group_key") for breakdown in breakdowns]
    table = compute_cells(connection, relation, breakdowns=grouped, perspectives=perspectives, contributors=False)
    connection.register("_measures_contributions", table)
    try:
        return _fetch(
            connection,
            """SELECT * EXCLUDE (breakdown, posts, fte_nano, cell_key),
                      regexp_replace(breakdown, ',?organisation_group_key$', '') AS breakdown
               FROM _measures_contributions""",
        )
    finally:
        connection.unregister("_measures_contributions")


def _fetch(connection: duckdb.DuckDBPyConnection, sql: str) -> pa.Table:
    return connection.sql(sql).to_arrow_table().combine_chunks()


def _prepare(
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    breakdowns: Sequence[tuple[str, ...]],
    perspectives: Mapping[str, str],
) -> Prepared:
    request = make_request(relation, breakdowns, perspectives)
    lists = [
        f"list_sort(list(DISTINCT {quoted(name)}::VARCHAR)), count(*) - count({quoted(name)})"
        for name in request.dimensions
    ]
    found = (
        connection.execute(
            f"""SELECT min(noise_key), max(noise_key), min(weight_count)
            {"".join(", " + part for part in lists)} FROM {relation}"""
        ).fetchone()
        or ()
    )
    _check_ranges(found[:3])
    codes = {}
    for place, name in enumerate(request.dimensions):
        values, missing = found[3 + 2 * place], found[4 + 2 * place]
        if missing or TOTAL in (values or ()):
            raise MeasureError(
                f"Column {name} holds {'NULL' if missing else repr(TOTAL)}; a missing category is 'not_known'."
            )
        codes[name] = tuple(values or ("",))
    return Prepared(request, codes)


def _check_ranges(found: tuple[int | None, ...]) -> None:
    least_key, largest_key, least_weight = found
    if least_key is not None and largest_key is not None and not 0 <= least_key <= largest_key <= 255:  # noqa: PLR2004 - one byte
        raise MeasureError(f"noise_key runs from {least_key} to {largest_key}; it must be 0 to 255.")
    if least_weight is not None and least_weight < 0:
        raise MeasureError(f"weight_count {least_weight}: a row cannot stand for fewer than no posts.")


@contextmanager
def _tables(connection: duckdb.DuckDBPyConnection, prepared: Prepared, *, record_hash: bool) -> Iterator[None]:
    """Build the additive table and the atoms of every breakdown; drop them at the end."""
    try:
        _build_base(connection, prepared, record_hash=record_hash)
        _build_atoms(connection, prepared)
        yield
    finally:
        for name in NAMES:
            connection.execute(f"DROP TABLE IF EXISTS temp.{name}")


def _build_base(connection: duckdb.DuckDBPyConnection, prepared: Prepared, *, record_hash: bool) -> None:
    request = prepared.request
    person = "(worker_key IS NOT NULL)"
    marks = "md5_number_lower(record_key)::HUGEINT + CASE WHEN {0} THEN md5_number_lower(worker_key) ELSE 0 END"
    hashed = f"sum({marks.format(person)})" if record_hash else "0::HUGEINT"
    mark = "md5_number_lower(worker_key)::HUGEINT" if record_hash else "0::HUGEINT"
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE {BASE} AS
        SELECT {prepared.encoded} {request.members} AS members, count(*) AS records,
               sum(CASE WHEN {person} THEN 1 WHEN kind = 'aggregate' THEN weight_count ELSE 0 END) AS people,
               sum(weight_count) AS posts, sum(fte_nano) AS fte,
               sum(CASE WHEN {person} OR kind = 'aggregate' THEN noise_key ELSE 0 END) AS key,
               {hashed} AS record_hash
        FROM {request.relation} GROUP BY ALL HAVING bit_count(members) > 0
        """
    )
    fixed = "".join(f"{quoted(name)}, " for name in request.fixed)
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE {MANY} AS
        WITH several AS (
            SELECT {fixed} worker_key FROM {request.relation}
            WHERE worker_key IS NOT NULL AND bit_count({request.members}) > 0
            GROUP BY ALL HAVING count(*) > 1)
        SELECT {prepared.encoded} {request.members} AS members, worker_key AS worker, noise_key::HUGEINT AS noise,
               {mark} AS mark,
               count(*) OVER (PARTITION BY {fixed} worker_key) AS posts
        FROM {request.relation} SEMI JOIN several USING ({fixed} worker_key)
        WHERE bit_count({request.members}) > 0
        """
    )
    _correct_people(connection, prepared)


def _correct_people(connection: duckdb.DuckDBPyConnection, prepared: Prepared) -> None:
    """Take back what counting posts as people counted twice.

    A pair's corrections stand at the codes that both posts share; a NULL says that they differ, and such a row is
    left out of every table that uses the dimension.
    """
    shared = "".join(
        f"CASE WHEN min({quoted(name)}) = max({quoted(name)}) THEN min({quoted(name)}) END AS {quoted(name)}, "
        for name in prepared.codes
    )
    fixed = "".join(f"{quoted(name)}, " for name in prepared.request.fixed)
    connection.execute(
        f"""
        INSERT INTO {BASE} BY NAME
        SELECT {prepared.names} members, sum(people) AS people, 0 AS posts, 0 AS fte, 0 AS records,
               sum(people * noise) AS key, sum(people * mark) AS record_hash
        FROM (
            SELECT {prepared.names} noise, mark, unnest([joined] || each) AS members, unnest([1, -1, -1]) AS people
            FROM (SELECT {shared} any_value(noise) AS noise, any_value(mark) AS mark,
                         bit_or(members) AS joined, list(members) AS each
                  FROM {MANY} WHERE posts = 2 GROUP BY {fixed} worker)
            UNION ALL
            SELECT {prepared.names} noise, mark, members, -1 FROM {MANY} WHERE posts > 2)
        GROUP BY ALL
        """
    )


def _build_atoms(connection: duckdb.DuckDBPyConnection, prepared: Prepared) -> None:
    columns = "".join(f"NULL::{enum(prepared, name)} AS {quoted(name)}, " for name in prepared.codes)
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE {ATOMS} AS
            SELECT 0 AS breakdown, {columns} NULL::{prepared.request.members_type} AS members, 0::HUGEINT AS records, 0::HUGEINT AS people, 0::HUGEINT AS posts,
                   0::HUGEINT AS fte, 0::HUGEINT AS key, 0::HUGEINT AS record_hash LIMIT 0"""
    )
    for block, places in plan_blocks(prepared.request.breakdowns, prepared.sizes):
        names = "".join(f"{quoted(name)}, " for name in block)
        connection.execute(
            f"""CREATE OR REPLACE TEMP TABLE {BLOCK} AS
                SELECT {names} members, {SUMS} FROM {BASE} GROUP BY ALL"""
        )
        _roll_up(connection, prepared, BLOCK, block, places, SUMS)
    _add_many(connection, prepared)
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE {ATOMS} AS
            SELECT breakdown, {prepared.names} members, {SUMS}
            FROM {ATOMS} GROUP BY ALL"""
    )


def _roll_up(
    connection: duckdb.DuckDBPyConnection,
    prepared: Prepared,
    source: str,
    block: tuple[str, ...],
    places: tuple[int, ...],
    measures: str,
) -> None:
    """Group a source once for every breakdown of a block; rows whose posts differ in a used dimension fall out."""
    breakdowns = prepared.request.breakdowns
    sets = ", ".join(f"({''.join(quoted(name) + ', ' for name in breakdowns[place])}members)" for place in places)
    names = "".join(f"{quoted(name)}, " for name in block)
    known = " AND ".join(f"(GROUPING({quoted(name)}) = 1 OR {quoted(name)} IS NOT NULL)" for name in block) or "TRUE"
    which = which_breakdown(breakdowns, block, places)
    connection.execute(
        f"""INSERT INTO {ATOMS} BY NAME
            SELECT {which} AS breakdown, {names} members, {measures}
            FROM {source} GROUP BY GROUPING SETS ({sets}) HAVING {known}"""
    )


def _add_many(connection: duckdb.DuckDBPyConnection, prepared: Prepared) -> None:
    """Count people with three or more posts once in each cell where they stand."""
    row = connection.execute(f"SELECT count(*) FROM {MANY} WHERE posts > 2").fetchone()
    if not row or not row[0]:
        return
    for place, breakdown in enumerate(prepared.request.breakdowns):
        names = "".join(f"{quoted(name)}, " for name in breakdown)
        connection.execute(
            f"""INSERT INTO {ATOMS} BY NAME
                SELECT {place} AS breakdown, {names} members, count(*) AS people, 0 AS posts, 0 AS fte, 0 AS records,
                       sum(noise) AS key, sum(mark) AS record_hash
                FROM (SELECT {names} bit_or(members) AS members, any_value(noise) AS noise,
                             any_value(mark) AS mark
                      FROM {MANY} WHERE posts > 2
                      GROUP BY {names} {"".join(quoted(name) + ", " for name in prepared.request.fixed)} worker)
                GROUP BY ALL"""
        )


def _by_perspective(prepared: Prepared, key: str) -> str:
    """SQL of the cells of each perspective, added up from the atoms that belong to it."""
    return f"""
        SELECT v.place AS perspective, breakdown, {prepared.names} sum(people)::BIGINT AS people,
               sum(posts)::BIGINT AS posts, sum(fte)::BIGINT AS fte_nano, ({key} % 256)::SMALLINT AS cell_key
        FROM {ATOMS} JOIN ({perspective_values(prepared)}) v ON {prepared.request.holds("v.place")}
        GROUP BY ALL HAVING sum(records) > 0"""
