"""What the machine does by itself, and when statistics are regenerated."""

from __future__ import annotations

from typing import Any

from celery.schedules import crontab

EVERY = {
    "pipelines.recover_runs": ("pipelines.recover_runs", 60.0),
    "definitions.publish_due": ("definitions.publish_due", 60.0),
    "pipelines.run_on_accepted_returns": ("pipelines.run_on_accepted_returns", 60.0),
    "pipelines.look_for_trouble": ("pipelines.look_for_trouble", 300.0),
    "publications.prepare_due_releases": ("publications.prepare_due_releases", 30.0),
    "publications.deliver_due_webhooks": ("publications.deliver_due_webhooks", 60.0),
    "publications.deliver_due_mails": ("publications.deliver_due_mails", 60.0),
    "publications.forget_unconfirmed_subscriptions": ("publications.forget_unconfirmed_subscriptions", 86_400.0),
    "applications.lapse_offers": ("portal.applications.tasks.lapse_offers", 60.0),
    "applications.close_due_rounds": ("portal.applications.tasks.close_due_rounds", 60.0),
    "applications.end_rounds": ("portal.applications.tasks.end_rounds", 3_600.0),
    "applications.send_reminders": ("portal.applications.tasks.send_reminders", 900.0),
    "applications.publish_missing_draws": ("portal.applications.tasks.publish_missing_draws", 300.0),
    "submissions.resume_uploads": ("submissions.resume_uploads", 60.0),
    "submissions.keep_to_the_calendar": ("submissions.keep_to_the_calendar", 60.0),
    "submissions.deliver_lost_messages": ("submissions.deliver_lost_messages", 300.0),
    "home.publish_scheduled_pages": ("home.publish_scheduled_pages", 60.0),
    "home.remind_of_reviews": ("home.remind_of_reviews", 86_400.0),
    "home.check_links": ("home.check_links", 604_800.0),
    "api.forget_ended_keys": ("api.forget_ended_keys", 86_400.0),
    "submissions.erase_personal_data": ("submissions.erase_personal_data", 86_400.0),
}


def beat_schedule(runs: list[str]) -> dict[str, dict[str, Any]]:
    """Return Celery's schedule: the fixed chores, and each run of ``series=minute hour day month weekday``.

    Raises:
        ValueError: when an entry is not a series and five fields, saying which.
    """
    chores: dict[str, dict[str, Any]] = {
        name: {"task": task, "schedule": seconds} for name, (task, seconds) in EVERY.items()
    }
    return chores | dict(_run(entry) for entry in runs)


def _run(entry: str) -> tuple[str, dict[str, Any]]:
    series, _, fields = entry.partition("=")
    parts = fields.split()
    if not series.strip() or len(parts) != 5:  # noqa: PLR2004 - crontab has five fields
        raise ValueError(f"RUN_SCHEDULES: “{entry}” is not a series and five fields, like oh-headcount=0 3 1 * *.")
    minute, hour, day, month, weekday = parts
    when = crontab(minute=minute, hour=hour, day_of_month=day, month_of_year=month, day_of_week=weekday)
    return f"pipelines.run.{series.strip()}", {
        "task": "pipelines.run_on_schedule",
        "schedule": when,
        "args": [series.strip()],
    }
