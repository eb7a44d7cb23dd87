"""Kept pages that are no release's: which are kept, and that whatever an editor changes is seen at once."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from redis.exceptions import ConnectionError as RedisAway
from wagtail.models import Page

from portal.core import writes
from portal.datasets.models import AdvanceNotice, Dataset
from portal.home.models import GuidanceIndexPage, GuidancePage, HomePage
from portal.publications import page_cache
from portal.publications.models import CalendarEntry, MethodologyPage, PublicationSeriesPage
from tests.factories import definitions as define
from tests.factories.datasets import make_user
from tests.wsgi import Server

pytestmark = [pytest.mark.django_db(databases=["default"]), pytest.mark.slow]


@pytest.fixture
def site(published):
    """A small site: its pages by name."""
    home = HomePage.objects.get()
    index = home.add_child(instance=GuidanceIndexPage(title="Guidance", slug="guidance"))
    index.add_child(instance=GuidancePage(title="How to read", slug="reading", body=[]))
    define.published_role(define.person("author", "add_role", "change_role"), define.approver(), "oh-nurse")
    cache.clear()
    data = published.dataset_version
    return {
        "home": "/",
        "publications": "/publications/",
        "calendar": "/publications/calendar/",
        "series": f"/publications/{published.series.slug}/releases/",
        "methodology": f"/publications/{published.series.slug}/methodology/",
        "guidance": "/guidance/",
        "guide": "/guidance/reading/",
        "catalogue": "/datasets/",
        "dataset": f"/datasets/{data.dataset.slug}/",
        "version": data.get_absolute_url(),
        "definitions": "/definitions/",
        "role": "/definitions/roles/oh-nurse/",
    }


def queries(server, path):
    with CaptureQueriesContext(connection) as seen:
        answer = server.get(path)
    return answer, len(seen)


def test_every_page_is_kept_the_same_and_for_nobody_in_particular(site):
    server = Server()
    first = {name: server.get(path) for name, path in site.items()}
    again = {name: queries(server, path) for name, path in site.items()}
    assert {name: answer.status for name, answer in first.items()} == dict.fromkeys(site, 200)
    assert {name: asked for name, (_, asked) in again.items()} == dict.fromkeys(site, 0)
    assert {name: answer.sent for name, (answer, _) in again.items()} == {name: one.sent for name, one in first.items()}
    home = first["home"]
    assert server.get("/", If_None_Match=home.headers["ETag"]).status == 304
    assert home.headers["Cache-Control"] == "public, no-cache"
    assert "X-Accel-Expires" not in home.headers
    assert "Set-Cookie" not in home.headers
    assert server.layer.counts["hits"] == len(site) + 1
    welsh = server.get("/", cookies="django_language=cy")
    assert '<html lang="cy"' in welsh.text
    kept = len(server.layer.memory)
    for path, options in (
        ("/", {"cookies": "sessionid=1"}), ("/datasets/?q=nurse", {}), ("/feedback/", {}), ("/opportunities/", {}),
        ("/publications/subscribe/", {}), ("/nothing/", {}), ("/search/", {}), ("/api/v1/datasets/", {}),
    ):  # fmt: skip
        server.get(path, **options)
    assert len(server.layer.memory) == kept, "not for one person, by the clock, of endless addresses, or not there"


def publish(page, **changes: str):
    for name, value in changes.items():
        setattr(page, name, value)
    page.save_revision().publish()


def new_role_version():
    author = define.person("second-author", "add_role", "change_role")
    from portal.definitions.models import Role

    define.next_version(author, define.approver("second"), Role.objects.get(code="oh-nurse"), title="Nurse of work")


def plain_sql():
    with connection.cursor() as cursor:
        cursor.execute("UPDATE datasets_dataset SET title = 'By plain SQL'")


def notice_of(dataset):
    soon = timezone.localdate() + dt.timedelta(days=9)
    AdvanceNotice.objects.create(
        dataset=dataset, expected_on=soon, title="A column will go.", text="Soon.", published_by=make_user()
    )


#: What is written, the pages that show it, and the words that they show then.
EDITS = {
    "front page": (lambda _: publish(HomePage.objects.get(), strapline="Other words"), ["home"], "Other words"),
    "page": (lambda _: publish(GuidancePage.objects.get(), title="How to see"), ["guidance", "guide"], "How to see"),
    "series": (
        lambda _: publish(PublicationSeriesPage.objects.get(), summary="Other series"),
        ["publications", "series"],
        "Other series",
    ),
    "methodology": (lambda _: publish(MethodologyPage.objects.get(), title="Method"), ["methodology"], "Method –"),
    "calendar": (
        lambda row: CalendarEntry.objects.create(
            series=row.series, title="Next one", period="2022-09", status="provisional", date=dt.date(2030, 5, 1)
        ),
        ["calendar", "home", "series"],
        "May 2030",
    ),
    "in bulk": (
        lambda _: Dataset.objects.update(title="Renamed in bulk"),
        ["catalogue", "dataset", "version"],
        "Renamed in bulk",
    ),
    "plain SQL": (lambda _: plain_sql(), ["catalogue", "dataset", "version"], "By plain SQL"),
    "notice": (lambda row: notice_of(row.dataset_version.dataset), ["dataset"], "A column will go."),
    "definition": (lambda _: new_role_version(), ["definitions", "role"], "Nurse of work"),
}


def test_an_edit_of_every_kind_is_seen_at_once(site, published, django_capture_on_commit_callbacks):
    server = Server()
    for kind, (edit, places, words) in EDITS.items():
        for place in places:
            assert words not in server.get(site[place]).text, (kind, place)
            assert queries(server, site[place])[1] == 0, "it is kept"
        connection.run_on_commit.clear()  # of the fixtures, which are never committed
        with django_capture_on_commit_callbacks(execute=True):
            edit(published)
        for place in places:
            assert words in server.get(site[place]).text, (kind, place)
    guide = Page.objects.get(slug="reading")
    connection.run_on_commit.clear()
    with django_capture_on_commit_callbacks(execute=True):
        guide.specific.unpublish()
    assert server.get(site["guide"]).status == 404
    connection.run_on_commit.clear()
    with django_capture_on_commit_callbacks(execute=True):
        guide.delete()
    assert "How to see" not in server.get(site["guidance"]).text


def test_a_publication_closes_them_too(site, published):
    server = Server()
    server.get("/")
    with page_cache.closed(published.series.slug):
        assert queries(server, "/")[1] > 0
        assert queries(server, site["catalogue"])[1] > 0
        assert not page_cache.state_of().site


def test_a_write_past_the_portal_is_seen_once_the_command_says_so(site, published, monkeypatch, capsys):
    server, places = Server(), (site["guide"], published.get_absolute_url())
    for place in places:
        server.get(place)
    with connection.connection.cursor() as past:  # the driver's own: nothing of Django notices
        past.execute("UPDATE wagtailcore_page SET title = 'Past the portal' WHERE slug = 'reading'")
        past.execute("UPDATE publications_publicationseriespage SET contact_name = 'Past the portal'")
    assert not any("Past the portal" in server.get(place).text for place in places)
    call_command("renew_pages")
    assert "made anew" in capsys.readouterr().out
    assert all("Past the portal" in server.get(place).text for place in places)

    def away(*_arguments: object, **_named: object) -> None:
        raise RedisAway("away")

    monkeypatch.setattr(page_cache, "_renew", away)
    with pytest.raises(CommandError, match="nothing was renewed"):
        call_command("renew_pages")


@pytest.mark.parametrize(
    ("statement", "tables"),
    [
        ('INSERT INTO "a_b" ("x") VALUES (1)', {"a_b"}),
        ("update only a_b set x = 1", {"a_b"}),
        ('WITH gone AS (DELETE FROM "a_b" RETURNING x) INSERT INTO c SELECT x FROM gone', {"a_b", "c"}),
        ("TRUNCATE TABLE a_b", {"a_b"}),
        ("MERGE INTO a_b USING c ON true WHEN MATCHED THEN DO NOTHING", {"a_b"}),
        ('SELECT x FROM "a_b" FOR UPDATE OF "a_b"', {"OF"}),
    ],
)
def test_a_statement_that_writes_is_known(statement, tables):
    assert set(writes.WRITTEN.findall(statement)) == tables
