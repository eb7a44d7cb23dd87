"""App configuration of home."""

from django.apps import AppConfig


class HomeConfig(AppConfig):
    """Home page, guidance and standard pages."""

    name = "portal.home"
    label = "home"
    verbose_name = "Home"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Make the images of a page when it is published."""
        from wagtail.signals import page_published  # noqa: PLC0415 - models first

        from portal.home.images import make_sizes  # noqa: PLC0415 - models first

        page_published.connect(make_sizes, dispatch_uid="sizes of images")
