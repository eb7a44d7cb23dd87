"""App configuration of publications."""

from django.apps import AppConfig


class PublicationsConfig(AppConfig):
    """Publication series, release pages and the release calendar."""

    name = "portal.publications"
    label = "publications"
    verbose_name = "Publications"
    default_auto_field = "django.db.models.BigAutoField"
