"""Two tenants: whatever address there is, one sees and changes nothing of the other's."""

from __future__ import annotations

import itertools

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.authtoken.models import Token
from rest_framework.test import APIClient

from portal.organisations.actions import invite, request_parent, request_registration
from portal.organisations.enums import MemberRole
from portal.organisations.models import Organisation
from portal.submissions import processing
from portal.submissions.actions import (
    ask_team,
    keep_upload,
    load_return_records,
    raise_query,
    receive_upload,
    reopen_return,
)
from portal.submissions.actions.reminders import plan_reminder
from portal.submissions.actions.uploads import process
from portal.submissions.exports import EXPORTS
from portal.submissions.models import Query, Upload
from portal.submissions.storing import RecordValues
from tests.factories import submissions as make

pytestmark = [pytest.mark.slow, pytest.mark.django_db(databases=["default", "submissions"])]

#: Stands in everything that belongs to the first tenant.
SECRET = "zzsecret"
PREFIXES = ("collect/", "cms/collect/", "cms/submissions/", "cms/organisations/", "api/v1/", "search/")
#: Tables that any request may write to.
TRAILS = {"SubmissionsAuditEvent", "IdempotencyKey"}


@pytest.fixture(autouse=True)
def _few_roles(monkeypatch):
    monkeypatch.setattr(processing, "label_index", make.few_roles)


@pytest.fixture
def secrets(tmp_path):
    """A tenant with something of every kind, and the numbers and words that could lead to it."""
    owner = make.person(
        f"{SECRET}@example.org", make.organisation("SECRET1", name=f"{SECRET} clinic"), MemberRole.OWNER
    )
    head = make.person(
        f"{SECRET}.head@example.org", make.organisation("SECRET2", name=f"{SECRET} group"), MemberRole.OWNER
    )
    made = make.collection()
    of_return = make.the_return(made, "SECRET1")
    records = [
        RecordValues(role_code="nur-oh-pract", role_group="nurses", fte_nano=10**9, worker_ref=SECRET, job_title=SECRET)
    ]
    load_return_records(by=None, collection=made, records={"SECRET1": records})
    query = raise_query(by=head, of_return=of_return, text=f"{SECRET} question", sequence=1, item="job_title")
    mine = ask_team(by=owner, of_return=of_return, text=f"{SECRET} message")
    reminder = plan_reminder(by=None, collection=made, audience="not_begun", send_at=made.opens_at)
    reopen_return(by=owner, of_return=of_return, reason="x", by_oh_team=True)
    path = make.rows_file(tmp_path, make.record(SECRET), make.record(f"{SECRET}2", fte="x"))
    upload = process(upload=receive_upload(by=owner, of_return=of_return, path=path, file_name=f"{SECRET}.csv"))
    keep_upload(by=owner, upload=upload)
    process(upload=Upload.objects.get())
    organisation = Organisation.objects.get(code="SECRET1")
    invitation = invite(by=owner, organisation=organisation, email=f"{SECRET}2@example.org", role="viewer")
    link = request_parent(by=owner, organisation=organisation, code="SECRET2")
    asked = request_registration(by=owner, organisation=None, organisation_name=f"{SECRET} two")
    held = upload.held_rows.get()
    numbers = {of_return.pk, upload.pk, query.pk, mine.pk, reminder.pk, invitation.pk, link.pk, asked.pk, held.pk, 1}
    return {
        "numbers": sorted(numbers),
        "code": ["SECRET1", "SECRET2", made.code],
        "name": sorted(EXPORTS),
        "kind": ["csv"],
        "format": ["json"],
        "secret": ["guess"],
        "number": [1],
        "sequence": [1],
    }


def _routes(patterns, prefix="", above=()):
    for pattern in patterns:
        converters = (*above, *pattern.pattern.converters)
        route = prefix + str(pattern.pattern).lstrip("^").removesuffix("$")
        if isinstance(pattern, URLResolver):
            yield from _routes(pattern.url_patterns, route, converters)
        elif isinstance(pattern, URLPattern):
            yield route, (*converters, *pattern.pattern.regex.groupindex)


def _addresses(secrets):
    """Yield every address below the prefixes, with everything in it that could be the other tenant's."""
    for route, found in _routes(get_resolver().url_patterns):
        if not route.startswith(PREFIXES):
            continue
        names = dict.fromkeys(found)
        values = [secrets.get(name, secrets["numbers"]) for name in names]
        for chosen in itertools.islice(itertools.product(*values), 20):
            address = route
            for name, value in zip(names, chosen, strict=True):
                for kind in ("int:", "str:", "slug:", ""):
                    address = address.replace(f"<{kind}{name}>", str(value))
                start = address.find(f"(?P<{name}>")
                if start >= 0:
                    end = address.index(")", start)
                    address = address[:start] + str(value) + address[end + 1 :]
            if not set(address) & set("<>()[]?*+\\"):
                yield f"/{address}"


