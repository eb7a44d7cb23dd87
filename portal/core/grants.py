"""What the database roles may do, written down as SQL and applied after every migration.

``service`` reads and writes rows but owns nothing: it cannot change a table, drop a trigger or
truncate. ``public`` reads what is public in ``default``, row by row where a table also holds
unpublished work, and cannot connect to ``submissions``.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.conf import settings
from django.db import connections, transaction
from modelcluster.fields import ParentalKey
from psycopg import sql
from wagtail.models import DraftStateMixin, Page

from portal.core.routers import database_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.models import Model

MARK = "portal grants "


@dataclass(frozen=True)
class Logins:
    """Names of the login roles in one database; ``public`` may be missing on a small installation."""

    owner: str
    service: str
    public: str | None


def classify(label: str) -> str:
    """Return ``public``, ``private`` or ``unknown`` for a model's label (``app.Model``)."""
    for name in (label, label.split(".", maxsplit=1)[0]):
        if name in settings.PUBLIC_TABLES:
            return "public"
        if name in settings.PRIVATE_TABLES:
            return "private"
    return "unknown"


def models_of(alias: str) -> Iterator[type[Model]]:
    """Yield the models whose tables live in the database ``alias``."""
    for model in apps.get_models(include_auto_created=True):
        if database_of(model._meta.app_label) == alias and model._meta.managed and not model._meta.proxy:
            yield model


def owner_label(model: type[Model]) -> str:
    """Return the label that decides: a table that joins two models follows the model it belongs to."""
    auto_created: Any = model._meta.auto_created
    return auto_created._meta.label if auto_created else model._meta.label


def is_public(model: type[Model]) -> bool:
    """Whether the public role may read (some rows of) the model's table."""
    return classify(owner_label(model)) == "public"


def row_condition(model: type[Model]) -> str | None:
    """Return the SQL condition a row must meet to be public; None when every row is.

    Pages and drafts are public when live, and what hangs on them follows. A model may say its own
    condition in ``public_rows``, for example ``"state IN ('published', 'superseded')"``.
    """
    if "public_rows" in vars(model):
        return str(model.public_rows)  # type: ignore[attr-defined]  # declared by the model
    if model._meta.label == "wagtailsearch.IndexEntry":
        return _index_condition()
    if model is Page or (issubclass(model, DraftStateMixin) and not issubclass(model, Page)):
        return "live"
    return _parent_condition(model)


def _parent_condition(model: type[Model]) -> str | None:
    table = model._meta.db_table
    for field in model._meta.local_fields:
        parent = field.related_model
        follows = field.primary_key or isinstance(field, ParentalKey)
        if follows and isinstance(parent, type) and issubclass(parent, (Page, DraftStateMixin)):
            live_table = (Page if issubclass(parent, Page) else parent)._meta.db_table
            return (
                f'EXISTS (SELECT 1 FROM "{live_table}" parent '  # noqa: S608 - names of our own tables
                f'WHERE parent.id = "{table}"."{field.column}" AND parent.live)'
            )
    return None


def _index_condition() -> str:
    """Return the condition of the search index: entries of live pages and of wholly public models."""
    open_models = sorted(
        model._meta.label_lower
        for model in models_of("default")
        if is_public(model) and model._meta.label != "wagtailsearch.IndexEntry" and row_condition(model) is None
    )
    names = ", ".join(f"'{name}'" for name in open_models)
    return (
        "EXISTS (SELECT 1 FROM wagtailcore_page page WHERE page.id::text = object_id "  # noqa: S608 - our own names
        "AND page.content_type_id = wagtailsearch_indexentry.content_type_id AND page.live) "
        "OR EXISTS (SELECT 1 FROM django_content_type ct WHERE ct.id = wagtailsearch_indexentry.content_type_id "
        f"AND ct.app_label || '.' || ct.model IN ({names}))"
    )


