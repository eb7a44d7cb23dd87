"""Who stayed, how old people are and when they expect to leave: what leaves for a snapshot."""

from __future__ import annotations

import csv
import datetime as dt

import pytest

from portal.submissions.actions import accept_returns, load_return_records
from portal.submissions.careers import copy_careers, opening_of, opening_summary
from portal.submissions.storing import RecordValues
from tests.factories import submissions as make

pytestmark = pytest.mark.django_db(databases=["default", "submissions"])


def post(who: str, *, registered: bool = False, **values: object) -> RecordValues:
    more = {"registration": ("nmc", f"18A{int(who[1:]):04d}E"), "registration_body": "nmc"} if registered else {}
    return RecordValues("nurse", 10**9, worker_ref=who, **{**more, **values})


@pytest.fixture
def year():
    """Collect two years: OH001 and OH002 answer both, OH003 only the first, OH004 only the second."""
    for code in ("OH001", "OH002", "OH003", "OH004"):
        make.organisation(code)
    before = make.collection("oh-2026-03", reference_date=dt.date(2026, 3, 31))
    first = {
        "OH001": [post("A1"), post("A1"), post("A2"), post("A3", registered=True)],
        "OH002": [post("B1"), RecordValues("nurse", 10**9, kind="aggregate", weight_count=9)],
        "OH003": [post("C1", registered=True)],
    }
    now = make.collection("oh-2027-03", reference_date=dt.date(2027, 3, 31))
    second = {
        "OH001": [
            post("A1", birth_year=1987, age_band="35_39"),
            post("A4", age_band="65_over", leaving_intention="under_1"),
        ],
        # A3 moved here and is known by the register; B1 left, and another has a number that A2 had elsewhere.
        "OH002": [post("B7"), post("A3", registered=True), post("A2")],
        "OH004": [post("C1", registered=True)],
    }
    for collection, records in ((before, first), (now, second)):
        load_return_records(by=None, collection=collection, records=records)
        accept_returns(by=None, collection=collection)
    return before, now


def copied(collection, folder) -> list[dict[str, str]]:
    number = copy_careers(collection.code, folder / "careers.csv")
    with (folder / "careers.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert number == len(rows) == len({row["record_key"] for row in rows})
    return rows


def test_who_stayed_is_asked_of_providers_that_answered_both_times(year, tmp_path) -> None:
    rows = copied(year[1], tmp_path)
    people = {
        (quantity, stayed): len(
            {row["worker_key"] for row in rows if (row["quantity"], row["stayed"]) == (quantity, stayed)}
        )
        for quantity, stayed in (("in_post", "not_known"), ("opening", "yes"), ("opening", "no"))
    }
    # A1 stayed, A3 moved; A2 and B1 left, and C1 cannot be asked.
    assert people == {("in_post", "not_known"): 6, ("opening", "yes"): 2, ("opening", "no"): 2}
    assert sum(row["stayed"] == "yes" for row in rows) == 3, "A1 had two posts"
    assert {row["time_period"] for row in rows} == {"2027-03"}


def test_age_is_from_the_year_of_birth_or_the_middle_of_the_band(year, tmp_path) -> None:
    rows = [row for row in copied(year[1], tmp_path) if row["quantity"] == "in_post"]
    assert sorted(row["age"] for row in rows) == ["", "", "", "", "40", "67"]
    assert [row["leaving_intention"] for row in rows if row["age"] == "67"] == ["under_1"]


def test_without_a_collection_of_a_year_before_there_is_no_opening(year, tmp_path) -> None:
    before, now = year
    assert opening_of(now) == before
    assert opening_summary(before.code) == {}
    assert {row["quantity"] for row in copied(before, tmp_path)} == {"in_post"}
    found = opening_summary(now.code)
    assert (found["collection"], found["accepted"]) == ("oh-2026-03", 3)
    assert {item["organisation"] for item in found["return_versions"]} == {"OH001", "OH002", "OH003"}
