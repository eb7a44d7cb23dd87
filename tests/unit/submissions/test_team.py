"""The OH team's pages: only theirs, every change an action, every read of identifiers written down."""

from __future__ import annotations

from io import BytesIO

import pytest
from django.urls import reverse

from portal.organisations.enums import MemberRole
from portal.organisations.models import Membership, Organisation, Registration
from portal.submissions.actions import answer_query, imports, load_return_records, submit_return
from portal.submissions.exports import EXPORTS
from portal.submissions.management.commands.import_returns import pcn_collection
from portal.submissions.models import Query, Return, SubmissionsAuditEvent
from portal.submissions.storing import RecordValues
from portal.users.starting_content import load_starting_content
from tests.factories import submissions as make
from tests.factories.users import UserFactory

pytestmark = pytest.mark.django_db(databases=["default", "submissions"])


@pytest.fixture
def manager(client, db):
    load_starting_content()
    user = UserFactory(groups=["Collection managers"], is_staff=True)
    client.force_login(user)
    return user


@pytest.fixture
def opened(db):
    make.organisation("OH001")
    make.organisation("OH002", region_code="Y56")
    made = make.collection()
    records = [
        RecordValues(
            role_code="nur-oh-pract",
            role_group="nurses",
            fte_nano=10**9,
            worker_ref="KEY-77",
            registration=("nmc", "18A1234E"),
        )
    ]
    load_return_records(by=None, collection=made, records={"OH001": records})
    return make.the_return(made)


def test_a_parent_that_may_submit_does_and_its_reads_of_worker_keys_are_shown(client, opened):
    subsidiary, parent = Organisation.objects.get(code="OH001"), make.organisation("GROUP1")
    head = make.person("head@example.org", parent)
    url = reverse("submissions:records", args=[opened.pk])
    client.force_login(head)
    for access, status in (("none", 404), ("summary", 404), ("records", 404), ("submit", 200)):
        Organisation.objects.filter(pk=subsidiary.pk).update(parent=parent, parent_access=access)
        assert client.get(url).status_code == status, access
    make.person("looks@example.org", parent, MemberRole.VIEWER)
    client.force_login(make.User.objects.get(email="looks@example.org"))
    assert client.get(url).status_code == 404
    own = make.person("own@example.org", subsidiary)
    client.force_login(own)
    client.get(url)
    events = SubmissionsAuditEvent.objects.filter(action="read_identifiers")
    assert [(event.actor_id, event.reason) for event in events] == [(head.pk, "For the parent organisation")]
    assert b"head@example.org" in client.get(reverse("submissions:reads", args=[opened.pk])).content


@pytest.mark.slow
def test_the_dashboard_counts_and_runs_the_collection(client, manager, opened):
    page = client.get(reverse("collections:dashboard", args=["oh-2027-03"]))
    assert (page.context["all"].expected, page.context["all"].received, page.context["all"].rate) == (2, 1, 50)
    assert [(row.code, row.label, row.rate) for row in page.context["by_region"]] == [
        ("Y56", "London", 0),
        ("Y60", "Midlands", 100),
    ]
    client.post(page.request["PATH_INFO"], {"action": "accept_all"})
    opened.refresh_from_db()
    assert opened.state == "accepted"
    answer = client.get(reverse("collections:export", args=["oh-2027-03", "returns"]))
    assert len(b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()) == 3
    for action, state in (("close", "closed"), ("seal", "sealed")):
        client.post(page.request["PATH_INFO"], {"action": action})
        opened.collection.refresh_from_db()
        assert opened.collection.state == state
    assert client.get(reverse("collections:index")).status_code == 200


