"""The same cells on a cluster: `compute_cells` in Spark SQL.

PySpark is not a dependency of the portal: it is looked for when this engine is asked for. Whatever adds up is added
up once at the finest key and rolled up; people with several posts, who do not add up, are counted by name in each
cell. Every sum is a sum of whole numbers, so the cells are those of the default engine, row for row.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from portal.methods.measures.plan import TOTAL, MeasureError, Request, make_request

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

KEYS = 256
PERSON = "worker_key IS NOT NULL"
SUMS = "sum(records) AS records, sum(people) AS people, sum(posts) AS posts, sum(fte_nano) AS fte_nano, sum(noise) AS noise"
TYPES = {
    "people": pa.int64(), "posts": pa.int64(), "fte_nano": pa.int64(), "cell_key": pa.int16(),
    "organisations": pa.int32(), "largest_fte_nano": pa.int64(), "second_fte_nano": pa.int64(),
}  # fmt: skip


def spark_session(*, threads: int, memory: str, folder: str) -> Any:
    """Return a session on this machine that writes below one folder and shows no page of its own."""
    try:
        spark = import_module("pyspark.sql").SparkSession
    except ModuleNotFoundError:
        raise MeasureError(
            "The engine is set to pyspark, and PySpark is not installed: install the group “spark”."
        ) from None
    settings = {
        "spark.driver.memory": memory,
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.local.dir": folder,
        "spark.sql.warehouse.dir": folder,
        "spark.sql.shuffle.partitions": str(4 * threads),
        "spark.sql.ansi.enabled": "true",  # a sum that overflows is an error, not another number
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
    }
    builder = spark.builder.master(f"local[{threads}]").appName("statistics")
    for name, value in settings.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    return session


def compute_cells_on_spark(
    session: Any,
    path: str,
    *,
    breakdowns: Sequence[tuple[str, ...]],
    perspectives: Mapping[str, str],
    contributors: bool = True,
) -> pa.Table:
    """Return what `compute_cells` returns, from a Parquet file or folder of records."""
    session.read.parquet(path).createOrReplaceTempView("measures_records")
    request = make_request("measures_records", breakdowns, perspectives)
    _refuse_missing(session, request)
    _views(session, request)
    found = session.sql(_cells(request)).toArrow()
    if contributors:
        given = session.sql(_contributors(request)).toArrow()
        found = found.join(given, ["perspective", "breakdown", *request.dimensions], join_type="inner")
    return _arranged(found, request, contributors=contributors)


def _refuse_missing(session: Any, request: Request) -> None:
    tests = ", ".join(
        f"count_if({_name(name)} IS NULL OR {_name(name)} = '{TOTAL}') AS {_name(name)}" for name in request.dimensions
    )
    keys = "count_if(noise_key IS NULL OR noise_key < 0 OR noise_key > 255 OR weight_count < 0) AS unkeyed"
    row = session.sql(f"SELECT {', '.join(filter(None, [tests, keys]))} FROM {request.relation}").first()
    wrong = [name for name, number in row.asDict().items() if number]
    if wrong:
        raise MeasureError(f"Column {wrong[0]} holds NULL, {TOTAL!r} or a number out of range; mend the records.")


def _views(session: Any, request: Request) -> None:
    """Name what the queries share: the finest sums by perspective, and the people with several posts."""
    names = "".join(f"{_name(name)}, " for name in request.dimensions)
    tests = ", ".join(
        f"IF({predicate}, {place}, NULL)" for place, predicate in enumerate(request.perspectives.values())
    )
    session.sql(
        f"""SELECT {names} worker_key, noise_key, kind, weight_count, fte_nano, organisation_group_key,
                   array_compact(array({tests})) AS inside
            FROM {request.relation}"""
    ).createOrReplaceTempView("measures_marked")
    session.sql(
        f"SELECT worker_key FROM measures_marked WHERE {PERSON} GROUP BY worker_key HAVING count(*) > 1"
    ).createOrReplaceTempView("measures_several")
    session.sql(
        f"""SELECT {names} inside, count(*) AS records,
                   sum(CASE WHEN {PERSON} THEN 1 WHEN kind = 'aggregate' THEN weight_count ELSE 0 END) AS people,
                   sum(weight_count) AS posts, sum(fte_nano) AS fte_nano,
                   sum(CASE WHEN {PERSON} OR kind = 'aggregate' THEN noise_key ELSE 0 END) AS noise
            FROM measures_marked GROUP BY {names} inside"""
    ).createOrReplaceTempView("measures_base")
    session.sql(
        f"""SELECT {names} inside, worker_key, noise_key
            FROM measures_marked LEFT SEMI JOIN measures_several USING (worker_key)"""
    ).createOrReplaceTempView("measures_many")


def _cells(request: Request) -> str:
    """SQL of the cells: sums of posts, less the posts of people with several, plus those people by name."""
    names = "".join(f"{_name(name)}, " for name in request.dimensions)
    sets = _sets(request, "place")
    people = _sets(request, "place, worker_key")
    return f"""
        WITH posts AS (
            SELECT {names} place, {_which(request)} AS breakdown, {SUMS}
            FROM (SELECT *, explode(inside) AS place FROM measures_base) GROUP BY GROUPING SETS ({sets})),
        counted AS (
            SELECT {names} place, {_which(request)} AS breakdown, 0L AS records, -count(*) AS people, 0L AS posts,
                   0L AS fte_nano, -sum(noise_key) AS noise
            FROM (SELECT *, explode(inside) AS place FROM measures_many) GROUP BY GROUPING SETS ({sets})),
        named AS (
            SELECT {names} place, breakdown, 0L AS records, count(*) AS people, 0L AS posts, 0L AS fte_nano,
                   sum(noise) AS noise
            FROM (SELECT {names} place, {_which(request)} AS breakdown, worker_key, max(noise_key) AS noise
                  FROM (SELECT *, explode(inside) AS place FROM measures_many) GROUP BY GROUPING SETS ({people}))
            GROUP BY {names} place, breakdown)
        SELECT place AS perspective, breakdown, {_codes(request)} sum(people) AS people, sum(posts) AS posts,
               sum(fte_nano) AS fte_nano, pmod(sum(noise), {KEYS}) AS cell_key
        FROM (SELECT * FROM posts UNION ALL SELECT * FROM counted UNION ALL SELECT * FROM named)
        GROUP BY {names} place, breakdown HAVING sum(records) > 0"""


def _contributors(request: Request) -> str:
    """SQL of the number of organisation groups in each cell and the two largest sums."""
    names = "".join(f"{_name(name)}, " for name in request.dimensions)
    return f"""
        WITH finest AS (
            SELECT {names} inside, organisation_group_key, sum(fte_nano) AS fte
            FROM measures_marked GROUP BY {names} inside, organisation_group_key),
        given AS (
            SELECT {names} place, {_which(request)} AS breakdown, organisation_group_key, sum(fte) AS fte
            FROM (SELECT *, explode(inside) AS place FROM finest)
            GROUP BY GROUPING SETS ({_sets(request, "place, organisation_group_key")})),
        ranked AS (
            SELECT *, row_number() OVER (PARTITION BY {names} place, breakdown ORDER BY fte DESC) AS rank FROM given)
        SELECT place AS perspective, breakdown, {_codes(request)} count(*) AS organisations,
               max(fte) AS largest_fte_nano, coalesce(max(IF(rank = 2, fte, NULL)), 0L) AS second_fte_nano
        FROM ranked GROUP BY {names} place, breakdown"""


def _sets(request: Request, others: str) -> str:
    return ", ".join(f"({''.join(_name(name) + ', ' for name in names)}{others})" for names in request.breakdowns)


def _which(request: Request) -> str:
    """SQL that tells which breakdown a row of the grouping sets belongs to."""
    if not request.dimensions:
        return "0"
    bits = " + ".join(f"{1 << at} * CAST(grouping({_name(name)}) AS INT)" for at, name in enumerate(request.dimensions))
    cases = []
    for place, breakdown in enumerate(request.breakdowns):
        mask = sum(1 << at for at, name in enumerate(request.dimensions) if name not in breakdown)
        cases.append(f"WHEN {mask} THEN {place}")
    return f"CASE {bits} {' '.join(cases)} END"


def _codes(request: Request) -> str:
    return "".join(f"coalesce({_name(name)}, '{TOTAL}') AS {_name(name)}, " for name in request.dimensions)


def _name(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def _arranged(found: pa.Table, request: Request, *, contributors: bool) -> pa.Table:
    """Return the cells in the order, with the names and types, of the default engine."""
    labels = [",".join(breakdown) for breakdown in request.breakdowns]
    codes = list(request.perspectives)
    # an unused dimension is an empty text here, which sorts before every code as the total does
    keys = {
        name: ["" if code == TOTAL else code for code in found.column(name).to_pylist()] for name in request.dimensions
    }
    places = {name: found.column(name) for name in ("perspective", "breakdown")}
    order = pa.table({**places, **keys}).append_column("at", pa.array(range(found.num_rows), pa.int64()))
    sorted_by = [(name, "ascending") for name in ("perspective", "breakdown", *request.dimensions)]
    found = found.take(order.sort_by(sorted_by).column("at"))
    numbers = list(TYPES) if contributors else list(TYPES)[:4]
    columns: dict[str, Any] = {
        "perspective": pa.array([codes[place] for place in found.column("perspective").to_pylist()], pa.string()),
        "breakdown": pa.array([labels[place] for place in found.column("breakdown").to_pylist()], pa.string()),
    }
    columns |= {name: found.column(name).cast(pa.string()) for name in request.dimensions}
    columns |= {name: found.column(name).cast(TYPES[name]) for name in numbers}
    return pa.table(columns).combine_chunks()
