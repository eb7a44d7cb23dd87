"""The open collection of the demo: every stage of a return, made by the true path."""

from __future__ import annotations

import csv
import io
from collections import Counter

import pytest

from portal.organisations.models import Membership
from portal.pipelines import demo
from portal.pipelines.definitions_used import group_of_role
from portal.pipelines.demo_open import FAULTY, PROVIDER, QUESTIONED, open_current, shares_of
from portal.pipelines.synthetic.files import FAULTS, file_of
from portal.pipelines.synthetic.workforce import PERIODS, make_workforce
from portal.submissions.models import HeldRow, Return, RowIssue, Upload
from portal.submissions.peers import like_organisations

pytestmark = [pytest.mark.django_db(databases=["default", "submissions"]), pytest.mark.slow]


@pytest.fixture
def _starting(db) -> None:
    from portal.definitions.starting_content import load_starting_content
    from portal.users.starting_content import load_starting_content as load_people

    load_people()
    load_starting_content()


@pytest.mark.usefixtures("_starting")
def test_every_stage_is_there_and_loading_again_changes_nothing() -> None:
    team, workforce = demo.demo_team(), make_workforce(posts=3_000)
    demo.register_synthetic(team, workforce)
    last = demo.collect_synthetic(team, workforce, len(PERIODS) - 1)
    collection = open_current(team, workforce)
    shares = shares_of(workforce)
    states = _states(collection)
    assert states["accepted"] == len(shares.accepted) > 0
    assert states["queried"] == QUESTIONED
    assert states["submitted"] == len(shares.sent) - QUESTIONED > 0
    assert states["not_started"] > 0
    assert Upload.objects.filter(collection=collection, state="kept").count() == len(shares.faulty) > FAULTY // 2
    assert HeldRow.objects.filter(upload__collection=collection).count() >= len(shares.faulty) * 4
    theirs = collection.returns.get(organisation_code=Membership.objects.get(user__email=PROVIDER).organisation.code)
    assert theirs.organisation_code in shares.faulty
    # The last collection is sealed, so the provider sees organisations like its own, and the groups fit together.
    like = like_organisations(theirs.versions.get(), theirs, last.time_period)
    assert like is not None
    assert {"doctors", "nurses"} <= like.shares.keys() <= set(group_of_role("oh").values())
    found = RowIssue.objects.count()
    open_current(team, workforce)
    assert (_states(collection), RowIssue.objects.count()) == (states, found)


def _states(collection) -> Counter[str]:
    return Counter(Return.objects.filter(collection=collection).values_list("state", flat=True))


def test_a_faulty_file_has_every_fault_and_a_row_twice() -> None:
    records = next(iter(shares_of(make_workforce(posts=3_000)).faulty.values()))
    rows = list(csv.DictReader(io.StringIO(file_of(records, faulty=True).decode("utf-8-sig"))))
    assert [row[heading] for row, (heading, _) in zip(rows, FAULTS, strict=False)] == [wrong for _, wrong in FAULTS]
    assert rows[-1] == rows[-2]
