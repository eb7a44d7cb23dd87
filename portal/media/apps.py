"""App configuration of media."""

from django.apps import AppConfig


class MediaConfig(AppConfig):
    """Custom image and document models."""

    name = "portal.media"
    label = "media"
    verbose_name = "Media"
    default_auto_field = "django.db.models.BigAutoField"
