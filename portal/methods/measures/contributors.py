"""Who contributes to a cell: how many organisation groups, and how much the two largest give.

Companies of one group decide together, so they count as one contributor.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from portal.methods.measures.plan import plan_blocks, quoted
from portal.methods.measures.statements import Prepared, enum, perspective_values, which_breakdown

if TYPE_CHECKING:
    import duckdb

CONTRIBUTORS = "_measures_contributors"
GIVEN = "_measures_given"


def build_contributors(connection: duckdb.DuckDBPyConnection, prepared: Prepared) -> None:
    """Write, for each cell of each breakdown and perspective, the number of groups and the two largest sums."""
    request = prepared.request
    columns = "".join(f"NULL::{enum(prepared, name)} AS {quoted(name)}, " for name in prepared.codes)
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE {CONTRIBUTORS} AS
            SELECT 0 AS perspective, 0 AS breakdown, {columns} 0 AS organisations,
                   0::BIGINT AS largest_fte_nano, 0::BIGINT AS second_fte_nano LIMIT 0"""
    )
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE {GIVEN} AS
            WITH numbered AS (
                SELECT organisation_group_key, row_number() OVER () AS number
                FROM (SELECT DISTINCT organisation_group_key FROM {request.relation})),
            rows AS (
                SELECT {prepared.encoded} {request.members} AS members, number, sum(fte_nano)::BIGINT AS fte
                FROM {request.relation} JOIN numbered USING (organisation_group_key)
                GROUP BY ALL HAVING bit_count(members) > 0)
            SELECT {prepared.names} v.place AS perspective, number, sum(fte)::BIGINT AS fte
            FROM rows JOIN ({perspective_values(prepared)}) v ON {request.holds("v.place")} GROUP BY ALL"""
    )
    try:
        for block, places in plan_blocks(request.breakdowns, prepared.sizes):
            _add_block(connection, prepared, block, places)
    finally:
        connection.execute(f"DROP TABLE IF EXISTS temp.{GIVEN}")


def _add_block(
    connection: duckdb.DuckDBPyConnection, prepared: Prepared, block: tuple[str, ...], places: tuple[int, ...]
) -> None:
    breakdowns = prepared.request.breakdowns
    names = "".join(f"{quoted(name)}, " for name in block)
    sets = ", ".join(
        f"({''.join(quoted(name) + ', ' for name in breakdowns[place])}perspective, number)" for place in places
    )
    connection.execute(
        f"""INSERT INTO {CONTRIBUTORS} BY NAME
            WITH groups AS (
                SELECT {which_breakdown(breakdowns, block, places)} AS breakdown, {names} perspective, number,
                       sum(fte)::BIGINT AS fte
                FROM {GIVEN} GROUP BY GROUPING SETS ({sets}))
            SELECT breakdown, {names} perspective, count(*) AS organisations,
                   max(fte) AS largest_fte_nano, coalesce(max(fte, 2)[2], 0) AS second_fte_nano
            FROM groups GROUP BY ALL"""
    )
