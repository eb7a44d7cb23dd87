"""App configuration of submissions."""

from django.apps import AppConfig


class SubmissionsConfig(AppConfig):
    """Collections, returns, records and uploads. Lives in the submissions database."""

    name = "portal.submissions"
    label = "submissions"
    verbose_name = "Submissions"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tell the register of definitions which collections ask with a definition."""
        from portal.definitions import hooks  # noqa: PLC0415 - models first
        from portal.submissions.definition_usage import collections_using  # noqa: PLC0415 - models first

        hooks.register_internal_usage(collections_using)
