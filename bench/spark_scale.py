"""The same cells on PySpark in local mode as on the default engine, row for row: random records, then 5,000,000.

`make scale` runs it in an environment of its own (PySpark and Java); a number sets the records.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from bench.methods_data import PERSPECTIVES, load
from portal.methods.measures import compute_cells
from portal.methods.measures.on_spark import compute_cells_on_spark, spark_session

THREADS = 2
BREAKDOWNS = [
    (), ("role_code",), ("region_code",), ("region_code", "role_code"), ("provider_type",),
    ("region_code", "provider_type"), ("role_code", "provider_type"), ("region_code", "role_code", "provider_type"),
]  # fmt: skip


def main() -> None:
    if not shutil.which("java"):
        sys.exit("PySpark needs Java 17 or later, and there is none on the path.")
    size = next((int(word) for word in sys.argv[1:] if word.isdigit()), 5_000_000)
    with tempfile.TemporaryDirectory(prefix="spark-scale-") as name:
        started = time.perf_counter()
        session = spark_session(threads=THREADS, memory=os.environ.get("SPARK_MEMORY", "4g"), folder=name)
        print(
            f"PySpark {session.version}, local mode, {THREADS} threads, started in {time.perf_counter() - started:.1f} s"
        )
        try:
            small(session, Path(name) / "small.parquet")
            large(session, Path(name) / "large.parquet", size)
        finally:
            session.stop()


def small(session, path: Path) -> None:
    """Services, aggregates and people with up to many posts: everything that a snapshot may hold."""
    from tests.unit.methods.records import PREDICATES, random_records

    for seed in range(3):
        records = random_records(2_000, seed, several_posts=0.4)
        breakdowns = [("time_period",), ("time_period", "region_code"), ("time_period", "role_code", "sex")]
        pq.write_table(records, path)
        compare(session, path, breakdowns, PREDICATES, "random records of every kind", records.num_rows)


def large(session, path: Path, size: int) -> None:
    connection = duckdb.connect(config={"threads": THREADS})
    load(connection, size)
    connection.execute(f"COPY records TO '{path}' (FORMAT parquet)")
    connection.close()
    compare(session, path, BREAKDOWNS, PERSPECTIVES, "synthetic records", size)


def compare(session, path: Path, breakdowns, perspectives, what: str, size: int) -> None:
    started = time.perf_counter()
    connection = duckdb.connect(config={"threads": THREADS})
    asked = {"breakdowns": breakdowns, "perspectives": perspectives}
    ours = compute_cells(connection, f"read_parquet('{path}')", **asked)
    connection.close()
    middle = time.perf_counter()
    theirs = compute_cells_on_spark(session, str(path), **asked)
    ended = time.perf_counter()
    same = same_cells(ours, theirs)
    print(
        f"{size:,} {what}: {ours.num_rows:,} cells, DuckDB {middle - started:.1f} s, PySpark {ended - middle:.1f} s, "
        f"{'the same cells' if same else 'DIFFERENT CELLS'}"
    )
    if not same:
        sys.exit(1)


def same_cells(ours: pa.Table, theirs: pa.Table) -> bool:
    """Compare names, types, order and every value."""
    return ours.schema.equals(theirs.schema) and ours.equals(theirs)


if __name__ == "__main__":
    main()
