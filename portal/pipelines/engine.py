"""The engine that runs compute with, chosen by `STATISTICS_ENGINE`, and how results are written.

DuckDB is the default. With `pyspark` the cells, which are the work that grows with the records, come from Spark; the
audit and the files work on cells and stay where they are. Cells are the same on both, row for row (`make scale`).
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from django.conf import settings

from portal.methods.measures import compute_cells
from portal.methods.measures.on_spark import compute_cells_on_spark, spark_session
from portal.pipelines.errors import PipelineError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

ROWS_IN_GROUP = 122_880


@contextmanager
def connect(folder: Path, *, threads: int | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield a connection that spills to ``folder`` and loads nothing from elsewhere."""
    connection = duckdb.connect(
        config={
            "threads": threads or settings.STATISTICS_THREADS,
            "temp_directory": str(folder / "spill"),
            "memory_limit": settings.STATISTICS_MEMORY,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        },
    )
    try:
        yield connection
    finally:
        connection.close()


def cells_from(
    connection: duckdb.DuckDBPyConnection,
    snapshot: Path,
    *,
    breakdowns: Sequence[tuple[str, ...]],
    perspectives: Mapping[str, str],
) -> pa.Table:
    """Return the cells of a sealed file from the engine that the settings name."""
    asked = {"breakdowns": breakdowns, "perspectives": perspectives}
    match settings.STATISTICS_ENGINE:
        case "duckdb":
            return compute_cells(connection, f"read_parquet('{snapshot}')", **asked)
        case "pyspark":
            folder = settings.DATA_DIR / "spark"
            folder.mkdir(parents=True, exist_ok=True)
            session = spark_session(
                threads=settings.STATISTICS_THREADS, memory=settings.STATISTICS_MEMORY, folder=str(folder)
            )
            return compute_cells_on_spark(session, str(snapshot), **asked)
        case other:
            raise PipelineError(f"STATISTICS_ENGINE is “{other}”; it may be duckdb or pyspark.")


def write_table(table: pa.Table, sink: Path) -> None:
    """Write a result as Parquet: the same table gives the same bytes."""
    pq.write_table(
        table.combine_chunks(), sink, version="2.6", compression="zstd", compression_level=3, use_dictionary=True,
        write_statistics=True, data_page_version="1.0", store_schema=False, row_group_size=ROWS_IN_GROUP,
    )  # fmt: skip
