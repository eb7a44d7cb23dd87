"""Notices what a process writes to some tables, whichever way it writes: one by one, in bulk, or as plain SQL."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction
from django.db.backends.signals import connection_created

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

WRITTEN: Final = re.compile(
    r'\b(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM|TRUNCATE(?:\s+TABLE)?|MERGE\s+INTO|COPY)\s+(?:ONLY\s+)?"?(\w+)"?',
    re.IGNORECASE,
)


class Watch:
    """Calls a function once after each transaction that wrote to one of the tables of a database."""

    def __init__(self, alias: str, tables: Callable[[], Collection[str]], changed: Callable[[], None]) -> None:
        self.alias = alias
        self.tables = tables
        self.changed = changed

    def begin(self) -> None:
        """Watch every connection of this process that is made from now on."""
        connection_created.connect(self._connected, weak=False, dispatch_uid=f"watch {self.alias}")

    def _connected(self, connection: Any, **_signal: Any) -> None:
        if connection.alias == self.alias and self._noticed not in connection.execute_wrappers:
            connection.execute_wrappers.append(self._noticed)

    def _noticed(self, execute: Any, sql: Any, params: Any, many: Any, context: dict[str, Any]) -> Any:
        answer = execute(sql, params, many, context)
        text = sql if isinstance(sql, str) else str(sql)
        if not text.startswith("SELECT") and not set(WRITTEN.findall(text)).isdisjoint(self.tables()):
            self._once(context["connection"])
        return answer

    def _once(self, connection: Any) -> None:
        waiting = [entry[1] for entry in connection.run_on_commit]
        if self.changed not in waiting:
            transaction.on_commit(self.changed, using=self.alias)
