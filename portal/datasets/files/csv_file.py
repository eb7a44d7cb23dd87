"""Tidy CSV (RFC 4180, UTF-8 without a byte order mark): one row per observation, codes and labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from portal.datasets.files.canonical import CanonicalTable

OPTIONS = pyarrow.csv.WriteOptions(eol="\r\n", quoting_style="needed", quoting_header="none")


def csv_columns(table: CanonicalTable) -> list[str]:
    """Return the columns of the CSV: each dimension's code and label, the measure, value, status, attributes."""
    dimensions = [name for dimension in table.dimension_ids for name in (dimension, f"{dimension}_label")]
    return [*dimensions, "measure", "measure_label", "unit", "value", "status", *table.attributes]


def write_csv(table: CanonicalTable, target: Path) -> int:
    """Write the table to ``target`` batch by batch and return the number of rows."""
    lists = {dimension.id: dimension.labels for dimension in table.metadata.dimensions}
    lists["measure"] = table.metadata.measure_labels
    units = {measure.id: measure.unit for measure in table.metadata.measures}
    rows = 0
    writer: pyarrow.csv.CSVWriter | None = None
    with target.open("wb") as sink:
        for batch in table.batches():
            out = _labelled(batch, lists, units, table.attributes)
            writer = writer or pyarrow.csv.CSVWriter(sink, out.schema, write_options=OPTIONS)
            writer.write_batch(out)
            rows += out.num_rows
        if writer:
            writer.close()
    return rows


def _labelled(
    batch: pa.RecordBatch,
    lists: Mapping[str, Mapping[str, str]],
    units: Mapping[str, str],
    attributes: list[str],
) -> pa.RecordBatch:
    columns: dict[str, pa.Array] = {}
    for name, labels in lists.items():
        columns[name] = batch[name]
        columns[f"{name}_label"] = _looked_up(batch[name], labels)
    columns["unit"] = _looked_up(batch["measure"], units)
    columns["value"] = batch["value"]
    # A missing cell is written as nothing; an empty string would be written as two quotes.
    columns["status"] = _empty_to_null(batch["status"])
    for name in attributes:
        columns[name] = _empty_to_null(batch[name]) if pa.types.is_string(batch[name].type) else batch[name]
    return pa.RecordBatch.from_pydict(columns)


def _looked_up(codes: pa.Array, labels: Mapping[str, str]) -> pa.Array:
    positions = pc.index_in(codes, value_set=pa.array(list(labels), pa.string()))
    return _empty_to_null(pa.array(list(labels.values()), pa.string()).take(positions))


def _empty_to_null(column: pa.Array) -> pa.Array:
    return pc.if_else(pc.equal(column, ""), pa.scalar(None, pa.string()), column)
