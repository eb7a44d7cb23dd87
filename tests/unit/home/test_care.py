"""Content that needs somebody: reviews, links that lead nowhere, and the audit trail for administrators."""

from __future__ import annotations

import datetime as dt
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape
from freezegun import freeze_time
from wagtail.models import Page

from portal.core.actions import record_event
from portal.home import care, links, tasks
from portal.home.models import BrokenLink, GuidanceIndexPage, GuidancePage, HomePage
from portal.submissions.models import SubmissionsAuditEvent
from portal.users.starting_content import load_starting_content
from tests.factories import submissions as make
from tests.factories.users import UserFactory

pytestmark = pytest.mark.django_db(databases=["default", "submissions"])


@pytest.fixture
def guidance(db):
    home = Page.get_first_root_node().add_child(instance=HomePage(title="Home", slug="care-home"))
    return home.add_child(instance=GuidanceIndexPage(title="Guidance", slug="guidance"))


def page(guidance, title: str, *, due: int | None = None, body: str = "") -> GuidancePage:
    review = timezone.localdate() + dt.timedelta(days=due) if due is not None else None
    stream = [("paragraph", body)] if body else []
    return guidance.add_child(
        instance=GuidancePage(title=title, slug=title.lower().replace(" ", "-"), review_due=review, body=stream)
    )


def test_pages_due_are_told_once_for_each_date(guidance, mailoutbox):
    editor = UserFactory(groups=["Editors"])
    late = page(guidance, "Long overdue", due=-3)
    page(guidance, "Due soon", due=30)
    page(guidance, "Not yet", due=31)
    page(guidance, "Never")
    assert [(row.page.title, row.is_overdue) for row in care.due_for_review()] == [
        ("Long overdue", True),
        ("Due soon", False),
    ]
    assert tasks.remind_of_reviews() == 2
    assert tasks.remind_of_reviews() == 0
    assert [message.to for message in mailoutbox] == [[editor.email]]
    assert f"/cms/pages/{late.pk}/edit/" in mailoutbox[0].body
    late.review_due = timezone.localdate()
    late.save()
    assert tasks.remind_of_reviews() == 1


def test_drafts_and_pages_left_alone_are_shown(guidance):
    old = timezone.now() - dt.timedelta(days=400)
    alone = page(guidance, "Left alone")
    Page.objects.filter(pk=alone.pk).update(last_published_at=old)
    draft = page(guidance, "Half done")
    Page.objects.filter(pk=draft.pk).update(has_unpublished_changes=True, latest_revision_created_at=old)
    assert [row.title for row in care.stale_pages()] == ["Left alone"]
    assert [row.title for row in care.stale_drafts()] == ["Half done"]


