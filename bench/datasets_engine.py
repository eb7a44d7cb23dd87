"""Answering queries from memory-mapped columns beside DuckDB over the same Parquet: python -m bench datasets_engine [rows].

Both in one process, one thread, DuckDB with a connection that stays open (a pool of one). What is measured is the
work of a query alone: no HTTP, no JSON.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

AREAS, PERIODS = 400, 80


def make(path: Path, number: int) -> None:
    """Write the table."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    place = np.arange(number)
    pieces = {
        "geography_code": ([f"E{area:08d}" for area in range(AREAS)], place % AREAS),
        "time_period": ([f"{2000 + n // 4}-Q{n % 4 + 1}" for n in range(PERIODS)], place // AREAS % PERIODS),
        "role_code": ([f"role-{n}" for n in range(number // (AREAS * PERIODS) + 1)], place // (AREAS * PERIODS)),
        "measure": (["headcount"], place * 0),
    }
    table = {name: pa.array(codes).take(pa.array(at)) for name, (codes, at) in pieces.items()}
    values = np.random.default_rng(7).integers(0, 200_000, number) / 10
    table |= {"value": pa.array(values), "status": pa.array([""]).take(pa.array(place * 0))}
    ordered = pa.table(table).sort_by([("geography_code", "ascending"), ("time_period", "ascending")])
    pq.write_table(ordered, path, row_group_size=max(20_000, number // 50))


def timed(question, seconds: float = 3) -> float:
    """Return the milliseconds of one answer, the best half on average."""
    times = []
    stop = time.perf_counter() + seconds
    while time.perf_counter() < stop or len(times) < 4:
        start = time.perf_counter()
        question()
        times.append(time.perf_counter() - start)
    best = sorted(times)[: max(1, len(times) // 2)]
    return 1000 * sum(best) / len(best)


def main() -> None:
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as name:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings.dev")
        os.environ["CONTENT_STORE_ROOT"] = name
        import django

        django.setup()
        import duckdb

        from portal.datasets.columns import open_columns
        from portal.datasets.grouping import cells, group
        from portal.datasets.limits import Budget
        from portal.datasets.queries import numbers_of, select, texts_of

        path = Path(name) / "big.parquet"
        make(path, number)
        table = open_columns("bench", lambda: path)
        con = duckdb.connect(config={"threads": 1})
        con.execute(f"CREATE VIEW big AS SELECT * FROM read_parquet('{path}')")
        area = "geography_code = 'E00000123'"

        def rows(limit: int) -> list:
            found = select(table, {"geography_code": ["E00000123"]})[:limit]
            return [texts_of(table, column, found) for column in table.codes] + [numbers_of(table, "value", found)]

        def groups(filters: dict) -> dict:
            found = group(table, select(table, filters), ["time_period"], ["count", "sum"], Budget())
            return cells(table, found, slice(None), {})

        by_period = "SELECT time_period, measure, count(*), sum(value) FROM big"
        questions = {
            "100 rows of one area": (lambda: rows(100), f"SELECT * FROM big WHERE {area} LIMIT 100"),
            "1,000 rows of one area": (lambda: rows(1000), f"SELECT * FROM big WHERE {area} LIMIT 1000"),
            "one area by period": (
                lambda: groups({"geography_code": ["E00000123"]}),
                f"{by_period} WHERE {area} GROUP BY ALL ORDER BY ALL",
            ),
            "everything by period": (lambda: groups({}), f"{by_period} GROUP BY ALL ORDER BY ALL"),
        }
        print(f"{number:,} rows")
        for title, (ours, sql) in questions.items():
            columns, engine = timed(ours), timed(lambda sql=sql: con.execute(sql).fetchall())
            print(f"{title:24s} columns {columns:8.2f} ms   DuckDB {engine:8.2f} ms   {engine / columns:5.1f} times")


if __name__ == "__main__":
    main()
