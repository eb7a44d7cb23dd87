"""App configuration of pipelines."""

from django.apps import AppConfig


class PipelinesConfig(AppConfig):
    """Snapshots, specifications and runs: the one caller of methods on real data."""

    name = "portal.pipelines"
    label = "pipelines"
    verbose_name = "Pipelines"
    default_auto_field = "django.db.models.BigAutoField"
