"""Write the specification cases as pages of the methodology."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from portal.methods.specification_cases.case import Case, Page, Value

NOTICE = "<!-- Written by `python -m portal.methods.specification_cases`; change the cases, not this page. -->"


def render_page(page: Page) -> str:
    """Return a page as Markdown."""
    parts = [NOTICE, f"# {page.title}", page.text.strip()]
    if page.cases:
        parts.append("## By example\n\nEach example is run as a test of the code that makes the statistics.")
    parts += [_render_case(case) for case in page.cases]
    return "\n\n".join(parts) + "\n"


def render_index(pages: Sequence[Page]) -> str:
    """Return the list of pages."""
    lines = [f"- [{page.title}]({page.name}.md)" for page in pages]
    return "\n".join([NOTICE, "", "# Methods", "", *lines]) + "\n"


def write_pages(pages: Sequence[Page], folder: Path) -> list[Path]:
    """Write every page that differs from what is there, and return those."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = {folder / f"{page.name}.md": render_page(page) for page in pages}
    wanted[folder / "index.md"] = render_index(pages)
    changed = [path for path, text in wanted.items() if not path.exists() or path.read_text() != text]
    for path in changed:
        path.write_text(wanted[path])
    return changed


def _render_case(case: Case) -> str:
    return "\n\n".join(
        [f"### {case.title}", case.rule, "Given", _render_rows(case.given), "Result", _render_rows(case.expected)]
    )


def _render_rows(rows: Sequence[Mapping[str, Value]]) -> str:
    if not rows:
        return "*nothing*"
    names = list(rows[0])
    lines = ["| " + " | ".join(name.replace("_", " ") for name in names) + " |"]
    lines.append("|" + "|".join(" --- " for _ in names) + "|")
    lines += ["| " + " | ".join(_text(row[name]) for name in names) + " |" for row in rows]
    return "\n".join(lines)


def _text(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, int) or (isinstance(value, float) and value.is_integer()):
        return f"{int(value):,}"
    return str(value)
