"""Blind means blind: nothing that a reviewer can reach says whose an application is.

Every value that could name the applicants is planted as a word found nowhere else; then everything a
reviewer can open, send, download, receive or provoke is searched for those words.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.core import mail
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from portal.applications import actions, blind, reminders
from portal.applications.enums import ApplicationState as S
from portal.applications.messages import HOST_SUBJECTS, tell_applicant, tell_host
from portal.applications.models import Applicant, Application
from portal.opportunities.enums import OpportunityState
from portal.organisations.models import Membership
from tests.factories.opportunities import HostFactory, OpportunityFactory, application_for, born
from tests.factories.users import UserFactory

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.django_db(databases=["default", "submissions"]), pytest.mark.slow]

#: Words that stand for identity; each is planted in one field and found nowhere else.
PLANTED = {
    "full_name": "Zephyrine Quillfeather",
    "email": "zqmailbox@hidden-identity.example",
    "telephone": "07700 900461",
    "school_or_college": "Wobblethorpe Academy",
    "school_contact": "Mx Brackenridge, 0161 496 0782",
    "guardian_name": "Ottoline Marchbanksia",
    "guardian_contact": "guardianbox@hidden-identity.example",
}
POSTCODE = "M1 1AE"
BORN = born(17)
RELATIONSHIP = "my godmother Persimmonia works on ward 7"
#: What no answer to a reviewer may hold, in any form.
IDENTITY = (
    "zephyrine", "quillfeather", "zqmailbox", "hidden-identity", "900461", "wobblethorpe", "brackenridge", "4960782",
    "496 0782", "ottoline", "marchbanksia", "guardianbox", "m1 1ae", "m11ae", "persimmonia", "godmother",
    f"{BORN}", f"{BORN.day} {BORN:%B %Y}".lower(),
)  # fmt: skip
STATEMENT = (
    "I am Zephyrine, at Wobblethorpe Academy; write to zqmailbox@hidden-identity.example or 07700 900461. "
    "Mum (OTTOLINE MARCHBANKSIA) says hello from M1 1AE. Quillfeather's the name. I like caring for people."
)


@pytest.fixture
def reviewer(client):
    client.user = UserFactory(email="reviewer@example.org")
    client.host = HostFactory()
    Membership.objects.create(organisation=client.host, user=client.user, role="owner")
    client.force_login(client.user)
    return client


@pytest.fixture
def under_review(reviewer) -> tuple[Any, list[Application]]:
    listing = OpportunityFactory(
        organisation=reviewer.host, capacity=1, allocation_rule="review_then_draw", review_criteria=["Interest"],
        review_line=2, decision_on=timezone.localdate() + timedelta(days=20),
    )  # fmt: skip
    people = []
    for number in range(2):
        applicant = Applicant.objects.create(user_id=70_000 + number, date_of_birth=BORN, **PLANTED)
        people.append(
            application_for(
                listing,
                applicant=applicant,
                statement=STATEMENT,
                postcode=POSTCODE,
                declared_relationship=True,
                relationship_detail=RELATIONSHIP,
                deprivation_decile=1,
                submitted_at=timezone.now(),
            )
        )
    actions.close_round(by=None, opportunity=listing)
    listing.refresh_from_db()
    return listing, people


def found_in(answer: bytes | str) -> list[str]:
    text = (answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer).lower()
    text += re.sub(r"\s+", " ", text)
    return [word for word in IDENTITY if word in text]


def whole(response: Any) -> str:
    """Everything of an answer: headers (file names, redirects, cookies), body, and what templates were given."""
    body = b"".join(response.streaming_content) if response.streaming else response.content
    headers = "\n".join(f"{name}: {value}" for name, value in response.items())
    return "\n".join([headers, str(response.cookies), body.decode("utf-8", "replace"), *_given(response)])


def _given(response: Any) -> Iterator[str]:
    for layer in response.context or ():
        for values in getattr(layer, "dicts", [layer]):
            for name, value in values.items():
                # A page that is handed an applicant would be one careless line away from showing it.
                assert not isinstance(value, Applicant | Application), name
                yield repr(value)


def addresses(resolver: URLResolver, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for pattern in resolver.url_patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern, path)
        else:
            yield path, pattern


def filled(path: str, values: dict[str, str]) -> str | None:
    """Return a route with its parts filled in; None where it has a part that means nothing here."""
    path = path.replace("^", "").replace("$", "").replace("\\Z", "").replace("\\.", ".").replace("\\-", "-")
    named = re.sub(r"\(\?P<(\w+)>[^)]*\)", r"<\1>", path)

    def value(match: re.Match[str]) -> str:
        return values.get(match[1].split(":")[-1], "\0")

    done = re.sub(r"<([^>]+)>", value, named)
    done = re.sub(r"/\?|\?$", "/", done)
    return None if "\0" in done or re.search(r"[()|\\\[]", done) else f"/{done}"


def test_no_page_export_api_answer_or_file_name_names_anybody(reviewer, under_review) -> None:
    listing, people = under_review
    codes = [blind.host_code(item) for item in people]
    walked = 0
    for code in (codes[0], people[0].entry_code):  # a reviewer who has found the public code gets no further
        values = {
            "reference": listing.reference, "code": code, "organisation": reviewer.host.code, "pk": str(people[0].pk),
            "id": str(people[0].pk), "step": "statement", "format": "json", "slug": listing.reference,
        }  # fmt: skip
        for path, _pattern in addresses(get_resolver()):
            address = filled(path, values)
            if address is None or address.startswith("/accounts/logout"):
                continue
            response = reviewer.get(address)
            assert not found_in(whole(response)), address
            walked += 1
    for address in (
        f"/applications/host/{reviewer.host.code}/report/",
        f"/applications/host/{reviewer.host.code}/new/",
        f"/applications/host/listings/{listing.reference}/applications/?export=csv",
        f"/api/v1/opportunities/{listing.reference}/",
        "/api/v1/opportunities/?q=Zephyrine",
        f"/api/v1/draws/{listing.reference}/",
        f"/opportunities/{listing.reference}/draw.json",
        "/opportunities/feed.atom",
    ):
        response = reviewer.get(address)
        answer = whole(response).replace("q=Zephyrine", "").replace("q=zephyrine", "")
        assert not found_in(answer), address
    # Guard of the walk itself: the routes that matter were among those walked.
    assert walked > 150
    page = reviewer.get(f"/applications/host/listings/{listing.reference}/review/{codes[0]}/").content.decode()
    assert "I like caring for people" in page
    assert "[removed]" in page


def test_no_error_names_anybody(reviewer, under_review) -> None:
    listing, people = under_review
    base = f"/applications/host/listings/{listing.reference}/"
    code = blind.host_code(people[0])
    attempts: list[tuple[str, dict[str, str]]] = [
        (f"review/{code}/", {"score_0": "9"}),
        (f"review/{code}/", {}),
        (f"review/{code}/", {"action": "turn_down"}),
        (f"review/{people[0].entry_code}/", {"score_0": "5"}),
        (f"applications/{code}/", {"action": "confirm"}),
        (f"applications/{code}/", {"action": "attended"}),
        (f"applications/{code}/", {"action": "cancel", "reason": "checks"}),
        (f"applications/{code}/", {"action": "nonsense"}),
        ("do/", {"action": "finish_review"}),
        ("do/", {"action": "finish"}),
        ("do/", {"action": "submit"}),
        ("draw/", {"public_value": "1", "source": "x"}),
        ("edit/", {"title": ""}),
    ]
    gone = blind.host_code(people[1])
    actions.withdraw_application(by=reviewer.user, application=people[1], reason="travel", detail=PLANTED["full_name"])
    attempts += [(path.replace(code, gone), data) for path, data in attempts if code in path]
    for path, data in attempts:
        response = reviewer.post(base + path, data, follow=True)
        assert not found_in(whole(response)), path
    for path in (f"review/{gone}/", f"applications/{gone}/", "review/NOTACODE/", "applications/NOTACODE/", "draw/"):
        assert not found_in(whole(reviewer.get(base + path, follow=True))), path
    for path in (f"{people[0].entry_code}/", f"{people[0].entry_code}/withdraw/", f"{people[0].entry_code}/equality/"):
        response = reviewer.get(f"/applications/{path}")
        assert response.status_code == 404
        assert not found_in(whole(response)), path


def test_no_e_mail_to_a_host_names_anybody(reviewer, under_review) -> None:
    listing, people = under_review
    type(listing).objects.filter(pk=listing.pk).update(decision_on=timezone.localdate() - timedelta(days=1))
    assert reminders.send_due() == 2  # to be read, and overdue
    assert reminders.send_due() == 0
    actions.cancel_listing(by=None, opportunity=listing, reason="staff")
    for item in people:
        tell_applicant(item.transitions.last().pk)
    for what in HOST_SUBJECTS:
        tell_host(listing.reference, what, "Say what to wear.", f"key of {what}")
    to_host = [message for message in mail.outbox if message.to == ["reviewer@example.org"]]
    assert len(mail.outbox) == len(to_host) + len(people) == 4 + len(HOST_SUBJECTS)
    for message in to_host:
        assert not found_in(f"{message.message()} {message.subject} {message.body}")


def test_logs_and_the_audit_trail_name_nobody(reviewer, under_review, caplog) -> None:
    listing, people = under_review
    reviewer.post(
        f"/applications/host/listings/{listing.reference}/review/{blind.host_code(people[0])}/", {"score_0": "5"}
    )
    assert not found_in(caplog.text)
    from portal.submissions.models import SubmissionsAuditEvent

    trail = SubmissionsAuditEvent.objects.filter(object_type="applications.Application")
    assert trail.exists()
    assert not found_in(" ".join(str(row) for row in trail.values()))


@pytest.mark.parametrize("state", [state for state in S if state != S.DRAFT])
def test_the_one_way_to_a_host_names_people_from_their_yes_on_only(under_review, state: S) -> None:
    application = under_review[1][0]
    application.state = state
    shown = repr(blind.seen(application))
    named = state in {S.ACCEPTED, S.CONFIRMED, S.ATTENDED, S.NOT_ATTENDED}
    assert bool(found_in(shown)) is named
    assert not {"zqmailbox", "900461", "m1 1ae", "persimmonia"} & set(found_in(shown)), "under 18, never"
    assert application.entry_code not in shown


@pytest.mark.parametrize(
    "written", ["Chloé", "CHLOE", "Chloes", "chloe\u0301", "Anna", "Anna Marie", "annamarie", "O’Neil", "oneil", "O'Neil's",
                "chloeannamarieoneil09"],
)  # fmt: skip
def test_a_name_is_taken_out_however_it_is_written(written: str) -> None:
    who = Applicant(full_name="Chloé Anna-Marie O'Neil", school_or_college="none", date_of_birth="2009-01-01")
    shown = blind.without_names(f"I am {written}, I marry care with a café.", who)
    assert shown.startswith("I am [removed]")
    assert shown.endswith(" I marry care with a café.")


def test_a_host_cannot_follow_an_offer_down_the_list(reviewer, under_review) -> None:
    """The order is public with the codes of the draw and their groups: it would say which group each person is of."""
    listing, people = under_review
    type(listing).objects.filter(pk=listing.pk).update(state="decided")
    base = f"/applications/host/listings/{listing.reference}/"
    code = blind.host_code(people[0])
    pages = [base, f"{base}applications/", f"{base}applications/?export=csv", f"{base}applications/{code}/"]
    tries = [{"action": "cancel", "reason": "checks"}, {"action": "attended"}, {"action": "not_attended"},
             {"action": "confirm", "risk_assessed_on": "2026-01-01", "dbs": "seen"}]  # fmt: skip

    def everything() -> list[str]:
        answers = [reviewer.get(address) for address in pages]
        answers += [reviewer.post(pages[-1], data, follow=True) for data in tries]
        return [re.sub(r'(name="csrfmiddlewaretoken" value=|nonce=)"[^"]*"', "", whole_body(item)) for item in answers]

    seen = {}
    for state in (S.WAITING_LIST, S.OFFERED, S.DECLINED, S.OFFER_LAPSED, S.NOT_SELECTED):
        soon = timezone.now() + timedelta(days=1)
        for number, item in enumerate(people, start=71):
            now = state if item == people[0] else S.WAITING_LIST
            Application.objects.filter(pk=item.pk).update(state=now, waiting_rank=number, offer_expires_at=soon)
        seen[state] = everything()
    assert "Nobody has said yes" in seen[S.OFFERED][-1]
    assert not re.search(r"\b7[12]\b", "".join(seen[S.WAITING_LIST][1:4]))
    assert len({tuple(answers) for answers in seen.values()}) == 1


def whole_body(response: Any) -> str:
    return response.content.decode()


def test_the_public_record_does_not_join_to_the_host_s_codes(under_review) -> None:
    listing, people = under_review
    codes = {blind.host_code(item) for item in people}
    for item in people:
        actions.save_review(
            by=UserFactory(), opportunity=listing, application=item, scores={"Interest": 5}, has_conflict=False
        )
    draw = actions.finish_review(by=UserFactory(), opportunity=listing)
    assert not codes & {code for code, _group, _before in draw.entries}
    assert listing.state == OpportunityState.CLOSED
