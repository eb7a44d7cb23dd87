"""A figure as a file: the data of a chart or table as CSV, the chart as SVG."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from portal.publications.charts import Chart

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def csv_of_chart(chart: Chart) -> str:
    """Return the points of a chart: one row each, numbers as numbers, the status in its own column."""
    ranged = any(point.low is not None for series in chart.series for point in series.points)
    head = ["series", "category", "code", "value", "status", *(["low", "high"] if ranged else [])]
    rows: list[list[Any]] = [head]
    for series in chart.series:
        for point in series.points:
            row = [_safe(series.label), _safe(point.label), _safe(point.code), _number(point.value), point.status]
            rows.append([*row, _number(point.low), _number(point.high)] if ranged else row)
    return _written(rows)


def csv_of_table(table: dict[str, Any]) -> str:
    """Return the cells of a table: one row each, numbers as numbers, the status in its own column."""
    heads = [column["label"] for column in table["columns"]]
    rows: list[list[Any]] = [["row", "column", "value", "status"]]
    for line in table["rows"]:
        for head, cell in zip(heads[1:], line["cells"], strict=True):
            rows.append([_safe(line["header"]), _safe(head), _number(cell["value"]), cell["status"]])
    return _written(rows)


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return str(int(value)) if value == int(value) else repr(value)


def _safe(text: str) -> str:
    """Return text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def _written(rows: list[list[Any]]) -> str:
    sink = io.StringIO()
    csv.writer(sink, lineterminator="\r\n").writerows(rows)
    return sink.getvalue()
