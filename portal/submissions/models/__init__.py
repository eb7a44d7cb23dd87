"""Collections, returns, records and uploads, and the audit trail of the submissions database.

Every field of every model here has a privacy class, in the model's ``privacy``.
"""

from portal.submissions.models.audit import SubmissionsAuditEvent
from portal.submissions.models.collections import Collection
from portal.submissions.models.messages import Reminder, SentMessage
from portal.submissions.models.queries import Query, QueryMessage, RememberedReason
from portal.submissions.models.records import Movement, Record, RegisteredWorker, Removal, Vacancy
from portal.submissions.models.returns import Return, ReturnVersion
from portal.submissions.models.uploads import ColumnMapping, HeldRow, IdempotencyKey, RowIssue, Upload

__all__ = [
    "Collection",
    "ColumnMapping",
    "HeldRow",
    "IdempotencyKey",
    "Movement",
    "Query",
    "QueryMessage",
    "Record",
    "RegisteredWorker",
    "RememberedReason",
    "Reminder",
    "Removal",
    "Return",
    "ReturnVersion",
    "RowIssue",
    "SentMessage",
    "SubmissionsAuditEvent",
    "Upload",
    "Vacancy",
]
