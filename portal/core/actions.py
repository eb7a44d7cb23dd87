"""Writing the audit trail. Every action of every app calls :func:`record_event`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db import transaction

from portal.core.routers import database_of

if TYPE_CHECKING:
    from django.db.models import Model

    from portal.core.models import AbstractAuditEvent

AUDIT_MODELS = {"default": "core.AuditEvent", "submissions": "submissions.SubmissionsAuditEvent"}


def record_event(
    *,
    by: Any | None,
    action: str,
    obj: Model | None = None,
    reason: str = "",
    detail: dict[str, Any] | None = None,
    using: str | None = None,
) -> AbstractAuditEvent:
    """Write one audit event in the database of ``obj``, in the current transaction.

    ``by`` is a user, or None for the machine. ``action`` is a verb phrase, ``publish_role``.
    """
    alias = using or (database_of(obj._meta.app_label) if obj is not None else "default")
    model = apps.get_model(AUDIT_MODELS[alias])
    return model.objects.using(alias).create(
        actor_id=getattr(by, "pk", None),
        actor_label=str(by) if by is not None else "system",
        action=action,
        object_type=obj._meta.label if obj is not None else "",
        object_id=str(obj.pk) if obj is not None else "",
        object_label=str(obj)[:255] if obj is not None else "",
        reason=reason,
        detail=detail or {},
    )


def send_on_commit(task: Any, *args: Any, using: str = "default", **kwargs: Any) -> None:
    """Send a Celery task once the current transaction of ``using`` is committed."""
    transaction.on_commit(lambda: task.delay(*args, **kwargs), using=using)
