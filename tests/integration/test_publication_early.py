"""Early looks open to whom they were given, when they were, and leave a trace; bundles; the embargo clock."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core import mail
from django.db import DatabaseError, transaction
from django.urls import reverse
from django.utils import timezone
from freezegun import freeze_time

from portal.publications import actions
from portal.publications.enums import BundleState, ReleaseState
from portal.publications.errors import NotAllowedError, ReleaseError
from portal.publications.mails import send_link
from portal.publications.models import EarlyAccess, EarlyRead, ReleasePage, ReleaseVersion
from portal.publications.models.calendar import LONDON
from portal.publications.working_days import is_working_day, window_before
from tests.factories import publications as make

pytestmark = [pytest.mark.django_db(databases=["default", "submissions"]), pytest.mark.slow]
SOMEONE = {"name": "A. Reader", "post": "Chief nurse", "organisation": "Department", "email": "a@example.org"}


@pytest.fixture
def people():
    return make.make_people(in_cms=True)


@pytest.fixture
def scheduled(tmp_path, people):
    version = make.approve(make.make_release(tmp_path, make.make_series()), people)
    return actions.schedule_release(by=people["Publishers"], version=version, at=timezone.now() + dt.timedelta(hours=2))


@pytest.fixture
def grant(scheduled, people, monkeypatch):
    """A named person's access, whose token is known here."""
    monkeypatch.setattr("portal.publications.actions.early.new_token", lambda: "the-token")
    return actions.grant_pre_release(by=people["Publishers"], version=scheduled, **SOMEONE)


def test_the_window_is_from_the_same_time_on_the_working_day_before():
    def window(year, month, day):
        return window_before(dt.datetime(year, month, day, 9, 30, tzinfo=LONDON))[0]

    assert window(2026, 11, 12) == dt.datetime(2026, 11, 11, 9, 30, tzinfo=LONDON)
    assert window(2026, 11, 16) == dt.datetime(2026, 11, 13, 9, 30, tzinfo=LONDON)  # Monday: Friday
    assert window(2027, 3, 30) == dt.datetime(2027, 3, 25, 9, 30, tzinfo=LONDON)  # Tuesday after Easter: Thursday
    assert window(2026, 12, 29) == dt.datetime(2026, 12, 24, 9, 30, tzinfo=LONDON)  # after Christmas and its substitute
    assert not is_working_day(dt.date(2026, 8, 31))
    assert is_working_day(dt.date(2026, 9, 1))


def test_a_named_person_reads_a_watermarked_page_and_every_look_is_recorded(client, grant, scheduled):
    answer = client.get("/pre-release/the-token/")
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "1,500" in text
    assert "Shown to A. Reader, Chief nurse, Department" in text
    assert answer["Cache-Control"] == "private, no-store"
    assert "/figures/" not in text
    assert [read.access for read in EarlyRead.objects.all()] == [grant]
    with pytest.raises(DatabaseError), transaction.atomic():
        EarlyRead.objects.update(address="/elsewhere/")
    send_link(grant, "the-token")
    assert "/pre-release/the-token/" in mail.outbox[-1].body


def test_before_the_window_and_after_its_end_the_link_shows_nothing(client, grant, scheduled, people):
    opens = grant.window()[0]
    with freeze_time(opens - dt.timedelta(seconds=1)):
        answer = client.get("/pre-release/the-token/")
        assert answer.status_code == 403
        assert "It opens at" in answer.content.decode()
        assert "1,500" not in answer.content.decode()
    assert client.get("/pre-release/another/").status_code == 404
    actions.revoke_early_access(by=people["Publishers"], access=grant)
    assert client.get("/pre-release/the-token/").status_code == 404
    assert not EarlyRead.objects.exists()