def test_a_question_goes_to_the_provider_and_back(client, manager, opened):
    url = reverse("collections:return", args=[opened.pk])
    client.post(url, {"action": "ask", "text": "Is this right?", "sequence": "1", "item": "fte_nano"})
    opened.refresh_from_db()
    query = Query.objects.get()
    assert (opened.state, query.item_label, query.value) == ("queried", "FTE", "1")
    client.post(url, {"action": "accept"})
    opened.refresh_from_db()
    assert opened.state == "queried"
    editor = make.person("e@example.org", Organisation.objects.get(code="OH001"))
    answer_query(by=editor, query=query, text="Yes")
    opened.refresh_from_db()
    assert opened.state == "submitted"
    client.post(url, {"action": "resolve", "query": query.pk, "outcome": "Confirmed"})
    client.post(url, {"action": "accept"})
    opened.refresh_from_db()
    assert opened.state == "accepted"
    client.post(url, {"action": "reopen", "reason": ""})
    opened.refresh_from_db()
    assert opened.state == "accepted"
    client.post(url, {"action": "reopen", "reason": "Wrong file"})
    assert submit_return(by=editor, of_return=opened).number == 2


def test_identifiers_are_shown_on_a_reason_that_is_written_down(client, manager, opened):
    url = reverse("collections:return", args=[opened.pk])
    assert b"KEY-77" not in client.get(url).content
    assert not SubmissionsAuditEvent.objects.filter(action="read_identifiers").exists()
    assert b"KEY-77" in client.post(url, {"action": "identifiers", "why": "Possible duplicate"}).content
    event = SubmissionsAuditEvent.objects.get(action="read_identifiers")
    assert (event.actor_id, event.reason, event.detail) == (
        manager.pk,
        "Possible duplicate",
        {"fields": ["worker_ref"], "return": opened.pk, "organisation": "OH001"},
    )
    assert b"Possible duplicate" in client.get(reverse("collections:reads")).content
    client.force_login(make.person("own@example.org", Organisation.objects.get(code="OH001")))
    assert b"Possible duplicate" in client.get(reverse("submissions:reads", args=[opened.pk])).content


def test_one_person_in_two_returns_is_shown_without_identity(client, manager, opened):
    more = [
        RecordValues(
            role_code="nur-oh-pract", fte_nano=600_000_000, worker_ref="other", registration=("nmc", "18a 1234e")
        )
    ]
    load_return_records(by=None, collection=opened.collection, records={"OH002": more})
    (found,) = client.get(reverse("collections:dashboard", args=["oh-2027-03"])).context["duplicates"]
    assert (found.returns, found.fte, [name for _pk, _sequence, name in found.places]) == (
        2,
        1.6,
        ["Provider OH001", "Provider OH002"],
    )
    page = client.get(reverse("collections:duplicates", args=["oh-2027-03"])).content.decode()
    assert "Provider OH002, record 1" in page
    assert "KEY-77" not in page


def test_the_import_page_tells_what_became_of_every_row(client, manager, monkeypatch, shared_data):
    monkeypatch.setattr(imports, "label_index", lambda _family: make.few_roles())
    collection = pcn_collection("pcn-2020-03")
    path = shared_data / "workforce/pcn_individual_level_2020_march.csv"
    url = reverse("collections:import", args=[collection.code])
    with path.open("rb") as file:
        refused = client.post(url, {"file": file})
    assert refused.status_code == 422
    assert "No row of the file can be used. Line 2" in refused.content.decode()
    empty = BytesIO(b"")
    empty.name = "x.csv"
    assert client.post(url, {"file": empty}).status_code == 422
    assert Return.objects.count() == 0


def test_requests_for_access_are_decided_here(
    client, manager, mailoutbox, django_capture_on_commit_callbacks, monkeypatch
):
    from portal.organisations import tasks

    monkeypatch.setattr(tasks.send_decision, "delay", tasks.send_decision)
    user = make.person("new@example.org")
    row = Registration.objects.create(
        user=user, organisation_name="New OH Ltd", provider_type="sole_trader", job_title="Owner"
    )
    url = reverse("collections:decide", args=[row.pk])
    client.post(url, {"action": "approve", "code": "bad code!"})
    assert not Membership.objects.exists()
    client.post(url, {"action": "reject", "reason": ""})
    row.refresh_from_db()
    assert row.state == "pending"
    with django_capture_on_commit_callbacks(execute=True):
        client.post(url, {"action": "approve", "code": "NEW01"})
    assert Membership.objects.get().role == MemberRole.OWNER
    assert Organisation.objects.get().code == "NEW01"
    assert mailoutbox[0].to == ["new@example.org"]


