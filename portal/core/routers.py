"""Two databases, two trusts: personal data in ``submissions``, everything else in ``default``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.db.models import Model

SUBMISSIONS_APPS = frozenset({"submissions", "applications"})


def database_of(app_label: str) -> str:
    """Return the alias of the database that an app's tables live in."""
    return "submissions" if app_label in SUBMISSIONS_APPS else "default"


class TwoTrustsRouter:
    """Send each app to its database and let no relation cross."""

    def db_for_read(self, model: type[Model], **_hints: Any) -> str:
        """Return the alias to read ``model`` from."""
        return database_of(model._meta.app_label)

    def db_for_write(self, model: type[Model], **_hints: Any) -> str:
        """Return the alias to write ``model`` to."""
        return database_of(model._meta.app_label)

    def allow_relation(self, obj1: Model, obj2: Model, **_hints: Any) -> bool:
        """Allow a relation only inside one database: across, rows refer by code and version."""
        return database_of(obj1._meta.app_label) == database_of(obj2._meta.app_label)

    def allow_migrate(self, db: str, app_label: str, **_hints: Any) -> bool:
        """Create each table in its own database only."""
        return db == database_of(app_label)