def test_the_published_list_is_made_of_the_grants(client, grant, scheduled, people):
    gone = actions.grant_pre_release  # a second person, ended before they looked, is not named
    other = {**SOMEONE, "post": "Adviser", "email": "b@example.org"}
    EarlyAccess.objects.filter(pk=grant.pk).update(digest="0" * 64)
    actions.revoke_early_access(
        by=people["Publishers"], access=gone(by=people["Publishers"], version=scheduled, **other)
    )
    version = actions.publish_release(by=people["Publishers"], version=scheduled)
    text = client.get(version.get_absolute_url()).content.decode()
    assert "Chief nurse, Department" in text
    assert "Adviser, Department" not in text
    assert "A. Reader" not in text
    assert "a@example.org" not in text


@pytest.mark.parametrize("missing", ["name", "post", "organisation", "email"])
def test_access_is_for_named_people_only(scheduled, people, missing):
    with pytest.raises(ReleaseError):
        actions.grant_pre_release(by=people["Publishers"], version=scheduled, **{**SOMEONE, missing: " "})
    with pytest.raises(NotAllowedError):
        actions.grant_pre_release(by=people["Editors"], version=scheduled, **SOMEONE)


def test_another_front_end_reads_a_draft_with_its_token_only(client, tmp_path, people):
    version = make.make_release(tmp_path, make.make_series())
    _access, token = actions.make_preview_token(by=people["Editors"], version=version, label="The other site", days=7)
    address = reverse("draft_content", args=[version.release_id])
    answer = client.get(f"{address}?perspective=D1", headers={"Authorization": f"Bearer {token}"})
    assert answer.json()["release"]["headlines"][0]["value"] == "750"
    assert answer["Cache-Control"] == "private, no-store"
    assert client.get(address).status_code == 401
    assert client.get(address, headers={"Authorization": "Bearer wrong"}).status_code == 401
    assert client.get(f"/pre-release/{token}/").status_code == 404
    with freeze_time(timezone.now() + dt.timedelta(days=7, seconds=1)):
        assert client.get(address, headers={"Authorization": f"Bearer {token}"}).status_code == 401
    assert EarlyRead.objects.count() == 1
    with pytest.raises(ReleaseError, match="one to 7 days"):
        actions.make_preview_token(by=people["Editors"], version=version, label="Too long", days=8)


def two_releases(tmp_path, people):
    return [
        make.approve(make.make_release(tmp_path, make.make_series(), data=make.make_data(tmp_path)), people)
        for _ in range(2)
    ]


def test_the_releases_of_a_bundle_come_out_together_and_not_alone(tmp_path, people):
    first, second = two_releases(tmp_path, people)
    publisher = people["Publishers"]
    bundle = actions.make_bundle(by=publisher, title="Autumn", versions=[first, second])
    for act in (actions.publish_release, actions.schedule_release):
        extra = {"at": timezone.now() + dt.timedelta(days=1)} if act is actions.schedule_release else {}
        with pytest.raises(ReleaseError, match="bundle “Autumn”"):
            act(by=publisher, version=first, **extra)
    moment = timezone.now() + dt.timedelta(hours=1)
    bundle = actions.schedule_bundle(by=publisher, bundle=bundle, at=moment)
    assert actions.publish_due(now=moment - dt.timedelta(seconds=1)) == []
    with freeze_time(moment):
        published = actions.publish_due()
    assert {one.pk for one in published} == {first.pk, second.pk}
    assert {one.published_at for one in published} == {moment}
    bundle.refresh_from_db()
    assert bundle.state == BundleState.PUBLISHED


def test_a_bundle_that_fails_half_way_publishes_none_of_its_releases(tmp_path, people, monkeypatch):
    from portal.publications.actions import publishing

    versions = two_releases(tmp_path, people)
    bundle = actions.make_bundle(by=people["Publishers"], title="Autumn", versions=versions)
    moment = timezone.now() + dt.timedelta(hours=1)
    actions.schedule_bundle(by=people["Publishers"], bundle=bundle, at=moment)
    record, done = publishing.record_publication, []

    def fail_at_the_second(**named: object):
        if done:
            raise OSError("disk full")
        done.append(record(**named))

    monkeypatch.setattr(publishing, "record_publication", fail_at_the_second)
    with freeze_time(moment):
        assert actions.publish_due() == []
        bundle.refresh_from_db()
        assert "disk full" in bundle.publish_failure
        assert not ReleasePage.objects.live().exists()
        assert {one.state for one in ReleaseVersion.objects.all()} == {ReleaseState.SCHEDULED}
        monkeypatch.undo()
        assert actions.publish_due() == []  # it waits for a person
    bundle = actions.unschedule_bundle(by=people["Publishers"], bundle=bundle)
    assert len(actions.publish_bundle(by=people["Publishers"], bundle=bundle)) == 2


