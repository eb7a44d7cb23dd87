"""App configuration of users."""

from django.apps import AppConfig


class UsersConfig(AppConfig):
    """People who sign in, their groups and permissions."""

    name = "portal.users"
    label = "users"
    verbose_name = "Users"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Connect the signals."""
        from portal.users import signals  # noqa: F401, PLC0415 - models must be loaded first
