"""The OH team's pages: only theirs, every change an action, every read of identifiers written down."""

from __future__ import annotations

from io import BytesIO

import pytest
from django.urls import reverse

from portal.organisations.enums import MemberRole
from portal.organisations.models import Membership, Organisation, Registration
from portal.submissions.actions import answer_query, imports, load_return_records, submit_return
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


@pytest.mark.slow
def test_the_dashboard_counts_and_runs_the_collection(client, manager, opened):
    page = client.get(reverse("collections:dashboard", args=["oh-2027-03"]))
    assert (page.context["all"].expected, page.context["all"].received, page.context["all"].rate) == (2, 1, 50)
    assert [(row.label, row.rate) for row in page.context["by_region"]] == [("Y56", 0), ("Y60", 100)]
    client.post(page.request["PATH_INFO"], {"action": "accept_all"})
    opened.refresh_from_db()
    assert opened.state == "accepted"
    exported = client.get(page.request["PATH_INFO"], {"export": "csv"}).content.decode("utf-8-sig").splitlines()
    assert len(exported) == 3
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
    assert (opened.state, query.value) == ("queried", "1000000000")
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
        {"fields": ["worker_ref"]},
    )


def test_one_person_in_two_returns_is_shown_without_identity(client, manager, opened):
    more = [
        RecordValues(
            role_code="nur-oh-pract", fte_nano=600_000_000, worker_ref="other", registration=("nmc", "18a 1234e")
        )
    ]
    load_return_records(by=None, collection=opened.collection, records={"OH002": more})
    page = client.get(reverse("collections:dashboard", args=["oh-2027-03"]))
    assert page.context["duplicates"] == [{"returns": 2, "fte": 1.6, "organisations": "OH001, OH002"}]


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
    assert client.get(url).status_code == 302
    client.force_login(UserFactory(groups=["Analysts"]))
    for name, args in (
        ("index", []),
        ("dashboard", ["oh-2027-03"]),
        ("return", [opened.pk]),
        ("import", ["oh-2027-03"]),
        ("registrations", []),
    ):
        assert client.get(reverse(f"collections:{name}", args=args)).status_code in {302, 403}, name
