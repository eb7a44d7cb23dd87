"""Nobody outside looks early: at no address, in no list, from no cache. And each step belongs to its role."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portal.publications import actions
from portal.publications.errors import NotAllowedError, ReleaseError
from portal.publications.models import CalendarEntry
from tests.factories import publications as make

pytestmark = [pytest.mark.django_db(databases=["default", "submissions"]), pytest.mark.slow]
SECRET = "Zebrafinch"


@pytest.fixture
def people():
    return make.make_people(in_cms=True)


@pytest.fixture
def scheduled(tmp_path, people):
    """A release that comes out in two hours; its words and figures occur nowhere else."""
    version = make.make_release(tmp_path, make.make_series(), data=make.make_data(tmp_path, change=70_000))
    page = version.release.get_latest_revision_as_object()
    page.title = f"{page.title} {SECRET}"
    page.summary = f"{SECRET} workers by region."
    page.save_revision(user=people["Editors"])
    return actions.schedule_release(
        by=people["Publishers"], version=make.approve(version, people), at=timezone.now() + dt.timedelta(hours=2)
    )


def refused(version, path: str) -> None:
    answer = Client().get(path, follow=True)
    if answer.status_code == 200:
        content = b"".join(answer.streaming_content) if answer.streaming else answer.content
        text = content.decode(errors="replace")
        data = version.dataset_version
        # The address alone would tell that there is a new version, and from which day on.
        secrets = (SECRET, "71,500", "71500", version.release.slug, data.digest, data.get_absolute_url())
        for secret in secrets:
            assert secret not in text, f"{path} gives {secret} away"
    else:
        assert answer.status_code == 404, f"{path} answers {answer.status_code}"


def test_the_page_is_refused(scheduled):
    for path in (scheduled.get_absolute_url(), scheduled.permanent_address, f"/publications/{scheduled.series.slug}/"):
        refused(scheduled, path)
        refused(scheduled, f"{path}?perspective=D1")


def test_the_files_are_refused(scheduled):
    data = scheduled.dataset_version
    refused(scheduled, f"{scheduled.permanent_address}release.pdf")
    for file in data.files.all():
        refused(scheduled, f"/datasets/{data.dataset.slug}/v/{data.number}/files/{file.name}")
    refused(scheduled, f"/datasets/{data.dataset.slug}/latest/")


@pytest.mark.parametrize("kind", ["svg", "png", "csv"])
def test_the_addresses_of_its_images_are_refused(scheduled, kind):
    for section in scheduled.release.sections:
        for block in section.value["body"]:
            name = f"figure-{str(block.id).split('-', maxsplit=1)[0]}"
            refused(scheduled, f"{scheduled.permanent_address}figures/{name}.{kind}")


def test_the_apis_are_refused(scheduled):
    data = scheduled.dataset_version
    refused(scheduled, f"/api/content/pages/{scheduled.release_id}/")
    refused(scheduled, "/api/content/pages/?type=publications.ReleasePage&fields=*")
    refused(scheduled, f"/api/content/pages/find/?html_path={scheduled.get_absolute_url()}")
    refused(scheduled, f"/api/v1/datasets/{data.dataset.slug}/")
    refused(scheduled, f"/api/v1/datasets/{data.dataset.slug}/versions/{data.number}/")
    refused(scheduled, f"/api/v1/datasets/{data.dataset.slug}/versions/{data.number}/observations")
    refused(scheduled, "/api/v1/datasets/")
    assert Client().get(reverse("draft_content", args=[scheduled.release_id])).status_code == 401


def test_search_does_not_find_it(scheduled):
    text = Client().get(f"/search/?q={SECRET}").content.decode()
    assert text.count(SECRET) == text.count(f'value="{SECRET}"') + text.count(f"<title>{SECRET}") + text.count(
        f"“{SECRET}”"
    )
    assert SECRET not in Client().get(f"/search/suggest/?q={SECRET[:5]}").content.decode()
    refused(scheduled, "/search/?q=people+in+occupational+health")


@pytest.mark.parametrize("name", ["releases", "corrections", "revisions"])
def test_the_feeds_are_silent(scheduled, name):
    refused(scheduled, f"/feeds/{name}.atom")


def test_the_sitemap_catalogue_and_lists_are_silent(scheduled):
    series = f"/publications/{scheduled.series.slug}/releases/"
    for path in ("/sitemap.xml", "/catalog.jsonld", "/catalog.ttl", "/publications/", series, "/", "/datasets/"):
        refused(scheduled, path)


def test_the_calendar_tells_the_day_and_nothing_else(scheduled):
    when = timezone.localtime(scheduled.scheduled_for)
    CalendarEntry.objects.create(
        series=scheduled.series, title="Workforce, March 2022", period="2022-03",
        status="confirmed", date=when.date(), time=when.time(),
    )  # fmt: skip
    refused(scheduled, "/publications/calendar/")
    refused(scheduled, "/publications/calendar.ics")


def test_no_cache_holds_what_staff_have_looked_at(scheduled, people):
    staff = Client()
    staff.force_login(people["Approvers"])
    address = scheduled.get_absolute_url()
    at = scheduled.scheduled_for.isoformat()
    assert SECRET in staff.get(reverse("release_desk_clock"), {"at": at, "path": address}).content.decode()
    assert SECRET in staff.get(reverse("release_desk_preview", args=[scheduled.pk])).content.decode()
    for path in (address, f"/publications/{scheduled.series.slug}/releases/", "/"):
        refused(scheduled, path)
        assert SECRET not in staff.get(path).content.decode(), "also who may look sees the public page at its address"


# Each step, and the groups that may take it. Nobody else may, whatever else they may do.
ALLOWED = {
    "accept_text": {"Editors", "Administrators"},
    "submit_release": {"Editors", "Administrators"},
    "return_release": {"Reviewers", "Approvers", "Administrators"},
    "approve_release": {"Approvers", "Administrators"},  # never of their own work: another test
    "schedule_release": {"Publishers", "Administrators"},
    "unschedule_release": {"Publishers", "Administrators"},
    "publish_release": {"Publishers", "Administrators"},
    "withdraw_release": {"Publishers", "Administrators"},
    "cancel_version": {"Reviewers", "Approvers", "Administrators"},
    "grant_pre_release": {"Publishers", "Administrators"},
    "make_preview_token": {"Editors", "Administrators"},
    "make_bundle": {"Publishers", "Administrators"},
}
GROUPS = ("Editors", "Reviewers", "Approvers", "Publishers", "Administrators", "Collection managers", "Analysts")


def test_each_step_belongs_to_its_roles(tmp_path, people):
    from tests.factories.users import UserFactory

    everyone = {group: UserFactory(groups=[group]) for group in GROUPS}
    version = make.make_release(tmp_path, make.make_series())
    extra = {
        "return_release": {"reason": "No."},
        "cancel_version": {"reason": "No."},
        "withdraw_release": {"reason": "No."},
        "schedule_release": {"at": timezone.now() + dt.timedelta(days=1)},
        "grant_pre_release": {"name": "A", "post": "B", "organisation": "C", "email": "a@example.org"},
        "make_preview_token": {"label": "Site"},
    }
    wrong = []
    for name, groups in ALLOWED.items():
        for group, person in everyone.items():
            what = {"title": "T", "versions": []} if name == "make_bundle" else {"version": version}
            try:
                getattr(actions, name)(by=person, **what, **extra.get(name, {}))
                refused_it = False
            except NotAllowedError:
                refused_it = True
            except ReleaseError:
                refused_it = False  # the right is there; the version is not where the step begins
            if refused_it == (group in groups):
                wrong.append(f"{group}: {name}")
            version = version.release.versions.open().with_everything().first() or make.make_release(
                tmp_path, version.series, data=make.make_data(tmp_path)
            )
    assert wrong == []
