"""Ready returns, loaded many at once."""

from __future__ import annotations

import pytest

from portal.submissions.actions import accept_returns, load_return_records
from portal.submissions.errors import ActionRefused
from portal.submissions.models import Record, Return
from portal.submissions.querysets import SNAPSHOT_COLUMNS, accepted_records
from portal.submissions.storing import RecordValues
from tests.factories import submissions as make

pytestmark = pytest.mark.django_db(databases=["default", "submissions"])


def values(ref: str, **fields: object) -> RecordValues:
    return RecordValues(role_code="tech", role_group="technicians", fte_nano=10**9, worker_ref=ref, **fields)


def test_groups_nil_returns_and_people_known_across_employers():
    parent = make.organisation("PARENT")
    make.organisation("CHILD", parent=parent)
    make.organisation("OTHER")
    made = make.collection()
    batch = {
        "PARENT": [values("1", registration=("hcpc", "PH 123456"))],
        "CHILD": [values("1", registration=("hcpc", "ph123456")), values("2")],
    }
    report = load_return_records(by=None, collection=made, records=batch, nil=["OTHER"])
    assert (report.new_returns, report.records) == (3, 3)
    accept_returns(by=None, collection=made)
    rows = [dict(zip(SNAPSHOT_COLUMNS, row, strict=True)) for row in accepted_records(made.code)]
    assert len({row["organisation_group_key"] for row in rows}) == 1
    assert len({row["organisation_key"] for row in rows}) == 2
    assert len({row["worker_key"] for row in rows}) == 2
    assert rows == sorted(rows, key=lambda row: row["record_key"])
    same = {
        row["noise_key"]
        for row in rows
        if row["worker_key"] == Record.objects.get(version__of_return__organisation_code="PARENT").worker_key
    }
    assert len(same) == 1
    assert Return.objects.get(organisation_code="OTHER").submitted_version.kind == "nil"

    batch["CHILD"][0].registration = ("hcpc", "PH123456")
    again = load_return_records(by=None, collection=made, records=batch, nil=["OTHER"])
    assert (again.new_returns, again.changed_returns, again.unchanged_returns) == (0, 0, 3)


def test_an_organisation_that_is_not_in_the_register_is_refused():
    with pytest.raises(ActionRefused, match="NOBODY"):
        load_return_records(by=None, collection=make.collection(), records={"NOBODY": [values("1")]})
