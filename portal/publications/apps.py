"""App configuration of publications."""

from django.apps import AppConfig


class PublicationsConfig(AppConfig):
    """Publication series, release pages and the release calendar."""

    name = "portal.publications"
    label = "publications"
    verbose_name = "Publications"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tell the register of definitions which releases use them; drop kept pages when what they show changes.

        Tell the feeds of data what changed in releases without changing data.
        """
        from portal.datasets import hooks as data  # noqa: PLC0415 - models first
        from portal.definitions import hooks  # noqa: PLC0415 - models first
        from portal.publications import page_cache  # noqa: PLC0415 - models first
        from portal.publications.definition_usage import releases_using  # noqa: PLC0415 - models first
        from portal.publications.news import words_alone  # noqa: PLC0415 - models first

        hooks.register_usage(releases_using)
        data.register_entries(words_alone)
        page_cache.watch()
