"""From cells to what a page shows: headline figures, sentences, charts and tables. No HTML but SVG."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from portal.publications.binding import PERIOD, PERSPECTIVE, Binding, UnboundFigureError
from portal.publications.blocks import filters_of
from portal.publications.changes import PER_CENT, Change, change_between, moved_words
from portal.publications.charts import Chart, ChartKind, Point, Series, format_value, sparkline
from portal.publications.charts.layouts import layout_for
from portal.publications.findings import title_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from portal.datasets.queries import Observation

MONTHS = {
    "January": "Jan",
    "February": "Feb",
    "March": "Mar",
    "April": "Apr",
    "August": "Aug",
    "September": "Sep",
    "October": "Oct",
    "November": "Nov",
    "December": "Dec",
}
NOT_KNOWN = "not_known"
ESTIMATE = "_estimate"
MANY_COLUMNS = 4
LEFT_OUT = "{number} of {all} rows are left out: they have no figure that may be shown. The dataset has them all."


def coverage_words(cell: Observation | None) -> str:
    """Say from how many organisations a figure comes, where the data knows it."""
    if cell is None:
        return ""
    received, expected = cell.attributes.get("coverage_received"), cell.attributes.get("coverage_expected")
    if received is None or not expected:
        return ""
    return f"From {received:,} of {expected:,} organisations"


def headline(block: Mapping[str, Any], binding: Binding) -> dict[str, Any]:
    """Return a headline figure as the tile template takes it."""
    selection = block["cells"]
    cell = binding.cell(selection)
    measure = binding.measure(selection["measure"])
    period = selection.get("period") or binding.period
    tile = {
        "label": block["label"],
        "value": _value(cell, measure.decimals, measure.unit),
        "unit": measure.unit,
        "measure": measure.label,
        "period": binding.label(PERIOD, period),
        "perspective": binding.label(PERSPECTIVE, selection.get("perspective") or binding.perspective),
        "coverage": coverage_words(cell),
        "quality": _quality(cell),
        "change": "",
        "raw": None if cell is None else cell.value,
    }
    if cell is None:
        tile["quality"] = "Not published under this perspective."
    before = binding.period_before(period)
    if block.get("compare") and before:
        change = change_between(
            cell, binding.cell(selection, period=before), decimals=measure.decimals, unit=measure.unit
        )
        tile["change"] = _change_words(change, measure.decimals, binding.label(PERIOD, before), measure.unit)
    tile["sparkline"] = _spark(selection, binding)
    return tile


def _value(cell: Observation | None, decimals: int, unit: str = "") -> str:
    if cell is None:
        return format_value(None, status="z")
    words = format_value(cell.value, status=cell.status, decimals=decimals)
    if unit != PER_CENT or cell.value is None:
        return words
    number, _, mark = words.partition(" ")
    return f"{number}% {mark}".strip()


def _quality(cell: Observation | None) -> str:
    from portal.publications.charts.words import MEANINGS  # noqa: PLC0415 - the words belong to the charts

    return MEANINGS[cell.status].capitalize() if cell is not None and cell.status else ""


def _change_words(change: Change, decimals: int, before: str, unit: str = "") -> str:
    if change.absolute is None:
        return f"Cannot be compared with {before}"
    if change.absolute == 0:
        return f"No change since {before}"
    way = "Up" if change.absolute > 0 else "Down"
    share = "" if change.percent is None or unit == PER_CENT else f" ({abs(change.percent):,.1f}%)"
    return f"{way} {moved_words(change.absolute, decimals, unit)}{share} since {before}"


def _spark(selection: Mapping[str, Any], binding: Binding) -> str:
    if not binding.periods:
        return ""
    by_period = {cell[PERIOD]: cell for cell in binding.cells(selection, free=(PERIOD,))}
    points = [
        Point(
            code,
            by_period[code].value if code in by_period else None,
            by_period[code].status if code in by_period else "x",
        )
        for code in binding.periods
    ]
    return sparkline(points)


def sentence(block: Mapping[str, Any], binding: Binding) -> str:
    """Return a sentence with its figures read from the data."""
    selection = block["cells"]
    cell = binding.cell(selection)
    measure = binding.measure(selection["measure"])
    period = selection.get("period") or binding.period
    before = binding.period_before(period)
    previous = binding.cell(selection, period=before) if before else None
    change = change_between(cell, previous, decimals=measure.decimals, unit=measure.unit)
    places = measure.decimals
    area = filters_of(selection).get("geography_code", "")
    return block["text"].format(
        subject=block.get("subject") or measure.label,
        movement=change.movement,
        value=_value(cell, places, measure.unit),
        previous=_value(previous, places, measure.unit),
        change="[x]" if change.absolute is None else moved_words(change.absolute, places, measure.unit),
        percent="[x]" if change.percent is None else f"{abs(change.percent):,.1f}%",
        period=binding.label(PERIOD, period),
        previous_period=binding.label(PERIOD, before) if before else "the period before",
        perspective=binding.label(PERSPECTIVE, selection.get("perspective") or binding.perspective),
        area=binding.label("geography_code", area) if area else "",
    )


def chart(block: Mapping[str, Any], binding: Binding) -> Chart | None:
    """Return a chart of the selection, None where the perspective has none of its cells."""
    selection, x, by = block["cells"], block["x"], block.get("series") or ""
    for name in (x, by):
        if name and name not in binding.version.meta.by_id:
            raise UnboundFigureError(f"{binding.version} has no column “{name}”.")
    kind = ChartKind(block["kind"])
    cells = binding.cells(selection, free=(x, by) if by else (x,))
    if kind is ChartKind.TILE_MAP:
        cells = [cell for cell in cells if layout_for({cell[x]})]
    if not cells:
        return None
    measure = binding.measure(selection["measure"])
    categories = _codes(binding, x, cells)
    if block.get("largest_first"):
        categories.sort(key=_sizes(cells, x).__getitem__, reverse=True)
    if kind is ChartKind.RANGE and not by:
        _give_bounds(cells, block, binding)
    rows = _codes(binding, by, cells) if by else [""]
    table = {(cell[by] if by else "", cell[x]): cell for cell in cells}
    series = tuple(
        Series(
            binding.label(by, row) if by else "",
            tuple(_point(binding, x, code, table.get((row, code))) for code in categories),
        )
        for row in rows
    )
    return Chart(
        kind=kind,
        title=title_of(block, binding, series),
        subtitle=_subtitle(block, binding),
        series=series,
        decimals=measure.decimals,
        description=block.get("description") or "",
    )


def _sizes(cells: list[Observation], dimension: str) -> dict[str, float]:
    """Return what the cells of each code add up to, to order by; what is hidden counts least, unknowns come last."""
    sizes: dict[str, float] = {}
    for cell in cells:
        code = cell[dimension]
        sizes[code] = sizes.get(code, 0.0) + (-1.0 if cell.value is None else cell.value)
    return sizes | ({NOT_KNOWN: float("-inf")} if NOT_KNOWN in sizes else {})


def _give_bounds(cells: list[Observation], block: Mapping[str, Any], binding: Binding) -> None:
    """Give each value the ends of its range, where measures of its name with _low and _high hold them.

    Where there is an estimate beside what was returned, the interval is the estimate’s.
    """
    measure, x = block["cells"]["measure"], block["x"]
    known = {item.id for item in binding.version.meta.measures}
    if f"{measure}{ESTIMATE}" in known:
        return
    for end in ("low", "high"):
        of_end = f"{measure.removesuffix(ESTIMATE)}_{end}"
        if of_end not in known:
            continue
        others = binding.cells({**block["cells"], "measure": of_end}, free=(x,))
        value = {cell[x]: cell.value for cell in others}
        for cell in cells:
            cell.attributes.setdefault(end, value.get(cell[x]))


def _codes(binding: Binding, dimension: str, cells: list[Observation]) -> list[str]:
    """Return the codes that occur, in the order of the code list; what is not known comes last."""
    used = {cell[dimension] for cell in cells}
    order = sorted(binding.periods) if dimension == PERIOD else list(binding.version.meta.by_id[dimension].labels)
    listed = [code for code in order if code in used]
    return [code for code in listed if code != NOT_KNOWN] + [code for code in listed if code == NOT_KNOWN]


def _point(binding: Binding, x: str, code: str, cell: Observation | None) -> Point:
    label = binding.label(x, code)
    if x == PERIOD:
        month, _, year = label.partition(" ")
        label = f"{MONTHS.get(month, month)} {year}".strip()
    if cell is None:
        return Point(label, None, "x", code=code)
    low, high = cell.attributes.get("low"), cell.attributes.get("high")
    return Point(label, cell.value, cell.status, low=low, high=high, code=code)


def _subtitle(block: Mapping[str, Any], binding: Binding) -> str:
    free = {block["x"], block.get("series") or ""}
    parts = [block["subtitle"]]
    if binding.measure(block["cells"]["measure"]).unit == PER_CENT:
        parts.append("per cent")
    if PERSPECTIVE not in free and binding.perspective_label:
        parts.append(binding.label(PERSPECTIVE, block["cells"].get("perspective") or binding.perspective))
    if PERIOD in free:
        parts.append(f"{binding.label(PERIOD, binding.periods[0])} to {binding.label(PERIOD, binding.periods[-1])}")
    elif binding.periods:
        parts.append(binding.label(PERIOD, block["cells"].get("period") or binding.period))
    return ", ".join(parts)


def table_of_chart(drawn: Chart, *, name: str, x_label: str, value_label: str, by_label: str = "") -> dict[str, Any]:
    """Return the data of a chart as the table template takes it: what there are more of goes down, not across."""
    across = [series.label or value_label for series in drawn.series]
    # On a phone the tiles of a map carry codes: the table says whose they are.
    codes = [f" ({point.code})" if drawn.kind is ChartKind.TILE_MAP else "" for point in drawn.series[0].points]
    down = [f"{label}{code}" for label, code in zip(drawn.labels, codes, strict=True)]
    points = [[series.points[index] for series in drawn.series] for index in range(len(down))]
    if len(across) > max(len(down), MANY_COLUMNS):
        across, down, points = down, across, [list(series.points) for series in drawn.series]
        x_label = by_label
    return {
        "id": f"{name}-data",
        "caption": f"{drawn.title}: {drawn.subtitle}",
        "columns": [{"label": x_label}, *({"label": head, "numeric": True} for head in across)],
        "rows": [
            {"header": head, "cells": [_text_cell(point.value, point.status, drawn.decimals) for point in row]}
            for head, row in zip(down, points, strict=True)
        ],
    }


def _text_cell(value: float | None, status: str, decimals: int) -> dict[str, Any]:
    return {
        "text": format_value(value, status=status, decimals=decimals),
        "symbol": value is None,
        "value": value,
        "status": status,
    }


def table(block: Mapping[str, Any], binding: Binding, *, name: str) -> dict[str, Any] | None:
    """Return a table of the selection, None where the perspective has none of its cells."""
    selection, down, across = block["cells"], block["rows"], block.get("columns") or ""
    for dimension in (down, across):
        if dimension and dimension not in binding.version.meta.by_id:
            raise UnboundFigureError(f"{binding.version} has no column “{dimension}”.")
    cells = binding.cells(selection, free=(down, across) if across else (down,))
    if not cells:
        return None
    measure = binding.measure(selection["measure"])
    heads = _codes(binding, across, cells) if across else [""]
    found = {(cell[down], cell[across] if across else ""): cell for cell in cells}
    rows = []
    for code in _codes(binding, down, cells):
        line = [found.get((code, head)) for head in heads]
        rows.append(
            {
                "header": binding.label(down, code),
                "cells": [
                    _text_cell(cell.value, cell.status, measure.decimals) if cell else _text_cell(None, "z", 0)
                    for cell in line
                ],
            }
        )
    every = len(rows)
    if block.get("only_shown"):
        rows = [row for row in rows if any(cell["value"] is not None for cell in row["cells"])]
    caption = _subtitle({"subtitle": measure.label, "x": down, "series": across, "cells": selection}, binding)
    labels = [binding.label(across, head) if across else f"{measure.label} ({measure.unit})" for head in heads]
    return {
        "id": f"{name}-table",
        "caption": f"{block['title']}: {caption}",
        "columns": [
            {"label": binding.version.meta.by_id[down].label},
            *({"label": label, "numeric": True} for label in labels),
        ],
        "rows": rows,
        "notes": [LEFT_OUT.format(number=every - len(rows), all=every)] if len(rows) < every else [],
    }
