"""Charts as SVG, drawn by pure functions: data in, text out. No Django, no fonts, no scripts.

The rules are those of the Analysis Function: its palettes, few colours, direct labels, bars from
zero, horizontal text. Colour is never the only carrier of meaning: lines differ in dash and
marker, stacked parts in hatching, and every figure stands in the table under the chart.
"""

from portal.publications.charts.data import Chart, ChartKind, Point, Series
from portal.publications.charts.render import NARROW, WIDE, render, render_standalone
from portal.publications.charts.spark import sparkline
from portal.publications.charts.words import format_value, symbols_used, text_alternative

__all__ = [
    "NARROW",
    "WIDE",
    "Chart",
    "ChartKind",
    "Point",
    "Series",
    "format_value",
    "render",
    "render_standalone",
    "sparkline",
    "symbols_used",
    "text_alternative",
]
