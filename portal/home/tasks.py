"""Jobs of the home app."""

from __future__ import annotations

from celery import shared_task
from django.core.management import call_command

from portal.home.actions import record_feedback, tell_of_reviews


@shared_task(name="home.store_feedback")
def store_feedback(*, kind: str, message: str, page: str) -> None:
    """Write down a reader's feedback. The public process may not write to the database, the worker may."""
    record_feedback(by=None, kind=kind, message=message, page=page)


@shared_task(name="home.check_links")
def check_links() -> dict[str, int]:
    """Try every link of every live page; every week by the schedule."""
    from portal.home.links import check_links as check  # noqa: PLC0415 - the same name

    return check()


@shared_task(name="home.remind_of_reviews")
def remind_of_reviews() -> int:
    """Tell the editors of pages due for review, once for each date; every day by the schedule."""
    return tell_of_reviews(by=None)


@shared_task(name="home.publish_scheduled_pages")
def publish_scheduled_pages() -> None:
    """Publish pages whose time has come, and take down those whose time is over; every minute by the schedule.

    Releases are not among them: they go live by their own desk, with their data.
    """
    call_command("publish_scheduled", verbosity=0)
