"""Organisations, collections and returns for tests."""

from __future__ import annotations

import csv
import datetime as dt
import io
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from django.utils import timezone

from portal.definitions.querysets import LabelIndex
from portal.organisations.enums import MemberRole
from portal.organisations.models import Membership, Organisation
from portal.submissions.actions import open_collection
from portal.submissions.forms import load_form
from portal.submissions.models import Collection, Return
from portal.users.models import User

ROLES = {
    "nur-oh-pract": ("nurses", "Occupational health practitioner"),
    "nur-scphn": ("nurses", "Specialist community public health nurse"),
    "doc-doccmed": ("doctors", "Doctor with the Diploma in Occupational Medicine"),
    "tech": ("technicians", "Occupational health technician"),
    "admin": ("support", "Occupational health administrator"),
}


def few_roles(_family: str = "oh") -> LabelIndex:
    """Return an index of a few roles, without the whole register."""
    return LabelIndex(
        SimpleNamespace(code=code, group=group, number=1, title=title, other_titles=[])
        for code, (group, title) in ROLES.items()
    )


def person(email: str, organisation: Organisation | None = None, role: str = MemberRole.EDITOR) -> User:
    """Return a user, a member of an organisation where one is given."""
    user = User.objects.create_user(email, "a long password")
    if organisation is not None:
        Membership.objects.create(organisation=organisation, user=user, role=role)
    return user


def organisation(code: str = "OH001", **fields: Any) -> Organisation:
    """Return an organisation of the register."""
    return Organisation.objects.create(
        **{
            "code": code,
            "name": f"Provider {code}",
            "region_code": "Y60",
            "provider_type": "commercial_regional",
            **fields,
        },
    )


def collection(code: str = "oh-2027-03", *, is_open: bool = True, **fields: Any) -> Collection:
    """Return a collection, open unless asked otherwise."""
    now = timezone.now()
    made = Collection.objects.create(
        **{
            "code": code,
            "title": "Occupational health workforce, March 2027",
            "reference_date": dt.date(2027, 3, 31),
            "opens_at": now - dt.timedelta(days=1),
            "closes_at": now + dt.timedelta(days=30),
            **fields,
        },
    )
    return open_collection(by=None, collection=made) if is_open else made


def the_return(made: Collection, code: str = "OH001") -> Return:
    """Return an organisation's return."""
    return Return.objects.select_related("collection").get(collection=made, organisation_code=code, is_test=False)


def record(key: str = "A1", **values: str) -> dict[str, str]:
    """Return the cells of a row without faults."""
    return {
        "worker_key": key, "job_title": "OH adviser", "role": "nur-oh-pract", "oh_share": "100", "registration_body": "nmc",
        "contract_type": "permanent", "fte": "0.8", "region": "Y60", **values,
    }  # fmt: skip


def rows_csv(*rows: dict[str, str], delimiter: str = ",", encoding: str = "utf-8") -> bytes:
    """Return rows as a file with the form's labels for headings."""
    form = load_form("oh-worker-1")
    names = [item.name for item in form.items if any(item.name in row for row in rows)]
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=delimiter)
    writer.writerow([form.by_name[name].label for name in names])
    writer.writerows([row.get(name, "") for name in names] for row in rows)
    return buffer.getvalue().encode(encoding)


def rows_file(folder: Path, *rows: dict[str, str], name: str = "staff.csv") -> Path:
    """Write rows to a file."""
    path = folder / name
    path.write_bytes(rows_csv(*rows))
    return path
