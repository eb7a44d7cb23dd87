"""Why an estimate changed: the frame, the returns and the rounding each have their part, and the parts make the whole."""

from __future__ import annotations

import pytest

from portal.organisations.enums import OrganisationSize
from portal.organisations.models import Organisation
from portal.pipelines.actions import request_run
from portal.pipelines.runner import execute_run
from portal.pipelines.why import reasons_that_acted, why
from portal.submissions.actions import accept_returns, load_return_records
from portal.submissions.actions.drafts import values_of
from portal.submissions.models import Collection, Return
from tests.factories.runs import collect_workforce

pytestmark = [pytest.mark.slow, pytest.mark.django_db(databases=["default", "submissions"])]
PERIOD = "2026-03"
CELL = {
    "time_period": PERIOD, "geography_level": "country", "geography_code": "E92000001", "role_level": "all",
    "role_code": "all", "perspective": "D2",
}  # fmt: skip


def ran():
    run = request_run(by=None, series="oh-headcount", send=False)
    execute_run(run.pk)
    run.refresh_from_db()
    assert run.state == "succeeded", run.failure
    return run


def number(text: str) -> float:
    return float(text.split(" ", maxsplit=1)[0].replace(",", ""))


def parts_of(run, earlier, measure: str) -> dict[str, float]:
    """Return what each reason moved, having seen that together they are the change that was published."""
    found = why(run, earlier, measure=measure, cell=CELL)
    assert sum(found.exact.values()) == pytest.approx(number(found.after) - number(found.before))
    return {name: part for name, part in found.exact.items() if abs(part) > 1e-6}


def test_the_frame_a_correction_and_the_rounding_each_have_their_part() -> None:
    team = collect_workforce(posts=160)
    first = ran()
    collection = Collection.objects.get(code=f"oh-{PERIOD}")
    # Without a size of everybody the frame goes by numbers; now the register learns that those are large.
    assert Organisation.objects.filter(size=OrganisationSize.NOT_KNOWN).update(size=OrganisationSize.TO_249) > 0
    larger = ran()
    assert reasons_that_acted(larger, first, PERIOD) == {"estimation"}
    assert parts_of(larger, first, "headcount") == {}
    moved = parts_of(larger, first, "headcount_estimate")
    assert moved.keys() <= {"estimation", "protection"}
    assert moved["estimation"] > 0
    assert abs(moved.get("protection", 0)) < 5, "no more than two roundings"

    largest = Return.objects.accepted().filter(collection=collection).order_by("-accepted_version__rows").first()
    records = list(values_of(largest.accepted_version.records.all()))[:-3]
    load_return_records(
        by=team.manager, collection=collection, records={largest.organisation_code: records}, reason="Three had left."
    )
    accept_returns(by=team.manager, collection=collection)
    corrected = ran()
    assert reasons_that_acted(corrected, larger, PERIOD) >= {"corrected", "estimation"}
    moved = parts_of(corrected, larger, "headcount")
    assert moved.keys() <= {"corrected", "protection"}
    # Of the three, those that the perspective counts and that have no other post.
    assert -3 <= moved["corrected"] < 0
    assert moved["protection"] in {-5 - moved["corrected"], -moved["corrected"]}, "what is published moved by 5 or not"
    assert parts_of(corrected, larger, "headcount_estimate")["corrected"] == moved["corrected"]
