"""``manage.py create_demo_accounts``: people to try the portal with. Never for production."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.models import Group
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from portal.users.enums import GroupName
from portal.users.models import User

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from django.db.models import QuerySet

DOMAIN = "demo.example"


class Command(BaseCommand):
    """Make one person for each group, with random passwords that are written to one private file."""

    help = "Make demo accounts with random passwords, one for each group."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the file for the passwords."""
        parser.add_argument("--file", type=Path, required=True, help="where to write addresses and passwords")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Make the accounts, or give those that exist new passwords: the old ones are known to nobody."""
        if settings.SETTINGS_MODULE == "portal.settings.production":
            raise CommandError("Demo accounts are not for production.")
        lines = []
        with transaction.atomic():
            for name in GroupName:
                email = f"{name.value.lower().replace(' ', '.').removesuffix('s')}@{DOMAIN}"
                password = secrets.token_urlsafe(12)
                self._make(email, password, name)
                lines.append(f"{email:<36} {password}   {name.value}")
            lines += [self._open(user) for user in _others()]
            _write_private(options["file"], "\n".join(lines) + "\n")
        self.stdout.write(f"{len(lines)} demo accounts are in {options['file']}")

    def _make(self, email: str, password: str, group: GroupName) -> None:
        administrator = group is GroupName.ADMINISTRATORS
        user, _created = User.objects.update_or_create(
            email=email,
            defaults={
                "first_name": "Demo",
                "last_name": group.value.lower().removesuffix("s"),
                "is_staff": administrator,
                "is_superuser": administrator,
            },
        )
        _let_in(user, password)
        user.groups.add(Group.objects.get_or_create(name=group.value)[0])

    def _open(self, user: User) -> str:
        """Give somebody whom the demo data made, a provider for example, a password; return the line for the file."""
        password = secrets.token_urlsafe(12)
        _let_in(user, password)
        return f"{user.email:<36} {password}   {user.last_name.capitalize()}"


def _others() -> QuerySet[User]:
    """Return the people of the demo who are in no group."""
    return User.objects.filter(email__endswith=f"@{DOMAIN}", groups=None).order_by("email")


def _let_in(user: User, password: str) -> None:
    user.set_password(password)
    user.save()
    EmailAddress.objects.update_or_create(user=user, email=user.email, defaults={"verified": True, "primary": True})


def _write_private(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as sink:
        sink.write(text)