def statements(alias: str, logins: Logins, database: str, existing_tables: Iterable[str]) -> list[str]:
    """Return the SQL that gives the roles exactly their rights in one database."""
    existing = set(existing_tables)
    lines = [
        f'REVOKE ALL ON DATABASE "{database}" FROM PUBLIC',
        f'GRANT CONNECT, TEMPORARY ON DATABASE "{database}" TO "{logins.service}"',
        "REVOKE ALL ON SCHEMA public FROM PUBLIC",
        f'GRANT USAGE ON SCHEMA public TO "{logins.service}"',
        f'REVOKE ALL ON ALL TABLES IN SCHEMA public FROM "{logins.service}"',
        f'GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO "{logins.service}"',
        f'GRANT USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA public TO "{logins.service}"',
        f'REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM "{logins.service}"',
    ]
    for model in models_of(alias):
        table = model._meta.db_table
        if table not in existing:
            continue
        if model._meta.label in settings.APPEND_ONLY_TABLES:
            lines.append(f'REVOKE UPDATE, DELETE ON "{table}" FROM "{logins.service}"')
    return [*lines, *(_public_statements(alias, logins, database, existing) if logins.public else [])]


def _public_statements(alias: str, logins: Logins, database: str, existing: set[str]) -> list[str]:
    lines = [
        f'REVOKE ALL ON DATABASE "{database}" FROM "{logins.public}"',
        f'REVOKE ALL ON SCHEMA public FROM "{logins.public}"',
        f'REVOKE ALL ON ALL TABLES IN SCHEMA public FROM "{logins.public}"',
        f'REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM "{logins.public}"',
    ]
    if alias != "default":
        return lines
    lines += [
        f'GRANT CONNECT ON DATABASE "{database}" TO "{logins.public}"',
        f'GRANT USAGE ON SCHEMA public TO "{logins.public}"',
        # Names of migrations are no secret, and readiness compares them with the code.
        f'GRANT SELECT ON django_migrations TO "{logins.public}"',
    ]
    for model in models_of(alias):
        if model._meta.db_table in existing and is_public(model):
            lines += _table_statements(model, logins)
    return lines


def _table_statements(model: type[Model], logins: Logins) -> list[str]:
    table = model._meta.db_table
    condition = row_condition(model)
    lines = [
        f'GRANT SELECT ON "{table}" TO "{logins.public}"',
        f'DROP POLICY IF EXISTS portal_public ON "{table}"',
        f'DROP POLICY IF EXISTS portal_service ON "{table}"',
    ]
    if condition is None:
        return [*lines, f'ALTER TABLE "{table}" DISABLE ROW LEVEL SECURITY']
    return [
        *lines,
        f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY',
        f'CREATE POLICY portal_service ON "{table}" TO "{logins.service}" USING (true) WITH CHECK (true)',
        f'CREATE POLICY portal_public ON "{table}" FOR SELECT TO "{logins.public}" USING ({condition})',
    ]


def plan(alias: str) -> tuple[list[str], str]:
    """Return the statements for the database ``alias`` and a mark that changes when they or the tables do."""
    connection = connections[alias]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, oid::text FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace "
            "ORDER BY relname",
        )
        tables = cursor.fetchall()
    database = connection.settings_dict["NAME"]
    lines = statements(alias, Logins(**settings.DATABASE_LOGINS[alias]), database, [name for name, _ in tables])
    digest = hashlib.sha256("\n".join([*lines, *(f"{name} {oid}" for name, oid in tables)]).encode())
    return lines, MARK + digest.hexdigest()


def existing_roles(connection: BaseDatabaseWrapper) -> set[str]:
    """Return the names of the server's roles."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolname FROM pg_roles")
        return {row[0] for row in cursor.fetchall()}


def apply(alias: str, *, force: bool = False) -> bool:
    """Apply the rights to the database ``alias`` in one transaction; return whether anything was done.

    Nothing is done when the mark left last time still fits: a start without a migration takes no
    locks on tables that other processes use.
    """
    lines, mark = plan(alias)
    connection = connections[alias]
    with transaction.atomic(using=alias), connection.cursor() as cursor:
        cursor.execute("SELECT obj_description('public'::regnamespace)")
        if cursor.fetchone()[0] == mark and not force:
            return False
        cursor.execute("SET LOCAL lock_timeout = '30s'")
        for line in lines:
            cursor.execute(line)
        cursor.execute(sql.SQL("COMMENT ON SCHEMA public IS {}").format(sql.Literal(mark)))
    return True
