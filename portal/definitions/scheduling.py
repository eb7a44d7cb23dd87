"""Approved for later: published when the moment has come, or sent back with the reason.

Between approval and its moment a draft may have lost its footing, say because a role that its rule
names was withdrawn. Then nothing is published, the schedule ends, and the editors see why.
"""

from __future__ import annotations

from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.utils import timezone
from wagtail.models import Revision

from portal.core.actions import record_event
from portal.core.models import AuditEvent
from portal.definitions.errors import DefinitionError, SecondPersonRequiredError
from portal.definitions.models import Perspective, Role


def publish_due() -> int:
    """Publish every definition whose moment has come; return how many. One that fails holds up no other."""
    kinds = ContentType.objects.get_for_models(Role, Perspective).values()
    due = Revision.objects.filter(content_type__in=kinds, approved_go_live_at__lte=timezone.now())
    return sum(_publish_or_send_back(revision) for revision in due.order_by("approved_go_live_at", "pk"))


def _publish_or_send_back(revision: Revision) -> bool:
    try:
        with transaction.atomic():
            revision.publish(log_action="wagtail.publish.scheduled")
    except (DefinitionError, SecondPersonRequiredError) as error:
        _send_back(revision, str(error))
        return False
    return True


@transaction.atomic
def _send_back(revision: Revision, reason: str) -> None:
    definition = revision.content_object
    Revision.objects.filter(pk=revision.pk).update(approved_go_live_at=None)
    kind = definition._meta.model_name
    record_event(
        by=None,
        action=f"schedule_{kind}_failed",
        obj=definition,
        reason=reason,
        detail={"revision": revision.pk},
    )


def why_sent_back(definition: Any) -> str:
    """Return why the newest draft was not published at its moment; empty where nothing went wrong."""
    event = (
        AuditEvent.objects.about(definition)
        .filter(action=f"schedule_{definition._meta.model_name}_failed", detail__revision=definition.latest_revision_id)
        .order_by("-pk")
        .first()
    )
    return event.reason if event else ""
