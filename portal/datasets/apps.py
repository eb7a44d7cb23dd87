"""App configuration of datasets."""

from django.apps import AppConfig


class DatasetsConfig(AppConfig):
    """Datasets, their immutable versions, files and queries."""

    name = "portal.datasets"
    label = "datasets"
    verbose_name = "Datasets"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tell the register of definitions what uses them and how many there are; notice what is published."""
        from portal.datasets import generation  # noqa: PLC0415 - models first
        from portal.datasets.definition_usage import datasets_using, figures_of_role  # noqa: PLC0415 - models first
        from portal.definitions import hooks  # noqa: PLC0415 - models first

        hooks.register_usage(datasets_using)
        hooks.register_figures(figures_of_role)
        generation.watch()
