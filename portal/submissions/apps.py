"""App configuration of submissions."""

from django.apps import AppConfig


class SubmissionsConfig(AppConfig):
    """Collections, returns, records and uploads. Lives in the submissions database."""

    name = "portal.submissions"
    label = "submissions"
    verbose_name = "Submissions"
    default_auto_field = "django.db.models.BigAutoField"
