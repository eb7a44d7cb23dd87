"""The public register: what it shows, by version and date, in how many queries."""

import csv
import datetime as dt
import io
import json
from xml.etree import ElementTree as ET

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from freezegun import freeze_time

from portal.definitions import actions, hooks, links
from portal.definitions.models import PerspectiveVersion, RoleVersion
from tests.factories import definitions as make

pytestmark = pytest.mark.django_db

MOST_QUERIES = 12


def text_of(response):
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


@pytest.fixture
def widened(author, approver, tech):
    rows = [{"type": "row", "value": {"source": "tech v1", "target": "this", "share": "1", "basis": "All of them."}}]
    return make.next_version(
        author,
        approver,
        tech.role,
        summary="What a registered tech does.",
        change_class="widening",
        change_note="Registered ones too.",
        crosswalk=rows,
    )


def test_the_register_lists_searches_and_filters(client, tech, nurse, core):
    page = text_of(client.get("/definitions/"))
    assert "Technician" in page
    assert "Perspective D1" in page
    found = text_of(client.get("/definitions/", {"q": "support WORKER"}))
    assert 'href="/definitions/roles/tech/"' in found
    assert 'href="/definitions/roles/nurse/"' not in found
    found = text_of(client.get("/definitions/roles/", {"group": "nurses", "family": "oh"}))
    assert 'href="/definitions/roles/nurse/"' in found
    assert 'href="/definitions/roles/tech/"' not in found
    assert "No role matches" in text_of(client.get("/definitions/roles/", {"q": "vet"}))
    assert "Perspective D1" in text_of(client.get("/definitions/perspectives/"))
    assert "Enter a real date" in text_of(client.get("/definitions/", {"on": "31/02/2027"}))


def test_drafts_are_not_shown(client, author, tech):
    actions.create_role(by=author, **make.role_fields("secret", title="Secret draft"))
    actions.edit_definition(by=author, definition=tech.role, changes={"title": "Unpublished words"})
    for address in ("/definitions/", "/definitions/roles/tech/", "/definitions/register.json", "/definitions/compare/"):
        page = text_of(client.get(address))
        assert "Secret draft" not in page
        assert "Unpublished words" not in page
    assert client.get("/definitions/roles/secret/").status_code == 404


def test_a_role_page_says_what_changed_and_where_it_counts(client, core, widened):
    page = text_of(client.get("/definitions/roles/tech/"))
    assert "<strong>Version 2</strong>" in page
    assert "Registered ones too." in page
    assert "<ins>registered </ins>" in page
    assert "compare with version 1" in page
    assert 'govuk-tag--grey">No</strong>' in page
    assert "all of <a" in page
    old = text_of(client.get("/definitions/roles/tech/v/1/"))
    assert "Version 2 has been published since" in old
    assert "What a tech does." in old
    assert client.get("/definitions/roles/tech/v/3/").status_code == 404
    assert client.get("/definitions/roles/tech/", {"on": "soon"}).status_code == 404
    assert client.get("/definitions/roles/TECH/").headers["Location"] == "/definitions/roles/tech/"


def test_a_withdrawn_version_stays_with_its_reason(client, approver, widened):
    actions.withdraw_version(by=approver, version=widened, reason="Too wide.")
    assert "withdrawn on" in text_of(client.get("/definitions/roles/tech/v/2/"))
    assert "<strong>Version 1</strong>" in text_of(client.get("/definitions/roles/tech/"))
    first = RoleVersion.objects.get(number=1)
    actions.withdraw_version(by=approver, version=first, reason="Wrong too.")
    assert "Wrong too." in text_of(client.get("/definitions/roles/tech/"))


def test_publication_and_effect_are_different_dates(client, author, approver, tech):
    later = timezone.localdate() + dt.timedelta(days=30)
    make.next_version(author, approver, tech.role, effective_from=later, summary="Later words.")
    page = text_of(client.get("/definitions/roles/tech/"))
    assert "<strong>Version 1</strong>" in page
    assert "it comes into force on" in page
    coming = text_of(client.get("/definitions/roles/tech/v/2/"))
    assert "in force from" in coming
    with freeze_time(later + dt.timedelta(days=1)):
        assert "Later words." in text_of(client.get("/definitions/roles/tech/"))


def test_a_perspective_page_shows_the_rule_in_words(client, core):
    page = text_of(client.get("/definitions/perspectives/D1/"))
    assert "A post counts when the role is Nurse." in page
    assert "/definitions/roles/nurse/v/1/" in page
    assert "role_code IN (&#x27;nurse&#x27;)" in page


