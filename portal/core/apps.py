"""App configuration of core."""

from django.apps import AppConfig


class CoreConfig(AppConfig):
    """Ground floor: abstract models, audit events, locks, storage. Knows no domain."""

    name = "portal.core"
    label = "core"
    verbose_name = "Core"
    default_auto_field = "django.db.models.BigAutoField"
