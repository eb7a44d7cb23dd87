"""App configuration of organisations."""

from django.apps import AppConfig


class OrganisationsConfig(AppConfig):
    """The register of providers and hosts."""

    name = "portal.organisations"
    label = "organisations"
    verbose_name = "Organisations"
    default_auto_field = "django.db.models.BigAutoField"
