"""Vacancies, starters and leavers leave beside the records: NULL where nobody answered, 0 where none."""

from __future__ import annotations

import csv
from itertools import pairwise

import pytest

from portal.submissions.actions import FlowValues, accept_returns, load_return_records
from portal.submissions.models import ReturnVersion
from portal.submissions.querysets import copy_accepted_flows
from portal.submissions.storing import RecordValues
from tests.factories import submissions as make

pytestmark = pytest.mark.django_db(databases=["default", "submissions"])


def test_flows_of_accepted_returns(tmp_path):
    for code in ("OH001", "OH002", "OH003"):
        make.organisation(code)
    collection = make.collection()
    records = {
        "OH001": [RecordValues("nurse", 10**9, worker_ref="A1"), RecordValues("nurse", 5 * 10**8, worker_ref="A1")],
        "OH002": [RecordValues("nurse", 10**9, kind="aggregate", weight_count=7)],
        "OH003": [RecordValues("doctor", 10**9, worker_ref="C1")],
    }
    flows = {
        "OH001": [FlowValues("nurse", 2, 1, 3, 4), FlowValues("doctor", 1, 0, 0, 0)],
        "OH003": [FlowValues("doctor", 0, 0)],
    }
    load_return_records(by=None, collection=collection, records=records, flows=flows)
    accept_returns(by=None, collection=collection)
    assert copy_accepted_flows(collection.code, tmp_path / "flows.csv") == 4
    with (tmp_path / "flows.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert all(one["flow_key"] < two["flow_key"] for one, two in pairwise(rows))
    found = {
        (row["staff_in_post"], row["posts_filled"], row["role_code"]): tuple(
            row[name] for name in ("vacant_posts", "vacant_posts_over_three_months", "starters", "leavers")
        )
        for row in rows
    }
    assert found == {
        ("1", "2", "nurse"): ("2", "1", "3", "4"),
        ("0", "0", "doctor"): ("1", "0", "0", "0"),
        ("7", "7", "nurse"): ("", "", "", ""),
        ("1", "1", "doctor"): ("0", "0", "", ""),
    }


def test_the_same_records_with_other_flows_are_another_version():
    make.organisation()
    collection = make.collection()
    records = {"OH001": [RecordValues("nurse", 10**9, worker_ref="A1")]}
    for posts in (1, 1, 2):
        load_return_records(
            by=None, collection=collection, records=records, flows={"OH001": [FlowValues("nurse", posts, 0)]}
        )
    assert ReturnVersion.objects.count() == 2
