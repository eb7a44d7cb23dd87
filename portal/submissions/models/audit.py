"""The audit trail of the submissions database."""

from portal.core.models import AbstractAuditEvent
from portal.submissions.models.privacy import identifying, operational, sensitive


class SubmissionsAuditEvent(AbstractAuditEvent):
    """What providers and the OH team do with returns, reads of identifiers included."""

    privacy = (
        operational("id", "at", "actor_id", "action", "object_type", "object_id", "object_label")
        | identifying("actor_label")
        | sensitive("reason", "detail")
    )
