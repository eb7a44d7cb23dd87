"""Short ways to write a body: each returns one block as Wagtail stores it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class StartingPage:
    """One page of the starting content."""

    slug: str
    title: str
    summary: str
    body: tuple[dict[str, Any], ...]
    fields: dict[str, Any] = field(default_factory=dict)


def heading(text: str) -> dict[str, Any]:
    """Return a section heading."""
    return {"type": "heading", "value": {"text": text}}


def words(*paragraphs: str) -> dict[str, Any]:
    """Return rich text; a paragraph that starts with a tag is taken as it is."""
    html = "".join(text if text.startswith("<") else f"<p>{text}</p>" for text in paragraphs)
    return {"type": "paragraph", "value": html}


def points(*items: str) -> str:
    """Return a bulleted list for :func:`words`."""
    return f"<ul>{''.join(f'<li>{item}</li>' for item in items)}</ul>"


def inset(text: str) -> dict[str, Any]:
    """Return a callout."""
    return {"type": "callout", "value": {"kind": "information", "text": f"<p>{text}</p>"}}


def warning(text: str) -> dict[str, Any]:
    """Return a warning."""
    return {"type": "callout", "value": {"kind": "warning", "text": f"<p>{text}</p>"}}


def perspective(code: str) -> dict[str, Any]:
    """Return a published perspective, opened in place."""
    return {"type": "definition", "value": {"kind": "perspective", "code": code}}


def table(caption: str, *rows: tuple[str, ...]) -> dict[str, Any]:
    """Return a table of words; the first row and the first column are headings."""
    value = {
        "data": [list(row) for row in rows],
        "cell": [],
        "first_row_is_table_header": True,
        "first_col_is_header": True,
        "table_header_choice": "both",
        "table_caption": caption,
    }
    return {"type": "table", "value": {"caption": caption, "table": value}}


def steps(*pairs: tuple[str, str]) -> dict[str, Any]:
    """Return numbered steps: a title and a sentence or two each."""
    return {
        "type": "steps",
        "value": {"steps": [{"title": title, "text": f"<p>{text}</p>"} for title, text in pairs]},
    }


def code(language: str, text: str) -> dict[str, Any]:
    """Return something to type."""
    return {"type": "code", "value": {"language": language, "code": text.strip("\n")}}