def test_a_bundle_waits_for_approval_and_dissolves(tmp_path, people):
    version = make.make_release(tmp_path, make.make_series())
    bundle = actions.make_bundle(by=people["Publishers"], title="Autumn", versions=[version])
    with pytest.raises(ReleaseError, match="Not approved yet"):
        actions.schedule_bundle(by=people["Publishers"], bundle=bundle, at=timezone.now() + dt.timedelta(days=1))
    with pytest.raises(NotAllowedError):
        actions.cancel_bundle(by=people["Editors"], bundle=bundle)
    actions.cancel_bundle(by=people["Publishers"], bundle=bundle)
    version = make.publish(version, people)
    assert version.state == ReleaseState.PUBLISHED


def test_the_embargo_clock_shows_the_site_as_it_will_be_and_changes_nothing(client, scheduled, people):
    client.force_login(people["Approvers"])
    address = reverse("release_desk_clock")
    at = scheduled.scheduled_for.isoformat()
    for path in (scheduled.get_absolute_url(), "/", f"/publications/{scheduled.series.slug}/"):
        text = client.get(address, {"at": at, "path": path}).content.decode()
        assert "The site as it will be at" in text
        assert "1,500" in text
        assert f"path={scheduled.get_absolute_url()}" in text or path == scheduled.get_absolute_url()
    assert client.get(address, {"at": at, "path": "/feeds/releases.atom"}).content.decode().count("1.0.0")
    earlier = (scheduled.scheduled_for - dt.timedelta(seconds=1)).isoformat()
    assert client.get(address, {"at": earlier, "path": scheduled.get_absolute_url()}).status_code == 404
    scheduled.refresh_from_db()
    assert scheduled.state == ReleaseState.SCHEDULED
    client.logout()
    assert client.get(scheduled.get_absolute_url()).status_code == 404
    assert client.get(address, {"at": at, "path": "/"}).status_code == 302
    client.force_login(people["Editors"])
    refused = client.get(address, {"at": at, "path": "/"})
    assert "as it will be" not in refused.content.decode()
    assert refused.status_code == 302


def test_the_desk_gives_access_makes_tokens_and_bundles(client, tmp_path, people, scheduled):
    client.force_login(people["Publishers"])
    early = reverse("release_desk_early", args=[scheduled.pk])
    client.post(early, {"kind": "pre_release", **SOMEONE})
    assert "Chief nurse" in client.get(early).content.decode()
    access = EarlyAccess.objects.get()
    client.post(reverse("release_desk_early_end", args=[access.pk]))
    access.refresh_from_db()
    assert access.revoked_by == people["Publishers"]
    empty = client.get(reverse("release_desk_bundles")).content.decode()
    assert "nothing to put together yet" in empty
    assert 'name="title"' not in empty
    other = make.make_release(tmp_path, make.make_series(), data=make.make_data(tmp_path))
    client.post(reverse("release_desk_bundles"), {"title": "Spring", "versions": [other.pk]})
    text = client.get(reverse("release_desk_bundles")).content.decode()
    assert "Spring" in text
    assert "In the bundle" in client.get(reverse("release_desk_version", args=[other.pk])).content.decode()
    client.force_login(people["Editors"])
    assert client.get(reverse("release_desk_bundles")).status_code == 302
    answer = client.post(
        reverse("release_desk_early", args=[other.pk]), {"kind": "front_end", "label": "Site", "days": 3}
    )
    assert "shown this once" in answer.content.decode()