def _fingerprint():
    """Return every row of both apps that is not a trail."""
    models = [
        model
        for label in ("submissions", "organisations")
        for model in apps.get_app_config(label).get_models()
        if model.__name__ not in TRAILS
    ]
    return {
        (model.__name__, str(row.get("id") or (row["version_id"], row["sequence"]))): row
        for model in models
        for row in model.objects.values()
        if SECRET in str(row).lower() or "SECRET" in str(row)
    }


#: What a form could carry to reach something of the other tenant.
def _forms(secrets):
    for pk in secrets["numbers"]:
        yield {
            "action": "answer", "query": pk, "text": "hello", "membership": pk, "role": "viewer", "invitation": pk,
            "link": pk, "subsidiary": pk, "reminder": pk, "collection": pk, "code": "GUESSED", "why": "because",
            "reason": "because", "revision": "1",
        }  # fmt: skip
        return


#: Which buttons each page of one's own has that name a row.
ACTIONS = {
    "messages/": ("answer", "new"),
    "begin/": ("nil", "test", "carry_forward", "confirm_unchanged", "reopen"),
    "people/": (
        "end", "role", "again", "withdraw", "invite", "share", "ask_parent", "leave_parent", "agree", "refuse", "release",
    ),
}  # fmt: skip
#: These name no row: once is enough.
NAMES_NONE = {
    "new",
    "nil",
    "test",
    "carry_forward",
    "confirm_unchanged",
    "reopen",
    "invite",
    "share",
    "ask_parent",
    "leave_parent",
}


def test_whatever_the_address_nothing_of_another_tenant_is_shown_or_changed(secrets):
    stranger = make.person("stranger@example.org", make.organisation("OTHER1", name="Another"), MemberRole.OWNER)
    client = Client(raise_request_exception=True)
    client.force_login(stranger, backend="django.contrib.auth.backends.ModelBackend")
    api = APIClient()
    api.credentials(HTTP_AUTHORIZATION=f"Token {Token.objects.create(user=stranger).key}")
    before = _fingerprint()
    asked = 0

    def look(answer, method, address):
        nonlocal asked
        asked += 1
        content = b"".join(answer.streaming_content) if answer.streaming else answer.content
        said = (content + str(answer.headers).encode()).lower()
        assert SECRET.encode() not in said, (method, address, answer.status_code)
        assert answer.status_code < 500, (method, address)

    for address in _addresses(secrets):
        caller = api if address.startswith("/api/") else client
        look(caller.get(address), "GET", address)
        if address.startswith("/search/"):
            look(client.get(address, {"q": "clinic"}), "GET", address)
        elif "/uploads/" not in address or not address.startswith("/api/"):
            look(caller.post(address, {"action": "end"}), "POST", address)
    assert asked > 200, asked
    assert _fingerprint() == before


def test_no_form_of_ones_own_reaches_another_tenant(secrets):
    """One's own pages, asked with the numbers of the other tenant's rows."""
    stranger = make.person("stranger@example.org", make.organisation("OTHER1", name="Another"), MemberRole.OWNER)
    made = make.Collection.objects.get()
    from portal.submissions.actions.collections import ensure_returns

    ensure_returns(made)
    own = make.the_return(made, "OTHER1")
    client = Client()
    client.force_login(stranger, backend="django.contrib.auth.backends.ModelBackend")
    before = _fingerprint()
    pages = [
        f"/collect/returns/{own.pk}/messages/",
        f"/collect/returns/{own.pk}/begin/",
        "/collect/organisations/OTHER1/people/",
    ]
    fields = next(_forms(secrets))
    asked = [
        (page, action) for page in pages for end, actions in ACTIONS.items() if page.endswith(end) for action in actions
    ]
    for (page, action), pk in itertools.product(asked, secrets["numbers"]):
        if action in NAMES_NONE and pk != secrets["numbers"][0]:
            continue
        sent = {name: pk if isinstance(value, int) else value for name, value in fields.items()} | {"action": action}
        answer = client.post(page, sent, follow=False)
        assert SECRET.encode() not in answer.content.lower(), (page, action, pk)
        assert answer.status_code < 500
    assert _fingerprint() == before
    assert Query.objects.filter(of_return=own).count() == 1


def test_a_file_with_the_others_name_is_a_file_of_ones_own(secrets):
    stranger = make.person("stranger@example.org", make.organisation("OTHER1", name="Another"), MemberRole.OWNER)
    client = Client()
    client.force_login(stranger, backend="django.contrib.auth.backends.ModelBackend")
    number = Upload.objects.get().of_return_id
    file = SimpleUploadedFile(f"{SECRET}.csv", make.rows_csv(make.record(SECRET)))
    assert client.post(f"/collect/returns/{number}/upload/", {"file": file}).status_code == 404
    assert Upload.objects.count() == 1
