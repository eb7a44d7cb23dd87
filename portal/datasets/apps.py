"""App configuration of datasets."""

from django.apps import AppConfig


class DatasetsConfig(AppConfig):
    """Datasets, their immutable versions, files and queries."""

    name = "portal.datasets"
    label = "datasets"
    verbose_name = "Datasets"
    default_auto_field = "django.db.models.BigAutoField"
