"""Every specification case holds, and the methodology shows the same."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import sys
from pathlib import Path
from types import CodeType, FrameType

import pytest

import portal.methods
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


#: Public functions that no example runs, and why.
WITHOUT_EXAMPLE = {
    "portal.methods.measures.on_spark": "the other engine, which gives the same cells: `make scale` compares them",
    "portal.methods.audit.parts": "how a large system is cut up, which changes no outcome",
    "portal.methods.measures.plan.as_text": "how membership in more than 62 perspectives is held, which changes no cell",
}


def called_by_examples() -> set[CodeType]:
    """Run every example and return the code of every function that was called."""
    called: set[CodeType] = set()

    def note(frame: FrameType, event: str, _argument: object) -> None:
        if event == "call":
            called.add(frame.f_code)

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        for _, case in CASES:
            case.result()
    finally:
        sys.setprofile(before)
    return called


@pytest.mark.slow
def test_every_public_function_is_at_work_in_an_example_that_readers_see():
    called = called_by_examples()
    missing = []
    for found in pkgutil.walk_packages(portal.methods.__path__, "portal.methods."):
        if found.name in WITHOUT_EXAMPLE or "specification_cases" in found.name:
            continue
        for name, item in vars(importlib.import_module(found.name)).items():
            own = inspect.isfunction(item) and item.__module__ == found.name and not name.startswith("_")
            if own and item.__code__ not in called and f"{found.name}.{name}" not in WITHOUT_EXAMPLE:
                missing.append(f"{found.name}.{name}")
    assert not missing, f"write a case for {missing} in portal/methods/specification_cases"
