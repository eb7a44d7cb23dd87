"""Feeds of releases: an entry for each version that came out, and a correction of words alone is not passed over."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from django.conf import settings
from django.test import Client

from portal.publications import actions
from tests.factories import publications as make

if TYPE_CHECKING:
    from portal.publications.models import ReleaseVersion

pytestmark = [pytest.mark.slow, pytest.mark.django_db(databases=["default", "submissions"])]
ATOM = "{http://www.w3.org/2005/Atom}"
REASON = "The summary named the wrong month."


def entries(path: str) -> list[tuple[str, str, str]]:
    """Return title, address and words of each entry of a feed."""
    answer = Client().get(path)
    assert answer["Content-Type"] == "application/atom+xml; charset=utf-8"
    feed = ET.fromstring(answer.content)  # noqa: S314 - our own answer
    return [
        (entry.findtext(f"{ATOM}title"), entry.find(f"{ATOM}link").get("href"), entry.findtext(f"{ATOM}summary"))
        for entry in feed.iter(f"{ATOM}entry")
    ]


def correct_words(version: ReleaseVersion, people) -> ReleaseVersion:
    """Publish a correction that leaves the data as it was."""
    second = actions.start_correction(by=people["Editors"], release=version.release, notice=REASON)
    second = actions.submit_release(by=people["Editors"], version=second)
    second = actions.approve_release(by=people["Approvers"], version=second)
    return actions.publish_release(by=people["Publishers"], version=second)


def test_every_version_of_a_release_is_in_its_feed_with_its_reason_and_words_alone_in_those_of_data(tmp_path):
    people = make.make_people()
    first = make.publish(make.make_release(tmp_path, make.make_series()), people)
    other = make.publish(make.make_release(tmp_path, make.make_series()), people)
    address = f"/publications/{first.series.slug}/releases.atom"
    came = (f"New: {first.title}", f"{settings.BASE_URL}{first.permanent_address}", first.summary)
    assert entries(address) == [came]
    assert [title for title, *_rest in entries("/publications/releases.atom")] == [f"New: {other.title}", came[0]]
    assert entries("/feeds/corrections.atom") == []
    of_data = entries("/feeds/releases.atom")
    assert len(of_data) == 2, "a release with data of its own is one entry there: its dataset"

    second = correct_words(first, people)
    assert second.dataset_version == first.dataset_version
    corrected = (f"Corrected: {first.title}", f"{settings.BASE_URL}{second.permanent_address}", REASON)
    assert entries(address) == [corrected, came]
    assert entries("/feeds/corrections.atom") == [corrected]
    assert entries("/feeds/releases.atom") == [corrected, *of_data]
    assert entries("/feeds/revisions.atom") == []

    actions.withdraw_release(by=people["Publishers"], version=second, reason="The wrong file was used.")
    assert entries(address)[0] == (f"Withdrawn: {first.title}", corrected[1], "The wrong file was used.")


def test_a_draft_is_in_no_feed_and_no_publication_no_feed(tmp_path):
    draft = make.make_release(tmp_path, make.make_series())
    assert entries(f"/publications/{draft.series.slug}/releases.atom") == []
    assert entries("/publications/releases.atom") == []
    assert Client().get("/publications/no-such-publication/releases.atom").status_code == 404