@pytest.fixture
def site(settings):
    """A site where /there works, /no-head answers the whole only, /closed turns programs away."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self, *, head: bool = False) -> None:
            status = {"/there": 200, "/closed": 403, "/no-head": 405 if head else 200}.get(self.path, 404)
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_HEAD(self) -> None:
            self.do_GET(head=True)

        def log_message(self, *_args: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    settings.BASE_URL = f"http://127.0.0.1:{server.server_port}"
    yield settings.BASE_URL
    server.shutdown()
    server.server_close()
    thread.join()


def test_links_that_lead_nowhere_are_kept_until_they_are_mended(guidance, site):
    draft = page(guidance, "A draft")
    draft.unpublish()
    body = (
        f'<p><a href="/there">a</a> <a href="/gone#part">b</a> <a href="{site}/gone">c</a> <a href="/closed">d</a> '
        f'<a href="/no-head">e</a> <a href="http://127.0.0.1:9/x">f</a> <a href="mailto:a@example.org">g</a> '
        f'<a linktype="page" id="{draft.pk}">h</a> <a linktype="page" id="{guidance.pk}">i</a></p>'
    )
    linking = page(guidance, "Linking", body=body)
    assert tasks.check_links()["broken"] == 3
    found = {link.address: link.reason for link in BrokenLink.objects.all()}
    assert set(found) == {f"{site}/gone", "http://127.0.0.1:9/x", f"page {draft.pk}"}
    assert found[f"{site}/gone"] == "It answers 404."
    assert "cannot be reached" in found["http://127.0.0.1:9/x"]
    first = BrokenLink.objects.get(address=f"{site}/gone").first_seen_at
    linking.body = [("paragraph", '<p><a href="/gone">b</a></p>')]
    linking.save()
    links.check_links()
    assert [(link.address, link.first_seen_at) for link in BrokenLink.objects.all()] == [(f"{site}/gone", first)]


def test_the_first_screen_of_the_cms_says_what_is_due(client, guidance):
    load_starting_content()
    late = page(guidance, "Long overdue", due=-3)
    BrokenLink.objects.create(
        page=late,
        address="http://x/",
        reason="It answers 404.",
        first_seen_at=timezone.now(),
        checked_at=timezone.now(),
    )
    client.force_login(UserFactory(groups=["Editors"]))
    text = client.get("/cms/").content.decode()
    assert "Long overdue</a>: review was due" in text
    assert "1 link</a>" in text
    report = client.get(reverse("content_care")).content.decode()
    assert "It answers 404." in report
    assert "(overdue)" in report


def test_the_audit_trail_of_both_databases_is_one_list_for_administrators(client):
    load_starting_content()
    actor = UserFactory(first_name="Sam", last_name="Okoro")
    record_event(by=actor, action="publish_role", reason="=1+1")
    record_event(by=actor, action="open_collection", obj=make.collection(is_open=False))
    client.force_login(UserFactory(groups=["Editors"]))
    assert client.get(reverse("audit_trail")).status_code in {302, 403}
    client.force_login(UserFactory(groups=["Administrators"]))
    url = reverse("audit_trail")
    rows = client.get(url, {"person": "okoro"}).context["page_obj"].object_list
    assert [row.action for row in rows] == ["open_collection", "publish_role"]
    assert [row.action for row in client.get(url, {"trail": "returns"}).context["page_obj"]] == ["open_collection"]
    assert not client.get(url, {"until": "2001-01-01"}).context["page_obj"].object_list
    assert client.get(url, {"since": "2001-99-99", "trail": "none", "page": "x"}).status_code == 200
    exported = client.get(url, {"export": "csv", "action": "publish_role"}).content.decode()
    assert "'=1+1" in exported
    assert "open_collection" not in exported
    assert SubmissionsAuditEvent.objects.count() == 1


@pytest.mark.slow
def test_a_page_goes_live_and_is_taken_down_at_its_times(guidance):
    later = timezone.now() + dt.timedelta(hours=1)
    news = page(guidance, "Soon")
    news.unpublish()
    news.go_live_at, news.expire_at = later, later + dt.timedelta(hours=1)
    news.save_revision(approved_go_live_at=later)
    seen = []
    for hours in (0, 1.1, 2.1):
        with freeze_time(timezone.now() + dt.timedelta(hours=hours)):
            tasks.publish_scheduled_pages()
        news.refresh_from_db()
        seen.append(news.live)
    assert seen == [False, True, False]


def test_the_editor_guide_lists_every_kind_of_chart_and_every_name_for_figures(client):
    from portal.home.editor_guide import USES
    from portal.publications.charts import ChartKind
    from portal.publications.validators import PLACEHOLDERS, TITLE_PLACEHOLDERS

    load_starting_content()
    assert client.get(reverse("editor_guide")).status_code == 302, "not for the public"
    client.force_login(UserFactory(groups=["Editors"]))
    text = client.get(reverse("editor_guide")).content.decode()
    for name in (*PLACEHOLDERS, *TITLE_PLACEHOLDERS):
        assert f"<code>{{{name}}}</code>" in text
    for kind in ChartKind:
        assert escape(USES[kind]) in text
    assert reverse("editor_guide") in client.get(reverse("wagtailadmin_home")).content.decode()
