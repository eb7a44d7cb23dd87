"""App configuration of search."""

from django.apps import AppConfig


class SearchConfig(AppConfig):
    """Site search."""

    name = "search"
    label = "search"
    verbose_name = "Search"
    default_auto_field = "django.db.models.BigAutoField"
