"""The Django project: apps and nothing loose."""

from portal.celery import app as celery_app

__all__ = ["celery_app"]
