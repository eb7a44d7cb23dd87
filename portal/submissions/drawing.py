"""Charts of responses, drawn as SVG on the server. The data are always in a table beneath."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

if TYPE_CHECKING:
    from collections.abc import Sequence

NOW, BEFORE, INK, GRID = "#12436D", "#F46A25", "#0B0C0C", "#D2D5D7"
WIDTH, LABELS, VALUES, ROW, FOOT = 720, 310, 110, 34, 28
HEIGHT, LEFT, TOP = 260, 44, 16


@dataclass(frozen=True)
class Bar:
    """One bar: a share in per cent, and what it was before."""

    label: str
    rate: int
    before: int | None = None


@dataclass(frozen=True)
class Line:
    """One line: the running share in per cent, by day since opening."""

    label: str
    points: Sequence[tuple[int, float]]


def _text(x: float, y: float, words: str, anchor: str = "start", size: int = 14) -> str:
    return (
        f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}" font-size="{size}" '
        f'font-family="arial, sans-serif" fill="{INK}">{escape(words)}</text>'
    )


def _svg(title: str, height: int, parts: list[str]) -> SafeString:
    body = "".join(parts)
    return mark_safe(  # noqa: S308 - every text in it went through escape
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{escape(title)}" class="team-chart" '
        f'viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"><title>{escape(title)}</title>{body}</svg>'
    )


def _short(label: str, letters: int = 46) -> str:
    return label if len(label) <= letters else f"{label[: letters - 1]}…"


def draw_bars(title: str, bars: Sequence[Bar]) -> SafeString:
    """Return horizontal bars from 0 to 100 per cent; a line across each marks the collection before.

    The values stand at the end of the row: beside a mark they would be read as its own.
    """
    height = len(bars) * ROW + FOOT
    scale = (WIDTH - LABELS - VALUES) / 100
    parts = []
    for tick in (0, 25, 50, 75, 100):
        x = LABELS + tick * scale
        parts.append(f'<path d="M{x:g} 0V{height - FOOT}" stroke="{GRID}" stroke-width="1"/>')
        parts.append(_text(x, height - 8, f"{tick}%", "middle", 12))
    for index, bar in enumerate(bars):
        y = index * ROW
        parts.append(_text(LABELS - 8, y + 22, _short(bar.label), "end"))
        parts.append(f'<rect x="{LABELS}" y="{y + 7}" width="{bar.rate * scale:g}" height="20" fill="{NOW}"/>')
        if bar.before is not None:
            x = LABELS + bar.before * scale
            parts.append(f'<path d="M{x:g} {y + 3}V{y + 31}" stroke="{BEFORE}" stroke-width="4"/>')
        was = f", was {bar.before}%" if bar.before is not None else ""
        parts.append(_text(WIDTH, y + 22, f"{bar.rate}%{was}", "end"))
    return _svg(title, height, parts)


def draw_lines(title: str, lines: Sequence[Line]) -> SafeString:
    """Return lines of a running share, by days since opening."""
    days = max((day for line in lines for day, _share in line.points), default=1) or 1
    across, up = (WIDTH - LEFT - 20) / days, (HEIGHT - TOP - FOOT) / 100
    base = HEIGHT - FOOT
    parts = []
    for tick in (0, 25, 50, 75, 100):
        y = base - tick * up
        parts.append(f'<path d="M{LEFT} {y:g}H{WIDTH - 20}" stroke="{GRID}" stroke-width="1"/>')
        parts.append(_text(LEFT - 6, y + 4, f"{tick}%", "end", 12))
    for day in sorted({0, days // 2, days}):
        anchor = "middle" if day < days else "end"
        parts.append(_text(LEFT + day * across, HEIGHT - 8, f"day {day}", anchor, 12))
    for index, line in enumerate(lines):
        colour, dash = ((NOW, ""), (BEFORE, ' stroke-dasharray="8 4"'))[index % 2]
        points = " ".join(f"{LEFT + day * across:.1f},{base - share * up:.1f}" for day, share in line.points)
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="3"{dash}/>')
    return _svg(title, HEIGHT, parts)
