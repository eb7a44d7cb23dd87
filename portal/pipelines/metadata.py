"""What a dataset version says about itself: dimensions with codes, measures, definitions, coverage."""

from __future__ import annotations

import calendar
from typing import TYPE_CHECKING, Any

import pyarrow.compute as pc
import pyarrow.parquet as pq

from portal.pipelines.code_lists import Code, codes_of
from portal.pipelines.estimation_quality import estimation_of
from portal.pipelines.synthetic import LABEL

if TYPE_CHECKING:
    from pathlib import Path

    from portal.pipelines.specification import Dimension, Specification


def metadata_of(specification: Specification, lineage: dict[str, Any], observations: Path) -> dict[str, Any]:
    """Return the metadata of a version. Nothing in it depends on when or by whom the run was made."""
    used = _codes_used(specification, observations)
    synthetic = lineage["synthetic"]
    return {
        "title": specification.title,
        "description": specification.description,
        "synthetic": synthetic,
        "label": LABEL if synthetic else "",
        "dimensions": [
            {"id": column, "label": label, "codes": [_plain(code) for code in codes if code.code in used[column]]}
            for column, label, codes in _columns(specification, lineage)
        ],
        "measures": [
            {"id": measure.id, "label": measure.label, "unit": measure.unit, "decimals": measure.decimals}
            for measure in specification.measures
        ],
        "default_perspective": specification.default_perspective,
        "perspectives": {item["code"]: item["version"] for item in lineage["definitions"]["perspectives"]},
        "roles": lineage["definitions"]["roles"],
        "coverage": _coverage(lineage["coverage"]),
        "headlines": [item.model_dump(mode="json") for item in specification.headlines],
        "charts": [item.model_dump(mode="json") for item in specification.charts],
        "tables": [item.model_dump(mode="json") for item in specification.release_tables],
        "protection": specification.protection.model_dump(mode="json"),
        **estimation_of(specification, lineage, observations),
        # What holds of these records only, such as which directory they were placed with, comes with them.
        "notes": [*([LABEL] if synthetic else []), *specification.notes, *lineage.get("notes", ())],
    }


def _coverage(by_period: dict[str, Any]) -> dict[str, Any]:
    """Return the response of the latest period, and of each."""
    latest = by_period[max(by_period)]
    return {"received": latest["accepted"], "expected": latest["expected"], "by_period": by_period}


def period_label(period: str) -> str:
    """Return “March 2022” for “2022-03”."""
    year, month = period.split("-")
    return f"{calendar.month_name[int(month)]} {year}"


def _codes_used(specification: Specification, observations: Path) -> dict[str, set[str]]:
    columns = specification.columns()
    table = pq.read_table(observations, columns=columns)
    return {column: set(pc.unique(table[column]).to_pylist()) for column in columns}


def _plain(code: Code) -> dict[str, str]:
    return {"code": code.code, "label": code.label} | ({"parent": code.parent} if code.parent else {})


def _columns(specification: Specification, lineage: dict[str, Any]) -> list[tuple[str, str, list[Code]]]:
    """Return id, label and codes of every column that says which cell an observation is."""
    periods = [Code(item["time_period"], period_label(item["time_period"])) for item in lineage["snapshots"]]
    perspectives = [Code(item["code"], item["label"]) for item in lineage["definitions"]["perspectives"]]
    columns: list[tuple[str, str, list[Code]]] = [("time_period", "Period", periods)]
    for dimension in specification.dimensions:
        codes = _codes(dimension, specification.family)
        if len(dimension.levels) == 1:
            columns.append((dimension.id, dimension.label, codes))
            continue
        levels = [Code(level.id, level.label) for level in dimension.levels]
        columns.append((f"{dimension.id}_level", f"{dimension.label} level", levels))
        columns.append((f"{dimension.id}_code", dimension.label, codes))
    return [*columns, ("perspective", "Perspective", perspectives)] if perspectives else columns


def _codes(dimension: Dimension, family: str) -> list[Code]:
    """Return the codes of every level, each code once, with the total of the dimension as their parent."""
    found: dict[str, Code] = {}
    for level in dimension.levels:
        codes = codes_of(level.code_list, family) if level.column else [Code(level.total_code, level.total_label)]
        for code in codes:
            found.setdefault(code.code, code)
    return list(found.values())
