"""A definition changes between two releases: the next version is major, and the change is split."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest

from portal.datasets.actions import approve_version, publish_version, submit_version
from portal.datasets.definition_split import signed, split_for_readers
from portal.datasets.models import DatasetVersion
from portal.definitions.models import Crosswalk, CrosswalkShare, PerspectiveVersion, RoleVersion
from portal.pipelines.actions import request_run
from portal.pipelines.rebuild import verify_version
from portal.pipelines.runner import execute_run
from portal.pipelines.steps import auditing
from tests.factories.runs import CARE, SERIES, accepted_collection, define_roles
from tests.factories.users import UserFactory

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.slow, pytest.mark.django_db(databases=["default", "submissions"])]
ROLE = "pcn-pharmacist"


@pytest.fixture
def first(tmp_path: Path) -> DatasetVersion:
    """Publish March 2022 under the first versions of everything."""
    accepted_collection(tmp_path)
    return published(ran())


def ran() -> DatasetVersion:
    run = request_run(by=None, series=SERIES, send=False)
    execute_run(run.pk)
    run.refresh_from_db()
    assert run.state == "succeeded", run.failure
    return DatasetVersion.objects.get(pk=run.dataset_version_id)


def published(version: DatasetVersion) -> DatasetVersion:
    version = submit_version(by=UserFactory(), version=version)
    version = approve_version(by=UserFactory(), version=version)
    return publish_version(by=UserFactory(), version=version)


def again(model: Any, code: str, **changes: Any) -> Any:
    """Publish the next version of a definition straight into the tables."""
    last = model.objects.filter(code=code).order_by("-number").first()
    names = [field.attname for field in model._meta.concrete_fields if field.attname not in {"id", "published_at"}]
    return model.objects.create(
        **{**{name: getattr(last, name) for name in names}, "number": last.number + 1, **changes}
    )


def widen_the_role() -> None:
    old = RoleVersion.objects.get(code=ROLE)
    new = again(
        RoleVersion,
        ROLE,
        change_class="widening",
        change_note="Those in training count too.",
        effective_from=dt.date(2022, 6, 1),
        content={"counted_before": "4/5", "counted_before_basis": "A pilot."},
    )
    crosswalk = Crosswalk.objects.create(published_with=new, effective_from=new.effective_from)
    CrosswalkShare.objects.create(
        crosswalk=crosswalk, source=old, target=new, numerator=1, denominator=1, basis="All of them."
    )


def rows_of(version: DatasetVersion, headline: str = "people") -> dict[str, dict[str, Any]]:
    split = version.metadata["definition_split"]
    return {row["perspective"]: row for row in split["figures"] if row["headline"] == headline}


def figure(version: DatasetVersion, period: str, perspective: str, role: str = "") -> int:
    from portal.datasets.queries import observations

    where = {"role_level": "role", "role_code": role} if role else {"role_level": "all"}
    (found,) = observations(
        version, measure="headcount", time_period=period, perspective=perspective, geography_level="country", **where
    )
    return int(found.value)


def rounded(value: Fraction) -> int:
    return 5 * round(value / 5)


def test_a_widened_role_makes_the_next_version_major_and_its_change_is_split(first, tmp_path, client) -> None:
    before_page = client.get(first.get_absolute_url()).content
    widen_the_role()
    accepted_collection(tmp_path, period="2022-09", rows=660)
    second = ran()
    assert second.number == "2.0.0"
    (reason,) = [reason for reason in second.reasons if reason["code"] == ROLE]
    assert reason["level"] == "major"
    assert "from version 1 to 2 (widening). Those in training count too." in reason["text"]

    snapshots = {item["time_period"]: item["role_versions"] for item in second.lineage["snapshots"]}
    assert (snapshots["2022-03"][ROLE], snapshots["2022-09"][ROLE]) == (1, 2)
    split = second.metadata["definition_split"]
    assert (split["from"]["version"], split["from"]["period"], split["to"]["period"]) == ("1.0.0", "2022-03", "2022-09")
    # By hand, from published figures: those counted before are four fifths of the wider role.
    start, end = figure(first, "2022-03", "P1"), figure(second, "2022-09", "P1")
    before_new = rounded(start + Fraction(figure(first, "2022-03", "P1", ROLE)) / 4)
    after_old = rounded(end - Fraction(figure(second, "2022-09", "P1", ROLE)) / 5)
    row = rows_of(second)["P1"]
    assert (row["before"], row["before_in_new_terms"], row["after_in_old_terms"], row["after"]) == (
        start, before_new, after_old, end,
    )  # fmt: skip
    definition = round(Fraction((before_new - start) + (end - after_old), 2))
    assert definition > 0
    assert (row["definition"], row["real"], row["total"]) == (definition, end - start - definition, end - start)
    assert (row["method"], row["reason"]) == ("shapley", "")

    # What is published stands as it was; the draft's page and API carry the split once they are public.
    assert client.get(first.get_absolute_url()).content == before_page
    assert verify_version(second).passed
    second = published(second)
    page = client.get(second.get_absolute_url()).content.decode()
    assert "Definition and real change" in page
    assert signed(definition) in page
    answer = client.get(f"/api/v1/datasets/{second.dataset.slug}/versions/{second.number}/").json()
    assert answer["metadata"]["definition_split"]["figures"] == split["figures"]
    assert split_for_readers(second, perspective="P1")["many"] is False
    assert first.metadata.get("definition_split") is None


def test_a_changed_rule_is_counted_both_ways_and_audited(first, tmp_path, monkeypatch) -> None:
    again(
        PerspectiveVersion, "P2", change_class="widening", change_note="Directors count too.",
        predicate_sql=f"{CARE} OR role_group = 'directors'",
    )  # fmt: skip
    accepted_collection(tmp_path, period="2022-09", rows=900)
    second = ran()
    assert second.number == "2.0.0"
    row = rows_of(second)["P2"]
    assert row["before"] == figure(first, "2022-03", "P2")
    assert row["before_in_new_terms"] == figure(second, "2022-03", "P2")
    assert row["after"] == figure(second, "2022-09", "P2")
    kept = second.lineage["outputs"]["auditing"].get("as_before")
    assert kept["period"] == "2022-09"
    assert kept["predicates"] == {"P2": CARE}
    assert row["after_in_old_terms"] < row["after"]
    assert row["method"] == "shapley"
    assert row["definition"] + row["real"] == row["after"] - row["before"]
    # The rule of the others is as it was: all of their change is real.
    other = rows_of(second)["P1"]
    assert (other["definition"], other["real"]) == (0, other["total"])
    # Later audits know what was said under the rules of before.
    published(second)
    looked: list[dict[str, Any]] = []
    look = auditing.leaks_beside

    def noted(*arguments: Any) -> dict[str, Any]:
        looked.append(look(*arguments))
        return looked[-1]

    monkeypatch.setattr(auditing, "leaks_beside", noted)
    accepted_collection(tmp_path, period="2022-09", rows=930)  # corrected: thirty more
    third = ran()
    assert looked == [{"2022-09": []}]
    assert third.lineage["audit"]["passed"] is True
    assert "definition_split" not in third.metadata


def test_a_change_in_wording_only_is_not_split(first, tmp_path) -> None:
    again(RoleVersion, ROLE, change_class="editorial", effective_from=dt.date(2022, 6, 1))
    accepted_collection(tmp_path, period="2022-09", rows=660)
    second = ran()
    assert second.number == "1.1.0"
    assert "definition_split" not in second.metadata


def test_where_nobody_knows_the_split_says_why(first, tmp_path) -> None:
    define_roles()
    again(RoleVersion, ROLE, change_class="widening", effective_from=dt.date(2022, 6, 1))
    accepted_collection(tmp_path, period="2022-09", rows=660)
    row = rows_of(ran())["P1"]
    assert row.get("definition") is None
    assert f"the wider role {ROLE} was counted before is not known" in row["reason"]
