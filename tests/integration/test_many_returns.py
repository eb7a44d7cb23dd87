"""Two hundred organisations submit at once, each twice, over loopback: none lost, none doubled."""

from __future__ import annotations

import json
import time
import urllib.request
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from rest_framework.authtoken.models import Token

from portal.organisations.models import Membership, Organisation
from portal.submissions.models import Record, Return, ReturnVersion, SubmissionsAuditEvent
from portal.submissions.storing import RecordValues
from portal.users.models import User
from tests.factories import submissions as make

MANY = 200
pytestmark = [
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True, databases=["default", "submissions"]),
]


def post(address: str, token: str, key: str) -> tuple[int, dict[str, object]]:
    request = urllib.request.Request(  # noqa: S310 - the address of the live server
        address,
        data=b"{}",
        headers={"Authorization": f"Token {token}", "Content-Type": "application/json", "Idempotency-Key": key},
    )
    with urllib.request.urlopen(request, timeout=240) as answer:  # noqa: S310 - the address of the live server
        return answer.status, json.load(answer)


def test_two_hundred_organisations_at_once(live_server, monkeypatch):
    from portal.submissions import tasks

    for task in (tasks.send_receipt, tasks.deliver_message):
        monkeypatch.setattr(task, "delay", lambda *_arguments, **_named: None)
    organisations = Organisation.objects.bulk_create(
        Organisation(code=f"LOAD{number:03}", name=f"Provider {number}", region_code="Y60") for number in range(MANY)
    )
    users = User.objects.bulk_create(User(email=f"u{number}@example.org", is_active=True) for number in range(MANY))
    Membership.objects.bulk_create(
        Membership(organisation=organisation, user=user, role="owner")
        for organisation, user in zip(organisations, users, strict=True)
    )
    tokens = Token.objects.bulk_create(Token(user=user, key=Token.generate_key()) for user in users)
    collection = make.collection()
    returns = {item.organisation_code: item for item in Return.objects.filter(collection=collection)}
    from portal.submissions.actions import save_totals

    for organisation, user in zip(organisations, users, strict=True):
        line = RecordValues("nur-oh-pract", 2 * 10**9, kind="aggregate", weight_count=2)
        save_totals(by=user, of_return=returns[organisation.code], lines=[line])

    def submit(number: int) -> tuple[int, str]:
        number %= MANY
        of_return = returns[organisations[number].code]
        address = f"{live_server.url}/api/v1/returns/{of_return.pk}/submit"
        status, answer = post(address, tokens[number].key, f"key-{number}")
        return status, str(answer["reference"])

    started = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(submit, [*range(MANY), *range(MANY)]))
    # The promise is a minute: `pytest -s` says what it took. A busy machine may take longer and lose nothing.
    print(f"\n{2 * MANY} submissions of {MANY} organisations took {time.monotonic() - started:.1f} s")  # noqa: T201 - a figure to read
    assert Counter(status for status, _reference in answers) == {201: 2 * MANY}
    assert set(Counter(reference for _status, reference in answers).values()) == {2}
    assert ReturnVersion.objects.submitted().count() == Record.objects.count() == MANY
    assert Return.objects.filter(state="submitted").count() == MANY
    assert SubmissionsAuditEvent.objects.filter(action="submit_return").count() == MANY