def test_reminders_go_to_those_who_may_return(
    client, manager, opened, mailoutbox, django_capture_on_commit_callbacks, monkeypatch
):
    from portal.submissions import tasks

    monkeypatch.setattr(tasks.deliver_message, "delay", tasks.deliver_message)
    late = Organisation.objects.get(code="OH002")
    make.person("late@example.org", late)
    make.person("looks@example.org", late, MemberRole.VIEWER)
    make.person("done@example.org", Organisation.objects.get(code="OH001"))
    with django_capture_on_commit_callbacks(using="submissions", execute=True):
        client.post(reverse("collections:dashboard", args=["oh-2027-03"]), {"action": "remind"})
    assert [message.to for message in mailoutbox] == [["late@example.org"]]


def test_registers_are_read_mostly(client, manager, opened):
    for address in ("organisations/organisation", "submissions/collection", "submissions/return", "submissions/upload"):
        assert client.get(f"/cms/{address}/").status_code == 200, address
    assert client.get("/cms/submissions/return/create/").status_code in {302, 403}
    assert client.get(f"/cms/submissions/return/inspect/{opened.pk}/").status_code == 200


def test_nobody_else_gets_in(client, opened):
    load_starting_content()
    url = reverse("collections:return", args=[opened.pk])
    assert client.get(url).status_code == 302
    client.force_login(make.person("provider@example.org", Organisation.objects.get(code="OH001"), MemberRole.OWNER))
    assert client.get(url).status_code == 403
    client.force_login(UserFactory(groups=["Editors"]))
    for name, args in ADDRESSES:
        assert client.get(reverse(f"collections:{name}", args=args(opened))).status_code in {302, 403}, name


ADDRESSES = [
    ("index", lambda _of: []),
    ("registrations", lambda _of: []),
    ("reads", lambda _of: []),
    ("retention", lambda _of: []),
    ("dashboard", lambda of: [of.collection.code]),
    ("duplicates", lambda of: [of.collection.code]),
    ("import", lambda of: [of.collection.code]),
    ("reminders", lambda of: [of.collection.code]),
    ("messages", lambda of: [of.collection.code]),
    ("return", lambda of: [of.pk]),
    *[("export", lambda of, name=name: [of.collection.code, name]) for name in EXPORTS],
]
#: What each part of the OH team may open, and which buttons work for it.
MAY = {
    "Collection managers": {name for name, _args in ADDRESSES},
    "Analysts": {"index", "dashboard", "duplicates", "return", "export"},
    "Reviewers": {"index", "dashboard", "duplicates", "return", "export"},
    "Approvers": {"index", "dashboard", "duplicates", "return", "export"},
}
BUTTONS = {
    "Collection managers": {"ask", "accept", "reopen"},
    "Analysts": set(),
    "Reviewers": {"ask"},
    "Approvers": {"accept"},
}


@pytest.mark.slow
@pytest.mark.parametrize("group", MAY)
def test_each_part_of_the_team_has_its_own_pages_and_buttons_and_no_export_names_anybody(client, opened, group):
    load_starting_content()
    client.force_login(UserFactory(groups=[group]))
    for name, args in ADDRESSES:
        answer = client.get(reverse(f"collections:{name}", args=args(opened)))
        assert (answer.status_code == 200) is (name in MAY[group]), name
        if name == "export" and answer.status_code == 200:
            assert b"KEY-77" not in b"".join(answer.streaming_content)
    url = reverse("collections:return", args=[opened.pk])
    for action in ("ask", "accept", "reopen"):
        client.post(url, {"action": action, "text": "?", "reason": "r"})
        opened.refresh_from_db()
        moved = {"ask": "queried", "accept": "accepted", "reopen": "in_progress"}[action] == opened.state
        assert moved is (action in BUTTONS[group]), action
        Return.objects.filter(pk=opened.pk).update(
            state="submitted", accepted_version=None, accepted_at=None, accepted_by_id=None
        )
        opened.versions.drafts().delete()
    assert (b"KEY-77" in client.post(url, {"action": "identifiers", "why": "Because"}).content) is (
        group == "Collection managers"
    )
