"""SVG elements as text. Presentation attributes only: a strict content policy refuses inline styles."""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

from portal.publications.charts.palette import INK

FONT = "Arial, Helvetica, sans-serif"
NARROW_LETTERS = frozenset("iljtfrI1.,:;'|()[] ")
WIDE_LETTERS = frozenset("mwMW%@")


def number(value: float) -> str:
    """Return a coordinate with at most one decimal place."""
    return f"{round(value, 1):g}" if abs(value) < 100_000 else str(round(value))  # noqa: PLR2004 - :g keeps six digits


def tag(name: str, *children: str, **attributes: float | str) -> str:
    """Return an element; underscores in attribute names are hyphens, a trailing one is dropped."""
    parts = [name]
    for key, value in attributes.items():
        if value == "":
            continue
        text_value = value if isinstance(value, str) else number(value)
        parts.append(f"{key.rstrip('_').replace('_', '-')}={quoteattr(text_value)}")
    opening = " ".join(parts)
    return f"<{opening}>{''.join(children)}</{name}>" if children else f"<{opening}/>"


def text(  # one named argument for each thing a label may need
    x: float,
    y: float,
    words: str,
    *,
    size: float = 14,
    anchor: str = "start",
    fill: str = INK,
    weight: str = "",
) -> str:
    """Return a line of text whose baseline starts, ends or centres at ``x``, ``y``."""
    return tag(
        "text",
        escape(words),
        x=x,
        y=y,
        font_size=size,
        text_anchor="" if anchor == "start" else anchor,
        fill=fill,
        font_weight=weight,
    )


def lines_of_text(x: float, y: float, lines: list[str], *, size: float = 14, anchor: str = "start") -> str:
    """Return lines of text, the first with its baseline at ``y``."""
    return "".join(text(x, y + index * size * 1.2, line, size=size, anchor=anchor) for index, line in enumerate(lines))


def text_width(words: str, size: float) -> float:
    """Return about how wide text is in Arial, on the safe side."""
    narrow = sum(letter in NARROW_LETTERS for letter in words)
    wide = sum(letter in WIDE_LETTERS for letter in words)
    return size * (narrow * 0.32 + wide * 0.9 + (len(words) - narrow - wide) * 0.59)


def wrap(words: str, width: float, size: float, *, most: int = 2) -> list[str]:
    """Break text into at most ``most`` lines of ``width``; what is left over ends in an ellipsis."""
    lines: list[str] = []
    line = ""
    for word in words.split():
        trial = f"{line} {word}".strip()
        if not line or text_width(trial, size) <= width:
            line = trial
        else:
            lines.append(line)
            line = word
    lines.append(line)
    if len(lines) > most:
        lines = [*lines[: most - 1], " ".join(lines[most - 1 :])]
    return [_shortened(one, width, size) for one in lines]


def _shortened(line: str, width: float, size: float) -> str:
    if text_width(line, size) <= width:
        return line
    while line and text_width(f"{line}…", size) > width:
        line = line[:-1]
    return f"{line.rstrip()}…"


def document(
    width: float,
    height: float,
    body: str,
    *,
    name: str,
    title: str,
    description: str,
    class_name: str = "",
) -> str:
    """Return the whole drawing, named and described for those who cannot see it."""
    return tag(
        "svg",
        tag("title", escape(title), id=f"{name}-title"),
        tag("desc", escape(description), id=f"{name}-desc"),
        body,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {number(width)} {number(height)}",
        width=width,
        height=height,
        role="img",
        aria_labelledby=f"{name}-title {name}-desc",
        font_family=FONT,
        class_=class_name,
    )
