"""The Celery application. Tasks live in each app's ``tasks.py``; long work is a row first, then a task."""

import os

from celery import Celery
from celery.signals import setup_logging
from django_structlog.celery.steps import DjangoStructLogInitStep

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings.dev")

app = Celery("portal", task_cls="portal.core.tasks:PortalTask")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.steps["worker"].add(DjangoStructLogInitStep)
app.autodiscover_tasks()


@setup_logging.connect
def configure_logging(**_kwargs: object) -> None:
    """Use Django's logging settings in workers, so that one format reaches the collector."""
    import logging.config  # noqa: PLC0415 - settings must be ready first

    from django.conf import settings  # noqa: PLC0415 - the same

    logging.config.dictConfig(settings.LOGGING)
