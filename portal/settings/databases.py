"""Databases: two trusts, three database roles, embedded unless the environment says otherwise."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import dj_database_url

from portal import embedded

ALIASES = {"default": "DATABASE_URL", "submissions": "SUBMISSIONS_DATABASE_URL"}


def build(env: Any, *, data_dir: Path, process: str, for_tests: bool = False) -> dict[str, dict[str, Any]]:
    """Return Django's ``DATABASES`` for this process.

    ``process`` is ``public`` (reads the public part of ``default``, has no ``submissions`` at
    all), ``service`` (both) or ``owner`` (both, may migrate).
    """
    urls = _urls(env, data_dir=data_dir, role=process, for_tests=for_tests)
    databases = {
        alias: {
            **dj_database_url.parse(url, conn_max_age=60, conn_health_checks=True),
            "ATOMIC_REQUESTS": False,
        }
        for alias, url in urls.items()
        if not (process == "public" and alias == "submissions")
    }
    for database in databases.values():
        database.setdefault("OPTIONS", {})["application_name"] = f"portal-{process}"
    return databases


def _urls(env: Any, *, data_dir: Path, role: str, for_tests: bool) -> dict[str, str]:
    prefix = "" if role == "service" else f"{role.upper()}_"
    urls = {alias: env.str(prefix + name, default=env.str(name, default="")) for alias, name in ALIASES.items()}
    if all(urls.values()):
        return urls
    if any(urls.values()):
        missing = next(ALIASES[alias] for alias, url in urls.items() if not url)
        message = f"{missing} is not set. Set both DATABASE_URL and SUBMISSIONS_DATABASE_URL, or neither."
        raise RuntimeError(message)
    address = embedded.ensure_postgres(data_dir, for_tests=for_tests)
    return {alias: address.url(database=name, role=role) for alias, name in embedded.DATABASE_NAMES.items()}
