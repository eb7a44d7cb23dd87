"""App configuration of api."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """The data API: router, schema, throttles."""

    name = "portal.api"
    label = "api"
    verbose_name = "API"
    default_auto_field = "django.db.models.BigAutoField"
