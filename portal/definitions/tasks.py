"""Publication of definitions at the moment that was approved for it."""

from __future__ import annotations

from celery import shared_task

from portal.definitions.scheduling import publish_due as publish_what_is_due


@shared_task(name="definitions.publish_due")
def publish_due() -> int:
    """Every minute: publish what a second person approved for a moment that has come."""
    return publish_what_is_due()
