"""What is kept from earlier runs saves time and decides nothing: every series, with and without it, byte for byte."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from portal.datasets.actions import approve_version, publish_version, submit_version
from portal.datasets.models import DatasetVersion
from portal.pipelines.actions import request_run
from portal.pipelines.models import ComputedCells, PipelineRun
from portal.pipelines.rebuild import verify_version
from portal.pipelines.runner import execute_run
from portal.pipelines.synthetic.workforce import PERIODS
from portal.submissions.actions import accept_returns, load_return_records
from portal.submissions.actions.drafts import values_of
from portal.submissions.models import Collection, Return
from tests.factories.runs import collect_workforce
from tests.factories.users import UserFactory

if TYPE_CHECKING:
    from portal.pipelines import demo

pytestmark = [pytest.mark.slow, pytest.mark.django_db(databases=["default", "submissions"])]
#: Figures with estimates, rates of published figures, response, and shares of people with a condition.
SERIES = ("oh-headcount", "oh-vacancies-turnover", "oh-response", "oh-age", "oh-retention")
STEPS = ("computing", "estimating", "protecting", "auditing")
POSTS = 400


@pytest.fixture
def team() -> demo.Team:
    """Collect two periods of a small workforce."""
    return collect_workforce(posts=POSTS)


def ran(series: str, *, threads: int) -> PipelineRun:
    run = request_run(by=None, series=series, send=False)
    execute_run(run.pk, threads=threads)
    run.refresh_from_db()
    assert run.state == "succeeded", run.failure
    return run


def made(run: PipelineRun) -> dict[str, object]:
    """Return everything that a run made, by content."""
    version = version_of(run)
    return {
        "outputs": {name: run.steps.get(name=name).outputs for name in STEPS},
        "files": {file.name: file.sha256 for file in version.files.all()},
        "dataset": version.digest,
        "lineage": version.lineage,
    }


def version_of(run: PipelineRun) -> DatasetVersion:
    return DatasetVersion.objects.get(pk=run.dataset_version_id)


def correct_a_return(team: demo.Team) -> None:
    """Leave two records out of the largest return of the earlier period."""
    collection = Collection.objects.get(code=f"oh-{PERIODS[2]}")
    largest = Return.objects.accepted().filter(collection=collection).order_by("-accepted_version__rows").first()
    records = list(values_of(largest.accepted_version.records.all()))[:-2]
    load_return_records(
        by=team.manager,
        collection=collection,
        records={largest.organisation_code: records},
        reason="Two records were sent twice.",
    )
    assert accept_returns(by=team.manager, collection=collection) == 1


def test_a_run_that_reuses_what_was_kept_makes_the_bytes_of_a_run_from_nothing(team, monkeypatch) -> None:
    monkeypatch.setenv("PORTAL_COMMIT", "0" * 40)
    for series in SERIES:
        version = version_of(ran(series, threads=2))
        version = approve_version(by=UserFactory(), version=submit_version(by=UserFactory(), version=version))
        publish_version(by=UserFactory(), version=version)
    correct_a_return(team)
    again = {series: ran(series, threads=2) for series in SERIES}
    ComputedCells.objects.all().delete()
    for series, run in again.items():
        whole = ran(series, threads=1)
        reused = [one.counts["computing"]["periods_reused"] for one in (run, whole)]
        assert reused == [1, 0], "the period that nobody touched, and nothing"
        assert made(run) == made(whole), series
    # Whoever made it again from what was kept would find nothing to make it from.
    assert ComputedCells.objects.update(outputs={"cells": "", "audited": "", "protected": ""}) > len(SERIES)
    versions = [version_of(run) for run in again.values()]
    for version in (*versions, versions[0].base):
        found = verify_version(version, threads=1)
        assert found.passed, [text for holds, text in found.checks if not holds]
