"""The collection of the demo that is still open: every stage that a return can be in, on the desk and at providers.

What providers send comes by the true path: a file is received, checked and kept, with its faults.
"""

from __future__ import annotations

import datetime as dt
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from portal.organisations.actions import appoint_owner
from portal.organisations.models import Organisation
from portal.pipelines.demo import values_of
from portal.pipelines.synthetic.files import file_of
from portal.pipelines.synthetic.returns import returns_of
from portal.pipelines.synthetic.workforce import PERIODS
from portal.submissions.actions import (
    accept_returns,
    keep_upload,
    load_return_records,
    open_collection,
    raise_query,
    receive_upload,
)
from portal.submissions.actions.uploads import process
from portal.submissions.enums import CollectionState
from portal.submissions.models import Collection, Return
from portal.users.models import User

if TYPE_CHECKING:
    from portal.pipelines.demo import Team
    from portal.pipelines.synthetic.workforce import Workforce

CODE = "oh-2026-09"
REFERENCE = dt.date(2026, 9, 30)
#: Of every ten organisations that answered last time: so many are accepted, sent and not yet accepted, and the rest
#: have not begun. Three of those that are sent get a question, ten of those that have not begun send a faulty file.
ACCEPTED, SENT, OF = 4, 2, 10
QUESTIONED, FAULTY = 3, 10
#: A provider of this size shows every fault and fits on a page.
FEWEST, MOST = 10, 60
QUESTION = "Every post is as it was last time. Did nobody start or leave since then? Please confirm, or correct it."
PROVIDER = "provider@demo.example"
#: Its organisation is of this type, so that many are like it.
PROVIDER_TYPE = "nhs_internal"

Records = list[dict[str, Any]]


@dataclass
class Shares:
    """Which organisation is how far, with the records that it sends."""

    accepted: dict[str, Records] = field(default_factory=dict)
    sent: dict[str, Records] = field(default_factory=dict)
    faulty: dict[str, Records] = field(default_factory=dict)


def open_current(team: Team, workforce: Workforce) -> Collection:
    """Open the collection, load what was sent so far, and let some send faulty files. Done once."""
    collection, _ = Collection.objects.get_or_create(
        code=CODE,
        defaults={
            "title": "Occupational health workforce, September 2026 (synthetic)",
            "family": "oh",
            "reference_date": REFERENCE,
            "opens_at": timezone.make_aware(dt.datetime.combine(REFERENCE, dt.time(9))),
            "closes_at": timezone.now() + dt.timedelta(days=30),
            "is_synthetic": True,
        },
    )
    if collection.state == CollectionState.SET_UP:
        open_collection(by=team.manager, collection=collection)
        collection.refresh_from_db()
    shares = shares_of(workforce)
    provider = _provider(team, _of_provider(workforce, shares))
    load_return_records(by=team.manager, collection=collection, records=values_of(shares.accepted | shares.sent))
    accept_returns(by=team.manager, collection=collection, codes=shares.accepted)
    _ask(team, collection, sorted(shares.sent)[:QUESTIONED])
    _send_files(provider, collection, shares.faulty)
    return collection


def shares_of(workforce: Workforce) -> Shares:
    """Divide the organisations that answered in the last collection, always in the same way."""
    shares = Shares()
    for number, (code, records) in enumerate(returns_of(workforce, len(PERIODS) - 1)):
        if not records:
            continue
        if number % OF < ACCEPTED:
            shares.accepted[code] = records
        elif number % OF < ACCEPTED + SENT:
            shares.sent[code] = records
        elif len(shares.faulty) < FAULTY and FEWEST <= len(records) <= MOST:
            shares.faulty[code] = records
    return shares


def _of_provider(workforce: Workforce, shares: Shares) -> str:
    """Return the first organisation that sends a faulty file and has enough like it to be compared with."""
    types = {item.code: item.provider_type for item in workforce.organisations}
    return next((code for code in shares.faulty if types[code] == PROVIDER_TYPE), next(iter(shares.faulty), ""))


def _provider(team: Team, code: str) -> User:
    """Return the person of the demo who acts for a provider: the owner of an organisation that sends a faulty file."""
    user, made = User.objects.get_or_create(email=PROVIDER, defaults={"first_name": "Demo", "last_name": "provider"})
    if made:
        user.set_unusable_password()
        user.save()
    organisation = Organisation.objects.filter(code=code).first()
    if organisation is not None:
        appoint_owner(by=team.manager, organisation=organisation, user=user)
    return user


def _ask(team: Team, collection: Collection, codes: list[str]) -> None:
    for of_return in Return.objects.filter(collection=collection, organisation_code__in=codes, queries=None):
        raise_query(by=team.manager, of_return=of_return, text=QUESTION)


def _send_files(provider: User, collection: Collection, returns: dict[str, Records]) -> None:
    """Send the faulty files; the rows that can be kept are kept, and the others wait for the provider."""
    waiting = Return.objects.filter(collection=collection, organisation_code__in=returns, uploads=None)
    with tempfile.TemporaryDirectory(prefix="demo-") as folder:
        for of_return in waiting.order_by("organisation_code"):
            path = Path(folder) / f"{of_return.organisation_code}.csv"
            path.write_bytes(file_of(returns[of_return.organisation_code], faulty=True))
            upload = receive_upload(by=provider, of_return=of_return, path=path, file_name="workforce.csv")
            upload = process(upload=upload)
            if upload.stored:
                process(upload=keep_upload(by=provider, upload=upload))
