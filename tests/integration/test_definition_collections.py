"""Before a definition is published its editors see which collections it touches; readers do not."""

from __future__ import annotations

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from portal.definitions import hooks
from portal.submissions.actions import open_collection
from portal.submissions.models import Collection
from tests.factories import definitions as make

pytestmark = pytest.mark.django_db(databases=["default", "submissions"])


def collection(code: str, date: dt.date) -> Collection:
    now = timezone.now()
    return Collection.objects.create(
        code=code, title=f"Collection {code}", reference_date=date, opens_at=now, closes_at=now + dt.timedelta(days=9)
    )


def test_a_collection_pins_what_is_in_force_on_its_reference_date(client) -> None:
    author, approver = make.person("author", "change_role", "access_admin"), make.approver()
    tech = make.published_role(author, approver, "tech")
    make.next_version(author, approver, tech.role, summary="Other words.", effective_from=dt.date(2026, 4, 1))
    old = open_collection(by=author, collection=collection("oh-2026-03", dt.date(2026, 3, 31)))
    new = open_collection(by=author, collection=collection("oh-2026-09", dt.date(2026, 9, 30)))
    collection("oh-2027-03", dt.date(2027, 3, 31))
    assert (old.role_versions, new.role_versions) == ({"tech": 1}, {"tech": 2})
    # Opened again later, it still asks with what it asked with.
    make.next_version(author, approver, tech.role, summary="Third.", effective_from=dt.date(2026, 4, 1))
    new.save()
    assert new.role_versions == {"tech": 2}

    said = {usage.title: usage.detail for usage in hooks.internal_usages("role", "tech")}
    assert said == {
        "Collection oh-2027-03": "being set up; will ask with the version in force on 31 March 2027",
        "Collection oh-2026-09": "open; asks with version 2",
        "Collection oh-2026-03": "open; asks with version 1",
    }
    assert hooks.internal_usages("role", "no-such-role") == []
    client.force_login(author)
    page = client.get(reverse("definitions_review", args=["role", tech.role_id])).content.decode()
    assert "Collection oh-2026-09" in page
    assert "Collection oh-2026-09" not in client.get("/definitions/roles/tech/").content.decode()
