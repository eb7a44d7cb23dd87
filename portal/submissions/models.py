"""Collections, returns, records and uploads, and the audit trail of the submissions database."""

from portal.core.models import AbstractAuditEvent


class SubmissionsAuditEvent(AbstractAuditEvent):
    """The audit trail of what providers and the OH team do with returns."""
