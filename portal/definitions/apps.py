"""App configuration of definitions."""

from django.apps import AppConfig


class DefinitionsConfig(AppConfig):
    """Roles, perspectives and crosswalks, as published versions."""

    name = "portal.definitions"
    label = "definitions"
    verbose_name = "Definitions"
    default_auto_field = "django.db.models.BigAutoField"