def test_roles_that_depend_on_the_same_thing_stand_together(client, author, approver, nurse, tech):
    share = {"type": "share_at_least", "value": "50"}
    make.published_perspective(author, approver, "D5", [share])
    page = text_of(client.get("/definitions/perspectives/D5/"))
    assert page.count("At least 50% of the working time") + page.count("at least 50% of the working time") == 2
    assert "/definitions/roles/tech/v/1/" in page


def test_any_two_can_be_compared(client, nurse, core, widened):
    page = text_of(client.get("/definitions/compare/", {"a": "tech:1", "b": "tech:2"}))
    assert "<ins>registered </ins>" in page
    page = text_of(client.get("/definitions/compare/", {"a": "tech", "b": "nurse"}))
    assert "Technician and Nurse" in page
    assert "There is no published role “vet”" in text_of(
        client.get("/definitions/compare/", {"a": "vet", "b": "tech:x"})
    )
    assert "Contested" not in text_of(
        client.get("/definitions/compare/", {"kind": "perspective", "a": "D1", "b": "D1:1"})
    )


def test_crosswalk_look_up(client, widened):
    ask = {"role": "tech", "from_date": "2024-04-01", "to_date": "2024-04-01"}
    assert "Technician (tech)" in text_of(client.get("/definitions/crosswalk/", ask))
    back = text_of(client.get("/definitions/crosswalk/", {**ask, "to_date": "2023-01-01"}))
    assert "must not be before the first" in back
    assert "No role with this code" in text_of(client.get("/definitions/crosswalk/", {**ask, "role": "vet"}))


def test_downloads_as_at_a_date(client, author, approver, core, tech):
    with freeze_time(timezone.now() + dt.timedelta(days=10)):
        make.next_version(author, approver, tech.role, summary="=SUM(A1)")
        today, before = timezone.localdate(), timezone.localdate() - dt.timedelta(days=5)
        rows = list(csv.DictReader(io.StringIO(client.get("/definitions/register.csv").content.decode("utf-8-sig"))))
        assert [(row["code"], row["version"]) for row in rows] == [("nurse", "1"), ("tech", "2")]
        assert rows[1]["summary"] == "'=SUM(A1)"
        data = json.loads(client.get("/definitions/register.json", {"on": before}).content)
        assert data["as_at"] == before.isoformat()
        assert [(role["code"], role["version"]) for role in data["roles"]] == [("nurse", 1), ("tech", 1)]
        assert data["crosswalks"] == []
        assert data["perspectives"][0]["predicate_sql"] == "role_code IN ('nurse')"
        data = json.loads(client.get("/definitions/register.json", {"on": today}).content)
        assert data["crosswalks"][0]["share"] == "1"
    data = json.loads(client.get("/definitions/register.json", {"on": "2020-01-01"}).content)
    assert data["roles"] == []


def test_a_page_as_at_a_date_is_what_the_register_said_then(client, author, approver, core, nurse, tech):
    then = timezone.localdate()
    with freeze_time(timezone.now() + dt.timedelta(days=10)):
        # Published later, in force from earlier on: on that day nobody could have read it.
        make.next_version(author, approver, tech.role, summary="Later words.", effective_from=make.START)
        perspective = core.perspective
        make.next_version(
            author, approver, perspective, rule=[{"type": "everyone", "value": None}], change_class="widening"
        )
        page = text_of(client.get("/definitions/roles/tech/", {"on": then}))
        assert "What a tech does." in page
        assert "Later words." not in page
        assert 'govuk-tag--grey">No</strong>' in page
        assert "What it says today" in page
        today = text_of(client.get("/definitions/roles/tech/"))
        assert "Later words." in today
        assert 'govuk-tag--green">Yes</strong>' in today
        assert client.get("/definitions/roles/tech/", {"on": "2020-01-01"}).status_code == 404
        register = text_of(client.get("/definitions/", {"on": then}))
        assert f"/definitions/roles/tech/?on={then}" in register
        csv_then = client.get("/definitions/register.csv", {"on": then}).content.decode()
        assert "Later words." not in csv_then
        assert "Later words." not in client.get("/definitions/register.ttl", {"on": then}).content.decode()


def test_the_page_on_splits_shows_the_method_with_its_own_numbers(client):
    page = text_of(client.get("/definitions/changes-in-figures/"))
    for words in ("from 100 to 120", "from 124 to 150", "the definition is 23, and the real change is 27"):
        assert words in page


def test_the_feed_of_changes(client, core, widened):
    feed = ET.fromstring(client.get("/definitions/changes.atom").content)  # noqa: S314 - our own output
    titles = [entry.findtext("{*}title") for entry in feed.iter("{http://www.w3.org/2005/Atom}entry")]
    assert titles[0] == "Technician (tech), version 2"
    assert len(titles) == 4


