"""From a file of staff records to a page that a stranger reads."""

from __future__ import annotations

import pytest

from portal.datasets.errors import ActionRefused
from portal.datasets.models import DatasetVersion
from portal.home.models import HomePage
from portal.pipelines import actions as pipeline_actions
from portal.pipelines import demo
from portal.pipelines.enums import RunState
from portal.pipelines.runner import execute_run
from portal.publications.actions import accept_text, approve_release, publish_release, submit_release
from portal.publications.errors import ReleaseError
from portal.publications.models import PublicationIndexPage, PublicationSeriesPage, ReleaseVersion
from portal.publications.starting_content import load_starting_content as load_publications
from portal.users.starting_content import load_starting_content as load_users
from tests.factories.runs import SERIES, accepted_collection

pytestmark = pytest.mark.django_db(databases=["default", "submissions"])
ADDRESS = "/publications/primary-care-network-workforce/march-2022/"


@pytest.fixture
def team(tmp_path):
    load_users()
    if not HomePage.objects.exists():
        from portal.home.site import ensure_home_page

        ensure_home_page()
    load_publications()
    assert PublicationIndexPage.objects.exists()
    assert PublicationSeriesPage.objects.filter(slug="primary-care-network-workforce").exists()
    accepted_collection(tmp_path)
    return demo.demo_team()


def drafted(team) -> ReleaseVersion:
    demo.run_for_demo(team, SERIES, ["pcn-2022-03"])
    return ReleaseVersion.objects.with_everything().get()


def test_a_file_becomes_a_page_by_the_hands_of_three_people(team, client) -> None:
    version = drafted(team)
    assert client.get(ADDRESS).status_code == 404
    version = accept_text(by=team.editor, version=version)
    version = submit_release(by=team.editor, version=version)
    with pytest.raises(ReleaseError):
        approve_release(by=team.editor, version=version)
    version = approve_release(by=team.approver, version=version)
    publish_release(by=team.publisher, version=version)
    answer = client.get(ADDRESS)
    assert answer.status_code == 200
    total = next(
        row for row in _observations(version.dataset_version, measure="headcount", role_level="all")
        if row["geography_level"] == "country" and row["perspective"] == "P1"
    )  # fmt: skip
    assert f"{total.value:,.0f}" in answer.content.decode()
    assert client.get(version.dataset_version.get_absolute_url()).status_code == 200


def test_what_failed_its_audit_can_be_neither_approved_nor_published(team, monkeypatch) -> None:
    def failed(outcomes):
        return {**real(outcomes), "passed": False}

    from portal.pipelines.steps import auditing

    real = auditing.summary_of
    monkeypatch.setattr(auditing, "summary_of", failed)
    version = drafted(team)
    version = accept_text(by=team.editor, version=version)
    with pytest.raises((ReleaseError, ActionRefused)):
        submit_release(by=team.editor, version=version)
    with pytest.raises((ReleaseError, ActionRefused)):
        publish_release(by=team.publisher, version=version)
    assert DatasetVersion.objects.get().published_at is None


def test_a_second_run_of_the_same_period_renews_the_draft_and_makes_no_second_release(team) -> None:
    drafted(team)
    run = pipeline_actions.request_run(by=team.analyst, series=SERIES, send=False)
    assert execute_run(run.pk) == RunState.SUCCEEDED
    version = ReleaseVersion.objects.get()
    run.refresh_from_db()
    assert version.dataset_version_id == run.dataset_version_id


def _observations(version, **filters: str):
    from portal.datasets.queries import observations

    return observations(version, **filters)
