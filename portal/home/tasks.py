"""Jobs of the home app."""

from __future__ import annotations

from celery import shared_task

from portal.home.actions import record_feedback


@shared_task(name="home.store_feedback")
def store_feedback(*, kind: str, message: str, page: str) -> None:
    """Write down a reader's feedback. The public process may not write to the database, the worker may."""
    record_feedback(by=None, kind=kind, message=message, page=page)
