"""The documentation is true: what exists is documented, and what is documented exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

from portal.core import reference

ROOT = Path(settings.BASE_DIR)
EXAMPLE = {
    name: (default, sentence)
    for _g, name, default, sentence in reference.environment_variables((ROOT / ".env.example").read_text())
}
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
#: Set by tools around us or by the demo for its own children, not by people.
NOT_FOR_PEOPLE = {"CI"}


def test_every_setting_is_in_the_example_and_every_example_is_read() -> None:
    assert set(EXAMPLE) == reference.variables_read() - NOT_FOR_PEOPLE


def test_every_setting_has_a_sentence() -> None:
    assert [name for name, (_default, sentence) in EXAMPLE.items() if not sentence.endswith(".")] == []


def test_the_defaults_in_the_example_are_the_code_s() -> None:
    wrong = []
    for file in (ROOT / "portal" / "settings").glob("base.py"):
        for call in ast.walk(ast.parse(file.read_text())):
            if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.args):
                continue
            default = next((word.value for word in call.keywords if word.arg == "default"), None)
            if isinstance(call.args[0], ast.Constant) and isinstance(default, ast.Constant):
                name, value = call.args[0].value, default.value
                said = EXAMPLE[name][0]
                if said != (str(value).lower() if isinstance(value, bool) else str(value)):
                    wrong.append(f"{name}: {said!r} in the example, {value!r} in the code")
    assert wrong == []


def test_the_pages_made_from_the_code_are_current() -> None:
    call_command("write_docs", check=True)


def test_every_command_and_address_has_a_sentence() -> None:
    assert [name for name, text in reference.own_commands().items() if len(text) < 10] == []
    assert len(reference.endpoints()) > 20
    assert [path for path, text in reference.endpoints() if len(text) < 10] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_in_the_documentation_exist(page: Path) -> None:
    text = page.read_text()
    targets = set(reference.make_targets((ROOT / "Makefile").read_text()))
    assert set(re.findall(r"`make ([a-z-]+)", text)) <= targets
    known = {*reference.own_commands(), "check", "createsuperuser", "shell", "runserver", "makemigrations",
             "collectstatic", "dbshell", "changepassword", "wagtail_update_index", "update_index", "showmigrations"}  # fmt: skip
    assert set(re.findall(r"manage\.py ([a-z_]+)", text)) <= known


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_every_decision_is_listed_and_has_its_parts() -> None:
    records = sorted((ROOT / "docs" / "adr").glob("[0-9]*.md"))
    assert len(records) >= 9
    index = (ROOT / "docs" / "adr" / "README.md").read_text()
    for record in records:
        assert record.name in index
        for part in ("**Context.**", "**Decision.**", "**Consequences.**"):
            assert part in record.read_text(), f"{record.name} lacks {part}"


def test_the_readme_fits_on_one_screen() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) <= 45
