"""Fixtures for every test. The larger ones are in ``tests/fixtures``: databases, worker, browser."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.core.cache import cache
from django.core.handlers.wsgi import WSGIHandler
from django.test import testcases
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_django.fixtures import Settings

pytest_plugins = [
    "tests.fixtures.databases",
    "tests.fixtures.worker",
    "tests.fixtures.browser",
    "tests.fixtures.publications",
    "tests.fixtures.web",
]

# The same examples every time, and as long as they take: a slow machine, or a lucky find, does not stop a release.
# To look for new ones: pytest --hypothesis-profile=default
hypothesis.register_profile(
    "repeatable",
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
hypothesis.load_profile("repeatable")

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of real files; tests that need it are skipped, saying why, where it is absent."""
    if not SHARED.exists():
        pytest.skip(f"real files are not on this machine: {SHARED}")
    return SHARED


@pytest.fixture(scope="session", autouse=True)
def _whole_server() -> None:
    """Let the live server answer as the real one does: the page cache before Django."""
    from portal.publications.wsgi_cache import PageCache

    testcases.WSGIHandler = lambda: PageCache(WSGIHandler())


@pytest.fixture(autouse=True)
def _own_folders(settings: Settings, tmp_path: Path) -> None:
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
            for alias in ("default", "public", "private")
        },
    }


@pytest.fixture(autouse=True)
def _empty_cache() -> Iterator[None]:
    """Let no test see what another left in the cache."""
    cache.clear()
    yield
    cache.clear()
