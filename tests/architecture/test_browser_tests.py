"""Browser tests wait for what they assert.

A page comes when it comes, and later on a busy machine: who looks at it once, right after a click, sees now the old
page and now the new. ``expect`` of Playwright looks until it is so; ``follow`` returns when the next page is there.
"""

from __future__ import annotations

import ast
from itertools import pairwise
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
FILES = [*sorted((ROOT / "tests" / "browser").glob("*.py")), ROOT / "tests" / "integration" / "test_fixtures.py"]
#: What a page or a part of it answers at once, whether it is ready or not. ``expect`` has a word for each.
AT_ONCE = {
    "all_inner_texts", "all_text_contents", "get_attribute", "inner_html", "inner_text", "input_value", "is_checked",
    "is_disabled", "is_editable", "is_enabled", "is_hidden", "is_visible", "text_content",
}  # fmt: skip
PAGES = {"page", "phone", "plain_page", "reader", "editor", "second", "seen"}
LOCATES = {"locator", "get_by_label", "get_by_role", "get_by_text"}
ACTS = {"check", "click", "press", "select_option", "set_input_files"}
LEAVES = {"goto", "reload"}


def _method(node: ast.AST) -> str:
    return node.func.attr if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else ""


def _looks_once(asserted: ast.expr) -> bool:
    """Tell whether an assertion reads a page, its address or its focus at one instant."""
    parts = list(ast.walk(asserted))
    located = any(_method(part) in LOCATES for part in parts)
    return any(
        _method(part) in AT_ONCE
        or (_method(part) == "count" and located)
        or (isinstance(part, ast.Attribute) and part.attr == "url" and getattr(part.value, "id", "") in PAGES)
        or (isinstance(part, ast.Constant) and "activeElement" in str(part.value))
        for part in parts
    )


def _faults(text: str) -> list[str]:
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Assert) and _looks_once(node.test):
            found.append(f"{node.lineno}: looks at the page once; expect(...) waits")
        if _method(node) in {"sleep", "wait_for_timeout"}:
            found.append(f"{node.lineno}: waits by the clock; expect(...) waits for what is meant")
        for lines in (getattr(node, name, None) for name in ("body", "orelse", "finalbody")):
            for line, following in pairwise(lines) if isinstance(lines, list) else ():
                values = (getattr(line, "value", None), getattr(following, "value", None))
                if _method(values[0]) in ACTS and _method(values[1]) in LEAVES:
                    found.append(
                        f"{following.lineno}: leaves before the page has done what was asked; follow(...) waits"
                    )
    return found


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_browser_tests_wait_for_what_they_assert(file: Path) -> None:
    assert _faults(file.read_text()) == []


@pytest.mark.parametrize(
    "hasty",
    [
        "page.click('a')\nassert page.url.endswith('#main')",
        "assert 'Sent' in page.inner_text('main')",
        "assert page.locator('tr').count() == 1",
        "assert page.get_by_role('button').is_visible()",
        "assert page.evaluate('document.activeElement.id') == 'q'",
        "page.wait_for_timeout(500)",
        "with one():\n    page.click('text=Save')\n    page.goto('/')",
    ],
)
def test_hasty_lines_are_found(hasty: str) -> None:
    assert len(_faults(hasty)) == 1


@pytest.mark.parametrize(
    "patient",
    [
        "assert Query.objects.filter(state='open').count() == 0",
        "follow(page, 'a')\nexpect(page).to_have_url('#main')\npage.goto('/')",
        "assert page.evaluate('document.documentElement.scrollWidth') <= 320, page.url",
        "assert NewsPage.objects.get().url == live_server.url",
    ],
)
def test_patient_lines_are_not(patient: str) -> None:
    assert _faults(patient) == []
