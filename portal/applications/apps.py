"""App configuration of applications."""

from django.apps import AppConfig


class ApplicationsConfig(AppConfig):
    """Applications, draws and offers. Lives in the submissions database."""

    name = "portal.applications"
    label = "applications"
    verbose_name = "Applications"
    default_auto_field = "django.db.models.BigAutoField"
