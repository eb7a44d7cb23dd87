"""Who may act for an organisation: asking, inviting, roles, and groups of organisations."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.urls import reverse
from django.utils import timezone

from portal.organisations import tasks
from portal.organisations.actions import (
    RegisterRefused,
    accept_invitation,
    change_role,
    decide_parent,
    end_membership,
    invite,
    invite_again,
    leave_parent,
    request_parent,
    share_with_parent,
    withdraw_invitation,
)
from portal.organisations.enums import MemberRole, ParentAccess
from portal.organisations.models import Invitation, Organisation, Registration
from tests.factories import submissions as make
from tests.factories.users import UserFactory

pytestmark = pytest.mark.django_db(databases=["default", "submissions"])


@pytest.fixture(autouse=True)
def _jobs_at_once(monkeypatch):
    for job in (tasks.send_invitation, tasks.send_registration, tasks.send_parent_request):
        monkeypatch.setattr(job, "delay", job)


@pytest.fixture
def clinic(db):
    return make.organisation("CLINIC", name="Riverside Clinic")


@pytest.fixture
def owner(clinic):
    return make.person("owner@example.org", clinic, MemberRole.OWNER)


def secret_in(mail) -> str:
    return re.search(r"/invitations/([^/]+)/", mail.body)[1]


def test_an_invitation_works_once_for_its_address_and_not_after_it_is_withdrawn(
    clinic, owner, mailoutbox, django_capture_on_commit_callbacks
):
    guest, other = make.person("guest@example.org"), make.person("other@example.org")
    with django_capture_on_commit_callbacks(execute=True):
        first = invite(by=owner, organisation=clinic, email="Guest@Example.org", role="viewer")
        invite_again(by=owner, invitation=first)
    old, new = (secret_in(mail) for mail in mailoutbox)
    for person, secret, words in ((guest, old, "withdrawn"), (other, new, "another e-mail"), (guest, "x", "withdrawn")):
        with pytest.raises(RegisterRefused, match=words):
            accept_invitation(by=person, secret=secret)
    assert accept_invitation(by=guest, secret=new).role == MemberRole.VIEWER
    with pytest.raises(RegisterRefused, match="used"):
        accept_invitation(by=guest, secret=new)
    late = invite(by=owner, organisation=clinic, email="other@example.org", role="editor")
    Invitation.objects.filter(pk=late.pk).update(expires_at=timezone.now() - dt.timedelta(seconds=1))
    assert Invitation.objects.exclude(secret_hash="").count() == 3
    with pytest.raises(RegisterRefused, match="used or withdrawn"):
        withdraw_invitation(by=owner, invitation=first)
    with pytest.raises(RegisterRefused, match="Only an owner"):
        withdraw_invitation(by=guest, invitation=late)


def test_there_is_always_an_owner(clinic, owner):
    mine = owner.memberships.get()
    editor = make.person("editor@example.org", clinic)
    theirs = editor.memberships.get()
    with pytest.raises(RegisterRefused, match="last owner"):
        change_role(by=owner, membership=mine, role="viewer")
    with pytest.raises(RegisterRefused, match="last owner"):
        end_membership(by=owner, membership=mine)
    with pytest.raises(RegisterRefused, match="Only an owner"):
        change_role(by=editor, membership=theirs, role="owner")
    with pytest.raises(RegisterRefused, match="owner, editor or viewer"):
        change_role(by=owner, membership=theirs, role="king")
    change_role(by=owner, membership=theirs, role="owner")
    end_membership(by=editor, membership=mine)
    assert not Organisation.objects.owned_by(owner).exists()
    assert Organisation.objects.editable_by(editor).get() == clinic


def test_a_group_is_agreed_by_both_and_the_subsidiary_decides_what_is_seen(
    clinic, owner, mailoutbox, django_capture_on_commit_callbacks
):
    group = make.organisation("GROUP")
    head = make.person("head@example.org", group, MemberRole.OWNER)
    with django_capture_on_commit_callbacks(execute=True):
        link = request_parent(by=owner, organisation=clinic, code=" group ")
    assert mailoutbox[0].to == ["head@example.org"]
    for by, words in ((owner, "owner of the parent"), (UserFactory(), "owner of the parent")):
        with pytest.raises(RegisterRefused, match=words):
            decide_parent(by=by, link=link, agree=True)
    with pytest.raises(RegisterRefused, match="already"):
        request_parent(by=owner, organisation=clinic, code="GROUP")
    decide_parent(by=head, link=link, agree=True)
    clinic.refresh_from_db()
    seen = []
    for access in ParentAccess.values:
        share_with_parent(by=owner, organisation=clinic, access=access)
        lists = (Organisation.objects.visible_to, Organisation.objects.readable_by, Organisation.objects.editable_by)
        seen.append((access, *(clinic in found(head) for found in lists)))
    assert seen == [
        ("none", False, False, False), ("summary", True, False, False), ("records", True, True, False),
        ("submit", True, True, True),
    ]  # fmt: skip
    with pytest.raises(RegisterRefused, match="Only an owner"):
        share_with_parent(by=head, organisation=clinic, access="submit")
    leave_parent(by=head, organisation=clinic)
    clinic.refresh_from_db()
    assert (clinic.parent, clinic.parent_access) == (None, "none")
    assert clinic not in Organisation.objects.visible_to(head)


def test_a_group_has_two_levels_and_no_circle(clinic, owner):
    top = make.organisation("TOP")
    clinic.parent = top
    clinic.save()
    below = make.organisation("BELOW")
    other = make.person("below@example.org", below, MemberRole.OWNER)
    with pytest.raises(RegisterRefused, match="two levels"):
        request_parent(by=other, organisation=below, code="CLINIC")
    top_owner = make.person("top@example.org", top, MemberRole.OWNER)
    with pytest.raises(RegisterRefused, match="two levels"):
        request_parent(by=top_owner, organisation=top, code="BELOW")
    for code in ("BELOW", "NOWHERE"):
        with pytest.raises(RegisterRefused, match="no other organisation"):
            request_parent(by=other, organisation=below, code=code)


def test_somebody_who_does_not_know_the_code_finds_the_organisation_by_name(
    client, clinic, mailoutbox, django_capture_on_commit_callbacks
):
    UserFactory(groups=["Collection managers"], email="desk@example.org")
    client.force_login(make.person("new@example.org"), backend="django.contrib.auth.backends.ModelBackend")
    url = reverse("organisations:register")
    sent = {"organisation_name": "The Riverside", "job_title": "Manager"}
    first = client.post(url, sent)
    assert first.status_code == 422
    assert "Riverside Clinic (CLINIC)" in first.content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(url, {**sent, "match": "CLINIC"}).status_code == 302
    assert Registration.objects.get().organisation == clinic
    assert mailoutbox[0].to == ["desk@example.org"]
    client.post(url, {**sent, "match": "none"})
    assert Registration.objects.filter(organisation=None).get().organisation_name == "The Riverside"
    assert client.post(url, {**sent, "match": "OTHER"}).status_code == 422
