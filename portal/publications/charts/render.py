"""From a chart to SVG: for the page (wide and narrow) and as a file of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portal.publications.charts import bar, line, multiples, ranges, stacked, tilemap
from portal.publications.charts.data import ChartKind
from portal.publications.charts.marks import SMALL
from portal.publications.charts.palette import GREY, PAPER
from portal.publications.charts.svg import document, lines_of_text, tag, text, wrap
from portal.publications.charts.words import symbols_used, text_alternative

if TYPE_CHECKING:
    from portal.publications.charts.data import Chart

WIDE = 630.0
NARROW = 300.0
DRAW = {
    ChartKind.LINE: line.draw,
    ChartKind.BAR: bar.draw,
    ChartKind.STACKED: stacked.draw,
    ChartKind.RANGE: ranges.draw,
    ChartKind.MULTIPLES: multiples.draw,
    ChartKind.TILE_MAP: tilemap.draw,
}
MARGIN = 16.0


def render(chart: Chart, *, name: str, width: float = WIDE) -> str:
    """Return the chart as SVG for a page, whose heading and notes stand around it in HTML.

    ``name`` starts every id inside and must be unique on the page. Lengths are CSS pixels: the
    page shows the wide drawing or the narrow one, and scales neither up, so that letters stay
    readable on a phone.
    """
    body, height = DRAW[chart.kind](chart, width=width, name=name)
    return document(
        width,
        height,
        body,
        name=name,
        title=chart.title,
        description=text_alternative(chart),
        class_name="app-chart__svg",
    )


def render_standalone(chart: Chart, *, source: str, width: float = WIDE) -> str:
    """Return the chart as a file that stands alone: with title, subtitle, symbols and source on paper."""
    body, height = DRAW[chart.kind](chart, width=width, name="chart")
    title = wrap(chart.title, width, 22, most=3)
    subtitle = wrap(chart.subtitle, width, 15, most=3)
    notes = [f"{symbol} {meaning}" for symbol, meaning in symbols_used(chart)]
    footer = [line for note in [*notes, f"Source: {source}"] for line in wrap(note, width, SMALL, most=3)]
    top = MARGIN + len(title) * 27 + len(subtitle) * 19 + 10
    total = top + height + len(footer) * SMALL * 1.2 + MARGIN * 2
    parts = [
        tag("rect", width=width + 2 * MARGIN, height=total, fill=PAPER),
        "".join(
            text(MARGIN, MARGIN + 20 + 27 * index, words, size=22, weight="bold") for index, words in enumerate(title)
        ),
        lines_of_text(MARGIN, MARGIN + len(title) * 27 + 14, subtitle, size=15),
        tag("g", body, transform=f"translate({MARGIN:g} {top:.1f})"),
        lines_of_text(MARGIN, top + height + MARGIN + SMALL, footer, size=SMALL).replace(
            'fill="#0B0C0C"', f'fill="{GREY}"'
        ),
    ]
    drawing = document(
        width + 2 * MARGIN,
        total,
        "".join(parts),
        name="chart",
        title=chart.title,
        description=text_alternative(chart),
    )
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{drawing}\n'
