"""Reading reference lists, and remembering them while many definitions are checked one after another."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from django.apps import apps

if TYPE_CHECKING:
    from portal.definitions.models import ReferenceEntry

_memory: ContextVar[dict[tuple[str, ...], list[ReferenceEntry]] | None] = ContextVar("reference_lists", default=None)


@contextmanager
def remembered() -> Iterator[None]:
    """Read each list once within the block; the lists must not change meanwhile."""
    token = _memory.set({})
    try:
        yield
    finally:
        _memory.reset(token)


def newest_entries(*slugs: str) -> list[ReferenceEntry]:
    """Return the entries of the newest edition of each list."""
    memory = _memory.get()
    if memory is not None and slugs in memory:
        return memory[slugs]
    entries = list(apps.get_model("definitions", "ReferenceEntry").objects.newest(*slugs))
    if memory is not None:
        memory[slugs] = entries
    return entries
