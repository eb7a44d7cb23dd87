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
        user.set_password(password)
        user.save()
        user.groups.add(Group.objects.get_or_create(name=group.value)[0])
        EmailAddress.objects.update_or_create(user=user, email=email, defaults={"verified": True, "primary": True})


def _write_private(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as sink:
        sink.write(text)
