"""States and named groups of states of collections, returns and uploads."""

from django.db import models


class CollectionState(models.TextChoices):
    """Where a collection stands."""

    SET_UP = "set_up", "Being set up"
    OPEN = "open", "Open"
    CLOSED = "closed", "Closed"
    SEALED = "sealed", "Sealed"


class WorkerKeyScope(models.TextChoices):
    """How far one worker key reaches."""

    COLLECTION = "collection", "One collection: identifiers are reassigned each time"
    STANDING = "standing", "All collections: identifiers stay with the person"


class ReturnState(models.TextChoices):
    """States of a return. Every way from one to another is in ``TRANSITIONS``."""

    NOT_STARTED = "not_started", "Not started"
    IN_PROGRESS = "in_progress", "In progress"
    SUBMITTED = "submitted", "Submitted"
    QUERIED = "queried", "Queried"
    ACCEPTED = "accepted", "Accepted"


TRANSITIONS: dict[ReturnState, frozenset[ReturnState]] = {
    ReturnState.NOT_STARTED: frozenset({ReturnState.IN_PROGRESS, ReturnState.SUBMITTED}),
    ReturnState.IN_PROGRESS: frozenset({ReturnState.SUBMITTED}),
    ReturnState.SUBMITTED: frozenset({ReturnState.QUERIED, ReturnState.ACCEPTED, ReturnState.IN_PROGRESS}),
    ReturnState.QUERIED: frozenset({ReturnState.SUBMITTED, ReturnState.IN_PROGRESS}),
    ReturnState.ACCEPTED: frozenset({ReturnState.IN_PROGRESS}),
}
#: A provider may change a return in these states without reopening it.
EDITABLE_STATES = frozenset({ReturnState.NOT_STARTED, ReturnState.IN_PROGRESS, ReturnState.QUERIED})
#: Somebody sent something that can be looked at.
RECEIVED_STATES = frozenset({ReturnState.SUBMITTED, ReturnState.QUERIED, ReturnState.ACCEPTED})


class ReturnKind(models.TextChoices):
    """What a return holds."""

    RECORDS = "records", "A record for each post"
    AGGREGATE = "aggregate", "Totals only"
    NIL = "nil", "Nothing to return"


class RecordKind(models.TextChoices):
    """What a record stands for."""

    RECORD = "record", "One post held by one person"
    AGGREGATE = "aggregate", "Several people, by totals"
    SERVICE = "service", "A contracted service without a person"


class UploadState(models.TextChoices):
    """Where an upload stands."""

    RECEIVED = "received", "Waiting to be read"
    MAPPING = "mapping", "Columns to be matched"
    CHECKING = "checking", "Being checked"
    CHECKED = "checked", "Checked"
    KEPT = "kept", "Kept in the draft"
    REFUSED = "refused", "Refused"
    DISCARDED = "discarded", "Discarded"


#: A worker that died in one of these states is replaced by another that starts again.
UNFINISHED_UPLOADS = frozenset({UploadState.RECEIVED, UploadState.CHECKING})


class Severity(models.TextChoices):
    """What a check's finding asks for."""

    ERROR = "error", "Error"
    QUERY = "query", "Query"
    NOTE = "note", "Note"


class Outcome(models.TextChoices):
    """What became of a row."""

    STORED = "stored", "Stored"
    QUERIED = "queried", "Stored, with a query"
    REFUSED = "refused", "Refused"


class QueryState(models.TextChoices):
    """Where a question of the OH team about a return stands."""

    OPEN = "open", "Waiting for the provider"
    ANSWERED = "answered", "Answered"
    RESOLVED = "resolved", "Resolved"


class Audience(models.TextChoices):
    """Who a reminder goes to."""

    NOT_BEGUN = "not_begun", "Those who have not begun"
    NOT_SUBMITTED = "not_submitted", "Those who have not submitted"
    QUERIED = "queried", "Those with questions to answer"


#: States of the returns that each audience has.
AUDIENCE_STATES = {
    Audience.NOT_BEGUN: frozenset({ReturnState.NOT_STARTED}),
    Audience.NOT_SUBMITTED: frozenset({ReturnState.NOT_STARTED, ReturnState.IN_PROGRESS, ReturnState.QUERIED}),
    Audience.QUERIED: frozenset({ReturnState.QUERIED}),
}


class MessageKind(models.TextChoices):
    """What a message of the service is about."""

    RECEIPT = "receipt", "Receipt"
    REMINDER = "reminder", "Reminder"
    QUESTION = "question", "Question or answer"
    ACCEPTED = "accepted", "Acceptance"
    REOPENED = "reopened", "Return reopened"
    OPENED = "opened", "Collection opened"


class MessageState(models.TextChoices):
    """Where a message stands."""

    WAITING = "waiting", "On its way"
    SENT = "sent", "Sent"
    FAILED = "failed", "Could not be sent"
