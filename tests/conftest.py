"""Fixtures for every test: databases cloned from a migrated template, files in a folder of their own."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connections

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared" / "data"
ALIASES = ("default", "submissions")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of real files; tests that need it are skipped, saying why, where it is absent."""
    if not SHARED.exists():
        pytest.skip(f"real files are not on this machine: {SHARED}")
    return SHARED


def _migrations_hash() -> str:
    digest = hashlib.sha256((ROOT / "requirements" / "dev.lock").read_bytes())
    for file in sorted([*ROOT.glob("portal/*/migrations/*.py"), *ROOT.glob("search/migrations/*.py")]):
        digest.update(file.name.encode() + file.read_bytes())
    digest.update((ROOT / "portal/core/immutability.py").read_bytes())
    return digest.hexdigest()[:12]


def _admin(alias: str) -> psycopg.Connection:
    options = settings.DATABASES[alias]
    return psycopg.connect(
        host=options["HOST"] or options.get("OPTIONS", {}).get("host"),
        port=options["PORT"] or None,
        user=options["USER"],
        password=options["PASSWORD"] or None,
        dbname="postgres",
        autocommit=True,
    )


def _point_at(alias: str, name: str) -> None:
    connections[alias].close()
    settings.DATABASES[alias]["NAME"] = name
    connections[alias].settings_dict["NAME"] = name


def _ensure_template(alias: str, name: str) -> None:
    """Migrate a template database once per set of migrations; other runs wait for it."""
    with _admin(alias) as admin:
        admin.execute("SELECT pg_advisory_lock(hashtext(%s))", [name])
        exists = admin.execute("SELECT datistemplate FROM pg_database WHERE datname = %s", [name]).fetchone()
        if exists and exists[0]:
            return
        if exists:  # an earlier run died while it migrated
            admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        admin.execute(f'CREATE DATABASE "{name}"')
        _point_at(alias, name)
        call_command("migrate", database=alias, verbosity=0)
        connections[alias].close()
        admin.execute(f'ALTER DATABASE "{name}" IS_TEMPLATE true')


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: pytest.FixtureRequest) -> Iterator[None]:
    """Give this run (and each of its workers) clones of the migrated template databases."""
    run = f"{os.getpid()}_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    digest = _migrations_hash()
    clones = {alias: f"test_{alias}_{run}" for alias in ALIASES}
    with django_db_blocker.unblock():
        for alias, clone in clones.items():
            template = f"template_{alias}_{digest}"
            _ensure_template(alias, template)
            with _admin(alias) as admin:
                admin.execute(f'DROP DATABASE IF EXISTS "{clone}" WITH (FORCE)')
                admin.execute(f'CREATE DATABASE "{clone}" TEMPLATE "{template}"')
            _point_at(alias, clone)
    yield
    with django_db_blocker.unblock():
        for alias, clone in clones.items():
            connections[alias].close()
            with _admin(alias) as admin:
                admin.execute(f'DROP DATABASE IF EXISTS "{clone}" WITH (FORCE)')


@pytest.fixture(autouse=True)
def _own_folders(settings: pytest.FixtureRequest, tmp_path: Path) -> None:
    """Keep every file a test writes in a folder of its own."""
    root = tmp_path / "content"
    settings.MEDIA_ROOT = str(tmp_path / "media")
    settings.CONTENT_STORE_ROOT = root
    settings.STORAGES = {
        **settings.STORAGES,
        **{
            alias: {
                "BACKEND": "django.core.files.storage.FileSystemStorage",
                "OPTIONS": {"location": root / alias},
            }
            for alias in ("public", "private")
        },
    }
