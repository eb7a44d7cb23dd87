"""App configuration of home."""

from django.apps import AppConfig


class HomeConfig(AppConfig):
    """Home page, guidance and standard pages."""

    name = "portal.home"
    label = "home"
    verbose_name = "Home"
    default_auto_field = "django.db.models.BigAutoField"
