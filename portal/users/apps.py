"""App configuration of users."""

from django.apps import AppConfig


class UsersConfig(AppConfig):
    """People who sign in, their groups and permissions."""

    name = "portal.users"
    label = "users"
    verbose_name = "Users"
    default_auto_field = "django.db.models.BigAutoField"
