"""Definitions for tests: drafts by a person, versions approved by another."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib.auth.models import Permission

from portal.definitions import actions
from portal.definitions.models import Perspective, PerspectiveVersion, Role, RoleVersion
from portal.users.models import User

START = dt.date(2024, 4, 1)


def person(name: str, *rights: str) -> User:
    """Return a user with these rights, for example ``publish_role``."""
    user = User.objects.create_user(f"{name}@example.org", "a long password", first_name=name.title())
    user.user_permissions.set(Permission.objects.filter(codename__in=rights))
    return user


def approver(name: str = "approver") -> User:
    """Return a user who may approve roles and perspectives."""
    return person(name, "publish_role", "publish_perspective")


def role_fields(code: str, **fields: Any) -> dict[str, Any]:
    """Return the fields of a small, complete role."""
    return {
        "code": code,
        "family": "oh",
        "group": "technicians",
        "title": code.replace("-", " ").capitalize(),
        "summary": f"What a {code} does.",
        "effective_from": START,
        **fields,
    }


def published_role(by: User, approved_by: User, code: str, **fields: Any) -> RoleVersion:
    """Return version 1 of a role."""
    role = actions.create_role(by=by, **role_fields(code, **fields))
    return actions.publish_role(by=approved_by, role=role)


def next_version(by: User, approved_by: User, definition: Role | Perspective, **changes: Any) -> Any:
    """Return the next version of a definition, editorial unless said otherwise."""
    changes = {"change_class": "editorial", "change_note": "Clearer words.", **changes}
    actions.edit_definition(by=by, definition=definition, changes=changes)
    definition.refresh_from_db()
    return definition.get_latest_revision().publish(user=approved_by)


def published_perspective(by: User, approved_by: User, code: str, rule: list[Any], **fields: Any) -> PerspectiveVersion:
    """Return version 1 of a perspective whose rule is given as the builder's blocks."""
    perspective = actions.create_perspective(
        by=by,
        **{
            "code": code,
            "family": "oh",
            "title": f"Perspective {code}",
            "summary": "Who counts.",
            "effective_from": START,
            "rule": rule,
            **fields,
        },
    )
    return actions.publish_perspective(by=approved_by, perspective=perspective)


def bulk_register(roles: int, versions: int, *, first: int = 0) -> None:
    """Fill the register with many published versions, straight into the tables: for measuring only."""
    owners = Role.objects.bulk_create(
        Role(**role_fields(f"bulk-{n:04d}", title=f"Bulk role {n}"), live=True) for n in range(first, first + roles)
    )
    RoleVersion.objects.bulk_create(
        bulk_version(owner, number) for owner in owners for number in range(1, versions + 1)
    )


def bulk_version(owner: Role, number: int) -> RoleVersion:
    """Return one version for measuring, not saved."""
    return RoleVersion(
        role=owner,
        number=number,
        code=owner.code,
        family="oh",
        group=owner.group,
        title=owner.title,
        summary=owner.summary,
        other_titles=[f"Alias {owner.code}"],
        effective_from=START + dt.timedelta(days=number),
        change_class="new" if number == 1 else "editorial",
        change_note="Clearer words.",
        content={"inclusion": [{"text": f"Criterion {number}", "example": ""}]},
        search_text=f"{owner.title} {owner.code}",
        authors=["system"],
        approver_label="a second person",
    )
