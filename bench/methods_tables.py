"""All tables of up to three of eight dimensions under four perspectives: ours, bare DuckDB, bare polars, the ONS package.

    python -m bench.methods_tables [records] [--ons | --ours]

"Bare" is the same aggregation (people as rows, FTE, record keys), without distinct people and without protection, so
ours does more. The ONS package takes minutes; it is timed on a few tables and the time is scaled to all of them.
Then ours alone, in a process of its own and from a file that another made, so that its peak memory is the work's own;
`--ours` does this only.
"""

from __future__ import annotations

import contextlib
import io
import re
import sys
import tempfile
import time
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import polars as pl

from bench.methods_data import PERSPECTIVES, SIZES, breakdowns, load
from portal.methods.measures import compute_cells
from portal.methods.protection import PTable, protect_cells

if TYPE_CHECKING:
    from collections.abc import Callable

SAMPLE = 6
MEMORY = "1500MB"  # the engine has such a limit too, and spills to its folder beyond it


def timed(work, runs=2) -> float:
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def bare_duckdb(connection, tables) -> None:
    names = ", ".join(SIZES)
    sums = ", ".join(
        f"count(*) FILTER ({test}) AS n_{code}, sum(fte_nano) FILTER ({test}) AS f_{code}, "
        f"sum(noise_key) FILTER ({test}) AS k_{code}"
        for code, test in PERSPECTIVES.items()
    )
    sets = ", ".join(f"({', '.join(table)})" for table in tables)
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE bare AS
            SELECT {names}, GROUPING({names}) AS which, {sums} FROM records GROUP BY GROUPING SETS ({sets})"""
    )


def bare_polars(frame, tables) -> None:
    members = [(pl.col("mask") & (1 << bit)) != 0 for bit in range(4)]
    parts = []
    for bit, inside in enumerate(members):
        parts += [
            inside.sum().alias(f"n{bit}"),
            pl.col("fte_nano").filter(inside).sum().alias(f"f{bit}"),
            pl.col("noise_key").cast(pl.Int64).filter(inside).sum().alias(f"k{bit}"),
        ]
    finest = frame.lazy().group_by(list(SIZES)).agg(parts).collect().lazy()
    sums = [pl.col(f"{letter}{bit}").sum() for bit in range(4) for letter in "nfk"]
    pl.collect_all([finest.group_by(table).agg(sums) if table else finest.select(sums) for table in tables])


def ons_package(connection, tables) -> float:
    import pandas as pd
    from cell_key_perturbation.create_perturbed_table import create_perturbed_table

    rows = [
        {"pcv": count, "ckey": key, "pvalue": int(PTable.ten_five().changes[count, key])}
        for count in range(1, 751) for key in range(256)
    ]  # fmt: skip
    changes = pd.DataFrame(rows)
    frame = connection.sql(f"SELECT {', '.join(SIZES)}, mask, noise_key FROM records").df()
    chosen = [table for table in tables if table][:: max(1, len(tables) // SAMPLE)][:SAMPLE]
    start = time.perf_counter()
    for place, table in enumerate(chosen):
        inside = frame[(frame["mask"] & (1 << place % 4)) != 0]
        with contextlib.redirect_stdout(io.StringIO()):
            create_perturbed_table(inside, changes, [], list(table), "noise_key", threshold=10)
    return (time.perf_counter() - start) / len(chosen) * len(tables) * len(PERSPECTIVES)


def alone(size: int) -> None:
    """Time the work on a file, as a snapshot is one; another process makes it, so that the memory is the work's own."""
    connection = duckdb.connect(config={"threads": 2})
    with tempfile.TemporaryDirectory(prefix="methods-tables-") as folder:
        file = Path(folder) / "records.parquet"
        in_its_own_process(write_records, size, str(file))
        connection.execute(f"SET temp_directory = '{folder}/spill'; SET memory_limit = '{MEMORY}'")
        before = peak_memory()
        mine = timed(lambda: ours(connection, f"read_parquet('{file}')"), 1)
        print(f"ours alone, from a file, once          {mine:7.2f} s")
        print(f"peak memory of its process: {peak_memory():,.0f} MB, {before:,.0f} MB before it began")


def peak_memory() -> float:
    """Return the most memory that this process held, in MB; getrusage would begin with what its parent held."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 1024


def in_its_own_process(work: Callable[..., None], *given: object) -> None:
    process = get_context("spawn").Process(target=work, args=given)
    process.start()
    process.join()
    if process.exitcode:
        sys.exit(f"{work.__name__} ended with {process.exitcode}.")


def write_records(size: int, file: str) -> None:
    with duckdb.connect(config={"threads": 2}) as connection:
        load(connection, size)
        connection.execute(f"COPY records TO '{file}' (FORMAT parquet)")


def ours(connection, relation: str = "records") -> None:
    cells = compute_cells(connection, relation, breakdowns=breakdowns(3), perspectives=PERSPECTIVES, contributors=False)
    protect_cells(cells, measures=("headcount", "posts"))


def beside_peers(size: int) -> None:
    """Time ours and the peers on the same table in memory."""
    tables = breakdowns(3)
    connection = duckdb.connect(config={"threads": 2})
    load(connection, size)
    mine = timed(lambda: ours(connection))
    print(f"ours, distinct people and protection   {mine:7.2f} s")
    frame = connection.sql(f"SELECT {', '.join(SIZES)}, mask, fte_nano, noise_key FROM records").pl()
    peers = {"bare DuckDB": timed(lambda: bare_duckdb(connection, tables), 1)}
    peers["bare polars"] = timed(lambda: bare_polars(frame, tables), 1)
    for name, seconds in peers.items():
        print(f"{name:38s} {seconds:7.2f} s   ours takes {mine / seconds:.2f} of it")
    if "--ons" in sys.argv:
        seconds = ons_package(connection, tables)
        print(
            f"{'ONS package, scaled from ' + str(SAMPLE) + ' tables':38s} {seconds:7.1f} s   {seconds / mine:.0f} times ours"
        )


def main() -> None:
    numbers = [int(word) for word in sys.argv[1:] if word.isdigit()]
    size = numbers[0] if numbers else 1_000_000
    print(f"{size:,} records, {len(breakdowns(3))} tables, {len(PERSPECTIVES)} perspectives, 2 threads", flush=True)
    if "--ours" not in sys.argv:
        beside_peers(size)
    sys.stdout.flush()
    in_its_own_process(alone, size)


if __name__ == "__main__":
    main()
