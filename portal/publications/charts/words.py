"""Figures and charts in words: how a value is written, what its symbol means, what the chart says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portal.publications.charts.data import ChartKind

if TYPE_CHECKING:
    from portal.publications.charts.data import Chart, Point, Series

MEANINGS = {
    "c": "protected: the group is too small to show without telling about people",
    "x": "not available",
    "z": "not applicable",
    "low": "rounds to zero, but is not zero",
    "u": "low reliability",
    "e": "estimated",
    "b": "break in the series: not comparable with the period before",
    "p": "provisional: may be revised",
    "r": "revised since the last release",
}
KINDS = {
    ChartKind.LINE: "Line chart",
    ChartKind.BAR: "Bar chart",
    ChartKind.STACKED: "Stacked bar chart",
    ChartKind.RANGE: "Range chart",
    ChartKind.MULTIPLES: "Small line charts on one scale",
    ChartKind.TILE_MAP: "Tile map",
}
FEW = 6


def format_value(value: float | None, *, status: str = "", decimals: int = 0) -> str:
    """Write a value with thousands separators and its symbol; a hidden value is its symbol alone."""
    symbol = f"[{status}]" if status else ""
    if value is None:
        return symbol or "[x]"
    # Rounding to zero must not leave a minus sign behind.
    shown = f"{round(value, decimals) + 0.0:,.{decimals}f}"
    return f"{shown} {symbol}".strip()


def symbols_used(chart: Chart) -> list[tuple[str, str]]:
    """Return the symbols that the chart shows, each with its meaning, in the standard order."""
    points = [point for series in chart.series for point in series.points]
    seen = {point.status or ("x" if point.value is None else "") for point in points}
    return [(f"[{symbol}]", meaning) for symbol, meaning in MEANINGS.items() if symbol in seen]


def text_alternative(chart: Chart) -> str:
    """Say what the chart shows: its kind, what it compares, the ends and the extremes."""
    if chart.description:
        return chart.description
    opening = f"{KINDS[chart.kind]}: {chart.subtitle}." if chart.subtitle else f"{KINDS[chart.kind]}."
    sentences = [_sentence(chart, series) for series in chart.series[:FEW]]
    if len(chart.series) > FEW:
        sentences.append(f"{len(chart.series) - FEW} more series are in the table.")
    return " ".join([opening, *[sentence for sentence in sentences if sentence]])


def _sentence(chart: Chart, series: Series) -> str:
    shown = [point for point in series.points if point.value is not None]
    name = f"{series.label}: " if len(chart.series) > 1 and series.label else ""
    if not shown:
        return f"{name}no value can be shown."
    if chart.kind in {ChartKind.LINE, ChartKind.MULTIPLES} and len(shown) > 1:
        words = f"{name}from {_said(chart, shown[0])} to {_said(chart, shown[-1])}"
    elif len(shown) <= FEW:
        words = name + ", ".join(_said(chart, point) for point in shown)
    else:
        top = max(shown, key=lambda point: point.value or 0)
        bottom = min(shown, key=lambda point: point.value or 0)
        words = f"{name}{len(shown)} values, highest {_said(chart, top)}, lowest {_said(chart, bottom)}"
    words = words[:1].upper() + words[1:]
    hidden = len(series.points) - len(shown)
    return f"{words}; {hidden} not shown." if hidden else f"{words}."


def _said(chart: Chart, point: Point) -> str:
    return f"{point.label} {format_value(point.value, decimals=chart.decimals)}"
