"""Whether this process lives, and whether what it needs is there.

``/healthz`` answers as long as the process does: a restart helps when it does not. ``/readyz`` asks
the databases, the broker and the stores: while one is away, a load balancer sends nobody here.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import structlog
from celery import current_app
from django.conf import settings
from django.core.cache import cache
from django.core.files.storage import storages
from django.db import connections
from django.db.migrations.executor import MigrationExecutor
from django.http import JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

if TYPE_CHECKING:
    from django.http import HttpRequest

log = structlog.get_logger(__name__)
BROKER_SECONDS = 2
#: Databases found fully migrated: reading all migrations is slow, and this process's code does not change.
_migrated: set[str] = set()
Check = Callable[[], None]


class NotReadyError(Exception):
    """Something this process needs is not as it should be."""


@require_safe
@never_cache
def healthz(request: HttpRequest) -> JsonResponse:  # noqa: ARG001 - Django's signature
    """Answer that the process lives. Asks nobody else."""
    return JsonResponse({"status": "live"})


@require_safe
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:  # noqa: ARG001 - Django's signature
    """Answer whether everything this process needs is there; 503 with the names of what is not."""
    results = {name: _run(name, check) for name, check in checks().items()}
    ready = all(result["ready"] for result in results.values())
    return JsonResponse({"status": "ready" if ready else "not ready", "checks": results}, status=200 if ready else 503)


def checks() -> dict[str, Check]:
    """Return the checks of this process by name; the public process has no broker and no private files."""
    databases = {f"database:{alias}": _database(alias) for alias in settings.DATABASES}
    migrations = {f"migrations:{alias}": _migrations(alias) for alias in settings.DATABASES}
    public = settings.PROCESS == "public"
    stores = {f"storage:{alias}": _storage(alias) for alias in (["public"] if public else ["public", "private"])}
    broker = {} if public else {"broker": _broker}
    return {**databases, **migrations, "cache": _cache, **broker, **stores}


def _run(name: str, check: Check) -> dict[str, object]:
    started = time.monotonic()
    try:
        check()
        ready = True
    except Exception as error:  # noqa: BLE001 - whatever is wrong, the answer is "not ready" and a log line
        # The reason may hold an address or a login: it goes to the log, not to the world.
        log.warning("not_ready", check=name, error=f"{type(error).__name__}: {error}")
        ready = False
    return {"ready": ready, "milliseconds": round((time.monotonic() - started) * 1000)}


def _database(alias: str) -> Check:
    def check() -> None:
        with connections[alias].cursor() as cursor:
            cursor.execute("SELECT 1")

    return check


def _migrations(alias: str) -> Check:
    def check() -> None:
        if alias in _migrated:
            return
        executor = MigrationExecutor(connections[alias])
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if missing:
            raise NotReadyError(f"{len(missing)} migrations are not applied; run manage.py migrate")
        _migrated.add(alias)

    return check


def _cache() -> None:
    cache.get("readyz")


def _broker() -> None:
    with current_app.connection_for_read(connect_timeout=BROKER_SECONDS) as connection:
        connection.ensure_connection(max_retries=1, interval_start=0, timeout=BROKER_SECONDS)


def _storage(alias: str) -> Check:
    def check() -> None:
        # Asking for a name that is not there reaches the store and costs nothing.
        storages[alias].exists("readyz")

    return check
