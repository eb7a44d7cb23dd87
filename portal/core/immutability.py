"""Published rows never change: PostgreSQL refuses, whoever asks.

A migration adds :class:`ProtectRows` to a table. From then on a row for which the condition
holds can be neither deleted nor updated, except in the columns named as free.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.migrations.operations.base import Operation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.backends.base.schema import BaseDatabaseSchemaEditor
    from django.db.migrations.state import ProjectState

FUNCTION = """
CREATE OR REPLACE FUNCTION {name}_{table}() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    IF NOT ({condition}) THEN
        IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' AND (to_jsonb(OLD) - {free}::text[]) = (to_jsonb(NEW) - {free}::text[]) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% of a protected row of {table} refused (id %): published rows never change', TG_OP, to_jsonb(OLD) ->> 'id'
        USING ERRCODE = 'restrict_violation';
END $body$
"""


class ProtectRows(Operation):
    """Refuse UPDATE and DELETE of the rows of ``table`` for which ``condition`` (over OLD) holds.

    ``free_columns`` may still change, for example the state when a version is superseded. A table
    that needs two rules gives each its own ``name``.
    """

    reversible = True
    reduces_to_sql = True

    def __init__(
        self,
        table: str,
        *,
        condition: str = "TRUE",
        free_columns: Sequence[str] = (),
        name: str = "portal_protect",
    ) -> None:
        self.table = table
        self.name = name
        self.condition = condition
        self.free_columns = tuple(free_columns)

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        """Return what Django needs to write this operation down."""
        return (
            self.__class__.__name__,
            [self.table],
            {"condition": self.condition, "free_columns": self.free_columns, "name": self.name},
        )

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Change nothing in Django's picture of the models."""

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,  # noqa: ARG002 - Django's signature
        to_state: ProjectState,  # noqa: ARG002 - Django's signature
    ) -> None:
        """Create the function and the triggers."""
        from portal.core.routers import database_of  # noqa: PLC0415 - keeps migrations importable

        if schema_editor.connection.alias != database_of(app_label):
            return
        free = "'{" + ",".join(self.free_columns) + "}'"
        # Without parameters: the percent sign in the function is PL/pgSQL's own.
        schema_editor.execute(
            FUNCTION.format(name=self.name, table=self.table, condition=self.condition, free=free), params=None
        )
        schema_editor.execute(
            f"CREATE TRIGGER {self.name} BEFORE UPDATE OR DELETE ON {self.table} "
            f"FOR EACH ROW EXECUTE FUNCTION {self.name}_{self.table}()",
        )

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,  # noqa: ARG002 - Django's signature
        to_state: ProjectState,  # noqa: ARG002 - Django's signature
    ) -> None:
        """Remove the triggers and the function."""
        from portal.core.routers import database_of  # noqa: PLC0415 - keeps migrations importable

        if schema_editor.connection.alias != database_of(app_label):
            return
        schema_editor.execute(f"DROP TRIGGER IF EXISTS {self.name} ON {self.table}")
        schema_editor.execute(f"DROP FUNCTION IF EXISTS {self.name}_{self.table}()")

    def describe(self) -> str:
        """Return a sentence for ``migrate``."""
        return f"Protect published rows of {self.table}"