def test_why_counts_differ_and_the_lists(client):
    from portal.definitions.starting_content import _load_lists

    _load_lists()
    page = text_of(client.get("/definitions/why-counts-differ/"))
    assert "Nurse, health, occupational" in page
    assert "2231" in page
    assert "Student Occupational Health Nurse" in page
    assert "Registered specialist nurses" in text_of(client.get("/definitions/lists/soc-2020/"))
    assert "Reference lists" in text_of(client.get("/definitions/lists/"))
    assert client.get("/definitions/lists/nothing/").status_code == 404
    assert client.get("/definitions/lists/soc-2020/9/").status_code == 404


def test_what_uses_a_definition_is_asked_of_the_apps_above(client, tech, monkeypatch):
    monkeypatch.setattr(hooks, "_usages", [])
    hooks.register_usage(
        lambda kind, code, number: [
            hooks.Usage("dataset", f"{kind} {code} {number}", "/datasets/x/"),
            hooks.Usage("collection", "Not public", "/x/", is_public=False),
        ],
    )
    page = text_of(client.get("/definitions/roles/tech/"))
    assert "role tech 1" in page
    assert "Not public" not in page


def test_a_term_in_rich_text_keeps_its_version_and_needs_no_script(author, approver, tech):
    from wagtail.rich_text import expand_db_html

    make.next_version(author, approver, tech.role, summary="Other words.")
    term = '<a linktype="definition" kind="role" code="tech" version="1">OH technicians</a>'
    page = expand_db_html(f"<p>The {term} and {term}.</p>")
    assert page.count("What a tech does.") == 2
    assert "Other words." not in page
    assert 'href="/definitions/roles/tech/v/1/">OH technicians</a>' in page
    names = {part.split('"')[0] for part in page.split('popovertarget="')[1:]}
    assert len(names) == 2
    assert all(f'popover id="{name}"' in page for name in names)
    assert expand_db_html('<a linktype="definition" kind="role" code="gone" version="1">x</a>') == "<a>x</a>"
    assert "Other words." in links.in_place("tech")
    assert links.in_place("<gone>") == "&lt;gone&gt;"


def test_rich_text_terms_cost_one_query_however_many(author, approver, tech, nurse, django_assert_num_queries):
    from wagtail.rich_text import expand_db_html

    term = '<a linktype="definition" kind="role" code="{}" version="1">x</a>'
    with django_assert_num_queries(1):
        expand_db_html("".join(term.format(code) for code in ("tech", "nurse", "tech")))


def queries(client, address):
    with CaptureQueriesContext(connection) as captured:
        response = client.get(address)
    assert response.status_code == 200
    return len(captured)


ADDRESSES = (
    "/definitions/",
    "/definitions/?q=bulk",
    "/definitions/roles/?page=2",
    "/definitions/perspectives/",
    "/definitions/roles/bulk-0001/",
    "/definitions/roles/bulk-0001/v/3/",
    "/definitions/perspectives/D1/",
    "/definitions/compare/?a=bulk-0001:1&b=bulk-0001:2",
    "/definitions/changes.atom",
    "/definitions/register.csv",
    "/definitions/register.json",
    "/definitions/register.ttl",
    "/definitions/register.jsonld",
    "/definitions/lists/",
    "/definitions/lists/soc-2020/",
    "/definitions/why-counts-differ/",
    "/definitions/changes-in-figures/",
    "/definitions/crosswalk/?role=bulk-0001&from_date=2024-05-01&to_date=2026-05-01",
)


@pytest.mark.slow
def test_pages_stay_at_few_queries_as_the_register_grows(client, core):
    from portal.definitions.starting_content import _load_lists

    _load_lists()
    make.bulk_register(60, 4)
    small = {address: queries(client, address) for address in ADDRESSES}
    make_more(440, 60, 4)
    large = {address: queries(client, address) for address in ADDRESSES}
    assert large == small
    assert max(large.values()) < MOST_QUERIES
    assert RoleVersion.objects.count() > 9000
    assert PerspectiveVersion.objects.count() == 1


def make_more(roles, there_already, versions_there):
    """Grow to 500 roles with 20 versions each."""
    from portal.definitions.models import Role

    make.bulk_register(roles, 20, first=there_already)
    RoleVersion.objects.bulk_create(
        make.bulk_version(role, number)
        for role in Role.objects.filter(code__startswith="bulk-0", code__lt=f"bulk-{there_already:04d}")
        for number in range(versions_there + 1, 21)
    )
