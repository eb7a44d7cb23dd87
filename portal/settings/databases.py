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
    aliases = ["default"] if process == "public" else list(ALIASES)
    urls = _urls(env, aliases, data_dir=data_dir, role=process, for_tests=for_tests)
    databases = {
        alias: {
            **dj_database_url.parse(url, conn_max_age=60, conn_health_checks=True),
            "ATOMIC_REQUESTS": False,
        }
        for alias, url in urls.items()
    }
    for database in databases.values():
        database.setdefault("OPTIONS", {})["application_name"] = f"portal-{process}"
    return databases


def logins(env: Any, built: dict[str, dict[str, Any]]) -> dict[str, dict[str, str | None]]:
    """Return the login names of owner, service and public in each database, for the granting of rights."""
    return {
        alias: {role: _login(env, role=role, name=ALIASES[alias]) for role in embedded.DATABASE_ROLES}
        for alias in built
    }


def _login(env: Any, *, role: str, name: str) -> str | None:
    service_url = env.str(name, default="")
    if not service_url:
        return embedded.DATABASE_ROLES[role]
    # Without an address of its own the public process has no login there: there is nothing to grant.
    default = "" if role == "public" else service_url
    own = service_url if role == "service" else env.str(f"{role.upper()}_{name}", default=default)
    return dj_database_url.parse(own)["USER"] if own else _login_by_name(env, role)


def _login_by_name(env: Any, role: str) -> str | None:
    """Return the public role's name from its address in the other database: it is refused here by name."""
    own = env.str(f"{role.upper()}_DATABASE_URL", default="")
    return dj_database_url.parse(own)["USER"] if own else None


def _urls(env: Any, aliases: list[str], *, data_dir: Path, role: str, for_tests: bool) -> dict[str, str]:
    prefix = "" if role == "service" else f"{role.upper()}_"
    urls = {
        alias: env.str(prefix + name, default=env.str(name, default=""))
        for alias in aliases
        for name in [ALIASES[alias]]
    }
    if all(urls.values()):
        return urls
    if any(urls.values()):
        missing = next(ALIASES[alias] for alias, url in urls.items() if not url)
        message = f"{missing} is not set. Set both DATABASE_URL and SUBMISSIONS_DATABASE_URL, or neither."
        raise RuntimeError(message)
    address = embedded.ensure_postgres(data_dir, for_tests=for_tests)
    return {
        alias: address.url(database=name, role=role)
        for alias, name in embedded.DATABASE_NAMES.items()
        if alias in aliases
    }
