"""App configuration of pipelines."""

from django.apps import AppConfig


class PipelinesConfig(AppConfig):
    """Snapshots, specifications and runs: the one caller of methods on real data."""

    name = "portal.pipelines"
    label = "pipelines"
    verbose_name = "Pipelines"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tell the register of definitions what a change of rule does to the last snapshot."""
        from portal.definitions import hooks  # noqa: PLC0415 - models first
        from portal.pipelines.definition_effect import effect_of_change  # noqa: PLC0415 - models first

        hooks.register_effect(effect_of_change)

        from portal.pipelines.provider_figures import newest_headcounts  # noqa: PLC0415 - models first
        from portal.submissions import published  # noqa: PLC0415 - models first

        published.register_source(newest_headcounts)
