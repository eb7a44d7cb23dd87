"""The DuckDB connection that runs compute with, and how results are written."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from django.conf import settings

if TYPE_CHECKING:
    from collections.abc import Iterator
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


def write_table(table: pa.Table, sink: Path) -> None:
    """Write a result as Parquet: the same table gives the same bytes."""
    pq.write_table(
        table.combine_chunks(), sink, version="2.6", compression="zstd", compression_level=3, use_dictionary=True,
        write_statistics=True, data_page_version="1.0", store_schema=False, row_group_size=ROWS_IN_GROUP,
    )  # fmt: skip
