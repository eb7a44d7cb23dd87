"""What processes remember of published datasets is dropped with every change of one.

Whatever saves a dataset or a public version says so here by itself (Django's signals). The bulk operations of
querysets send no signal: code that uses one on these tables must call ``published.change()`` itself.
"""

from __future__ import annotations

from typing import Any

from django.db.models.signals import post_delete, post_save

from portal.core.generation import Generation
from portal.datasets.enums import PUBLIC_STATES

published = Generation("datasets")


def watch() -> None:
    """Notice every change of what is public."""
    for change in (post_save, post_delete):
        change.connect(_changed, sender="datasets.Dataset", dispatch_uid="generation of datasets")
        change.connect(_changed, sender="datasets.DatasetVersion", dispatch_uid="generation of versions")


def _changed(instance: Any, **_signal: Any) -> None:
    # Drafts are nobody's business, and writing one takes long.
    if getattr(instance, "state", None) in {None, *PUBLIC_STATES}:
        published.change()
