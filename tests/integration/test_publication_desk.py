"""The release desk: four people take a release from a run to the public, and nobody oversteps."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portal.publications import actions
from portal.publications.models import CalendarChange, CalendarEntry, ReleasePage
from tests.factories import publications as make

pytestmark = [pytest.mark.django_db(databases=["default", "submissions"]), pytest.mark.slow]


@pytest.fixture
def people():
    return make.make_people(in_cms=True)


@pytest.fixture
def version(tmp_path):
    return make.make_release(tmp_path, make.make_series())


def signed_in(person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def take(client, version, step, **data: object):
    return client.post(reverse("release_desk_step", args=[version.pk, step]), data, follow=True)


def is_refused(client, address, **data: object) -> bool:
    """Whether the CMS sends the person away with its sentence that they may not do this."""
    response = client.post(address, data, follow=True)
    return "you do not have permission" in words(response)


def words(response) -> str:
    return " ".join(response.content.decode().split())


def test_four_people_bring_a_release_to_the_public(version, people):
    editor, reviewer = signed_in(people["Editors"]), signed_in(people["Reviewers"])
    approver, publisher = signed_in(people["Approvers"]), signed_in(people["Publishers"])
    assert "Nothing waits for you" in words(publisher.get(reverse("release_desk")))
    assert "to write and send to review" in words(editor.get(reverse("release_desk")))
    assert "accept or rewrite them" in words(take(editor, version, "submit_release"))
    take(editor, version, "accept_text")
    take(editor, version, "submit_release")
    take(reviewer, version, "return_release", reason="The summary says too little.")
    take(editor, version, "submit_release")
    assert "to approve" in words(approver.get(reverse("release_desk")))
    assert is_refused(publisher, reverse("release_desk_step", args=[version.pk, "approve_release"]))
    version.refresh_from_db()
    assert version.state == "in_review"
    take(approver, version, "approve_release")
    assert "to schedule or publish" in words(publisher.get(reverse("release_desk")))
    take(publisher, version, "publish_release")
    assert ReleasePage.objects.get(pk=version.release_id).live
    assert Client().get(version.get_absolute_url()).status_code == 200


def test_who_worked_on_it_is_not_offered_approval_and_is_refused(version, people):
    person = people["Editors"]
    person.groups.add(*people["Approvers"].groups.all())
    client = signed_in(type(person).objects.get(pk=person.pk))
    take(client, version, "accept_text")
    take(client, version, "submit_release")
    page = words(client.get(reverse("release_desk_version", args=[version.pk])))
    assert "someone else must approve it" in page
    assert 'id="step-approve_release"' not in page
    assert "someone else must approve it" in words(take(client, version, "approve_release"))
    version.refresh_from_db()
    assert version.state == "in_review"


def test_a_moment_in_the_past_is_refused_in_place(version, people):
    make.approve(version, people)
    yesterday = timezone.localdate() - dt.timedelta(days=1)
    response = take(signed_in(people["Publishers"]), version, "schedule_release", date=str(yesterday), time="09:30")
    assert "Choose a moment in the future." in words(response)
    version.refresh_from_db()
    assert version.state == "approved"


def test_publication_is_scheduled_in_london_time(version, people):
    make.approve(version, people)
    summer = dt.date(timezone.localdate().year + 1, 7, 1)
    take(signed_in(people["Publishers"]), version, "schedule_release", date=str(summer), time="09:30:00")
    version.refresh_from_db()
    assert version.scheduled_for == dt.datetime(summer.year, 7, 1, 8, 30, tzinfo=dt.UTC)


def test_a_correction_is_opened_at_the_desk(version, people):
    make.publish(version, people)
    editor = signed_in(people["Editors"])
    address = reverse("release_desk_correct", args=[version.pk])
    assert "Say what was wrong" in words(editor.post(address, {"notice": " "}, follow=True))
    editor.post(address, {"notice": "A word was wrong."})
    assert version.release.versions.get(number=2).notice == "A word was wrong."
    assert is_refused(signed_in(people["Publishers"]), address, notice="Mine.")


def test_an_outsider_sees_nothing_of_the_desk(version):
    response = Client().get(reverse("release_desk_version", args=[version.pk]))
    assert response.status_code == 302
    assert "login" in response["Location"]


def test_the_page_editor_offers_no_other_way_to_the_public(version, people):
    boss = people["Editors"]
    boss.is_superuser = True
    boss.save()
    client = signed_in(boss)
    editor = words(client.get(reverse("wagtailadmin_pages:edit", args=[version.release_id])))
    assert "action-publish" not in editor
    assert reverse("release_desk_for_page", args=[version.release_id]) in editor
    response = client.get(reverse("release_desk_for_page", args=[version.release_id]))
    assert response["Location"] == reverse("release_desk_version", args=[version.pk])


def test_the_preview_shows_the_draft_with_its_data(version, people):
    boss = people["Editors"]
    boss.is_superuser = True
    boss.save()
    page = words(signed_in(boss).get(reverse("wagtailadmin_pages:view_draft", args=[version.release_id])))
    assert "1,500" in page
    assert "written by machine" in page
    assert "wagtail-userbar-template" in page, "without it the accessibility checker of the editor looks at nothing"


def test_a_typed_figure_is_refused_in_the_editor():
    from django.core.exceptions import ValidationError
    from wagtail.blocks import StructBlockValidationError

    from portal.publications.blocks import FigureFreeTextBlock, SentenceBlock

    block = FigureFreeTextBlock()
    with pytest.raises(ValidationError, match="typed in"):
        block.clean(block.to_python("<p>There are 1,330 nurses.</p>"))
    assert block.clean(block.to_python("<p>Since March 2022, under D1.</p>"))
    sentence = SentenceBlock()
    cells = {"measure": "headcount", "filters": []}
    with pytest.raises(StructBlockValidationError):
        sentence.clean(sentence.to_python({"text": "It rose by 3.1%.", "cells": cells}))
    with pytest.raises(StructBlockValidationError):
        sentence.clean(sentence.to_python({"text": "It {grew}.", "cells": cells}))


def test_a_confirmed_date_changes_only_with_a_public_reason(people, version):
    entry = CalendarEntry.objects.create(
        series=version.series, title="Next", period="2022-09", date=dt.date(2027, 3, 1)
    )
    person = people["Publishers"]
    actions.confirm_entry(by=person, entry=entry, date=dt.date(2027, 3, 12))
    client = signed_in(person)
    address = reverse("release_desk_calendar_step", args=[entry.pk, "move"])
    answer = client.post(address, {"date": "2027-03-19", "time": "09:30"}, follow=True)
    assert "only with a reason" in words(answer)
    client.post(address, {"date": "2027-03-19", "time": "09:30", "reason": "A large return came late."})
    change = CalendarChange.objects.get(entry=entry)
    assert change.previous_date == dt.date(2027, 3, 12)
    public = words(Client().get("/publications/calendar/"))
    assert "19 March 2027, 09:30" in public
    assert "A large return came late." in public


def test_a_cancelled_release_says_why_and_a_provisional_one_shows_its_month_only(people, version):
    series = version.series
    entry = CalendarEntry.objects.create(series=series, title="Spring", period="a", date=dt.date(2027, 3, 9))
    client = signed_in(people["Publishers"])
    calendar = words(Client().get("/publications/calendar/"))
    assert "March 2027 <strong" in calendar
    assert "Provisional</strong>" in calendar
    assert "9 March" not in calendar
    feed = Client().get("/publications/calendar.ics").content.decode()
    assert "DTSTART;VALUE=DATE:20270301" in feed
    assert "STATUS:TENTATIVE" in feed
    client.post(reverse("release_desk_calendar_step", args=[entry.pk, "cancel"]), {"reason": "Too few returns."})
    assert "Too few returns." in words(Client().get("/publications/calendar/"))
    assert "STATUS:CANCELLED" in Client().get("/publications/calendar.ics").content.decode()
    assert is_refused(signed_in(people["Reviewers"]), reverse("release_desk_calendar"))


def test_an_entry_is_announced_at_the_desk(people, version):
    client = signed_in(people["Publishers"])
    client.post(
        reverse("release_desk_calendar"),
        {"series": version.series.pk, "title": "Autumn", "period": "2027-09", "date": "2027-11-12"},
    )
    assert CalendarEntry.objects.get(title="Autumn").status == "provisional"
