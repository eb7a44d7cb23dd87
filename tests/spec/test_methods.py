"""Every specification case holds, and the methodology shows the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from portal.methods.specification_cases import PAGES
from portal.methods.specification_cases.render import render_index, render_page, write_pages

DOCS = Path(__file__).resolve().parents[2] / "docs" / "methods"
CASES = [(page.name, case) for page in PAGES for case in page.cases]


@pytest.mark.parametrize(("page", "case"), CASES, ids=[f"{page}: {case.title}" for page, case in CASES])
def test_case(page, case):
    assert case.result() == [dict(row) for row in case.expected]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_page_is_what_the_cases_say(page):
    written = DOCS / f"{page.name}.md"
    assert written.exists(), "run: python -m portal.methods.specification_cases"
    assert written.read_text() == render_page(page), "run: python -m portal.methods.specification_cases"


def test_the_index_lists_every_page():
    assert (DOCS / "index.md").read_text() == render_index(PAGES)


def test_writing_changes_only_what_differs(tmp_path):
    assert len(write_pages(PAGES, tmp_path)) == len(PAGES) + 1
    (tmp_path / "audit.md").write_text("old")
    assert write_pages(PAGES, tmp_path) == [tmp_path / "audit.md"]
    assert write_pages(PAGES, tmp_path) == []
