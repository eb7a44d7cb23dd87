"""Rules for the whole tree of files."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.template import engines
from django.template.loader import get_template

ROOT = Path(settings.BASE_DIR)
SOURCES = sorted(
    file
    for folder in ("portal", "search", "tests", "scripts", "bench")
    for file in (ROOT / folder).rglob("*.py")
    if "migrations" not in file.parts
)
OURSELVES = Path(__file__)
#: Words that mean "not finished", put together here so that this file does not hold them.
UNFINISHED = re.compile("|".join(["TO" + "DO", "FIX" + "ME", "XX" + "X", "raise NotImplemented", "pass  " + "#"]))
#: Hosts of package registries: the lock files and the code name none.
REGISTRIES = re.compile("|".join([r"pypi\." + "org", "pythonhosted", r"npmjs\." + "org", r"npmjs\." + "com"]))


def test_every_migration_is_written() -> None:
    # Twice, in two processes: names made from sets change from one to the next.
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "manage.py", "makemigrations", "--check", "--dry-run"],
            cwd=ROOT, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_system_checks_pass() -> None:
    call_command("check", fail_level="WARNING")


def _templates() -> list[str]:
    folders = [ROOT / "templates", *ROOT.glob("portal/*/templates"), ROOT / "search" / "templates"]
    return sorted(
        str(file.relative_to(folder)) for folder in folders for file in folder.rglob("*.*") if not file.is_dir()
    )


def test_every_template_compiles() -> None:
    assert engines.all()
    names = _templates()
    assert len(names) > 20
    for name in names:
        get_template(name)


def test_templates_have_no_inline_scripts_or_styles() -> None:
    """The content security policy refuses them; the CMS is outside it, mail has no policy."""
    wrong = [
        name
        for name in _templates()
        if "/admin/" not in name
        and name.endswith(".html")
        and re.search(
            r'\sstyle="|<style|\son(click|change|submit|load)=|<script(?![^>]*\b(src|type="application/))',
            Path(get_template(name).origin.name).read_text(),
        )
    ]
    assert wrong == []


@pytest.mark.parametrize("pattern", [UNFINISHED, REGISTRIES], ids=["unfinished", "registries"])
def test_nothing_is_left_unfinished_and_no_registry_is_named(pattern: re.Pattern[str]) -> None:
    others = [ROOT / name for name in ("Makefile", "README.md", "package.json", "package-lock.json", ".npmrc",
              "pyproject.toml", "Dockerfile", "compose.yaml", ".env.example", ".ci/run", "requirements/base.lock",
              "requirements/dev.lock")]  # fmt: skip
    files = [*SOURCES, *(ROOT / "templates").rglob("*.html"), *(ROOT / "docs").rglob("*.md"), *others]
    found = [
        f"{file.relative_to(ROOT)}:{number}: {line.strip()}"
        for file in files
        if file.exists() and file != OURSELVES
        for number, line in enumerate(file.read_text().splitlines(), start=1)
        if pattern.search(line)
    ]
    assert found == []


def test_what_is_switched_off_says_why() -> None:
    wrong = []
    for file in SOURCES:
        for number, line in enumerate(file.read_text().splitlines(), start=1):
            quiet = re.search(r"#\s*(noqa|type: ignore)\b(.*)$", line)
            if quiet and not re.search(r"\s(-|#)\s*\S+", quiet[2]):
                wrong.append(f"{file.relative_to(ROOT)}:{number}: {line.strip()}")
    assert wrong == []


def test_no_test_is_skipped_without_a_reason() -> None:
    wrong = []
    for file in (ROOT / "tests").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Attribute) and node.attr in {"skip", "skipif", "xfail"}:
                line = file.read_text().splitlines()[node.lineno - 1 : node.lineno + 6]
                if not re.search(r"reason=|skip\(\s*f?[\"']", " ".join(line)):
                    wrong += [f"{file.relative_to(ROOT)}:{node.lineno}"]
    assert wrong == []


def test_no_exception_is_swallowed() -> None:
    wrong = []
    for file in SOURCES:
        if "tests" in file.parts:
            continue
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ExceptHandler) and all(isinstance(line, ast.Pass) for line in node.body):
                wrong += [f"{file.relative_to(ROOT)}:{node.lineno}"]
    assert wrong == []


def test_files_stay_short_enough_to_read() -> None:
    long = {
        str(file.relative_to(ROOT)): count
        for file in SOURCES
        if "tests" not in file.parts and (count := len(file.read_text().splitlines())) > 450
    }
    assert long == {}


def test_the_public_process_serves_readers_only() -> None:
    code = (
        "import django; django.setup()\n"
        "from django.conf import settings\n"
        "from django.urls import Resolver404, resolve\n"
        "assert list(settings.DATABASES) == ['default'], settings.DATABASES.keys()\n"
        "assert 'private' not in settings.STORAGES\n"
        "resolve('/healthz')\n"
        "for path in ('/cms/', '/accounts/login/', '/collect/', '/applications/'):\n"
        "    match = resolve(path)\n"
        "    assert match.url_name == 'wagtail_serve', (path, match)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False,
        env={**__import__("os").environ, "DJANGO_SETTINGS_MODULE": "portal.settings.test", "PORTAL_PROCESS": "public"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
