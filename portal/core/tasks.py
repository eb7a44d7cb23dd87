"""The base of every Celery task."""

from __future__ import annotations

from typing import Any

from celery import Task
from django.db import OperationalError


class PortalTask(Task):
    """Retries when a database or the network is briefly away; never on a fault of the task itself.

    A task carries row ids only. The row says what is to be done and what was done, so that a
    message delivered twice or lost does no harm.
    """

    autoretry_for: tuple[type[Exception], ...] = (OperationalError, ConnectionError)
    retry_backoff = True
    retry_backoff_max = 60
    max_retries = 5
    acks_late = True

    def on_failure(self, exc: Exception, task_id: str, args: Any, kwargs: Any, einfo: Any) -> None:
        """Leave a log line; the row that the task serves holds the reason for people."""
        import structlog  # noqa: PLC0415 - logging is configured after the app is built

        structlog.get_logger(__name__).error("task_failed", task=self.name, task_id=task_id, error=str(exc))
        super().on_failure(exc, task_id, args, kwargs, einfo)
