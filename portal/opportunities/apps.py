"""App configuration of opportunities."""

from django.apps import AppConfig


class OpportunitiesConfig(AppConfig):
    """Listings of pre-employment opportunities."""

    name = "portal.opportunities"
    label = "opportunities"
    verbose_name = "Opportunities"
    default_auto_field = "django.db.models.BigAutoField"
