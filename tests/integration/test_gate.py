"""The gate cannot be walked round: a release without a passed audit goes out by no route, raw results to nobody."""

from __future__ import annotations

import ast
import datetime as dt
from pathlib import Path

import psycopg
import pytest
from django.apps import apps
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from portal.core import grants
from portal.datasets import actions as dataset_actions
from portal.datasets.enums import VersionState
from portal.datasets.errors import AuditMissing
from portal.publications import actions
from portal.publications.enums import ReleaseState
from portal.publications.errors import ChecklistBlocksError, ReleaseError
from portal.publications.models import ReleaseVersion
from portal.users.models import User
from tests.factories import publications as make
from tests.factories.users import UserFactory
from tests.fixtures.worker import database_url

ROOT = Path(__file__).resolve().parent.parent.parent
#: Who may open the store that holds results before protection: each for files of its own.
STORES = {
    "portal/core/storage.py",
    "portal/submissions/vault.py",
    "portal/datasets/actions.py",
    "portal/datasets/models.py",
}

pytestmark = [pytest.mark.slow, pytest.mark.django_db(databases=["default"])]


@pytest.fixture
def people(db):
    return make.make_people(in_cms=True)


@pytest.fixture(params=[{"passed": False}, None], ids=["failed", "missing"])
def leaking(request, tmp_path, db) -> ReleaseVersion:
    """Return the release of a run whose audit did not pass, or never was."""
    lineage = {"series": "oh-headcount"} | ({"audit": request.param} if request.param else {})
    return make.make_release(tmp_path, make.make_series(), lineage=lineage)


def test_no_action_approves_schedules_or_publishes(leaking, people) -> None:
    data = leaking.dataset_version
    dataset_actions.submit_version(by=people["Editors"], version=data)
    with pytest.raises(AuditMissing):
        dataset_actions.approve_version(by=people["Approvers"], version=data)
    leaking.refresh_from_db()
    for step, name, more in (
        (actions.submit_release, "Editors", {}),
        (actions.approve_release, "Approvers", {}),
        (actions.schedule_release, "Publishers", {"at": timezone.now() + dt.timedelta(days=3)}),
        (actions.publish_release, "Publishers", {}),
    ):
        with pytest.raises((ReleaseError, ChecklistBlocksError, AuditMissing)):
            step(by=people[name], version=leaking, **more)
    _nothing_went_out(leaking)


def test_no_table_holds_it_as_approved_scheduled_or_published(leaking) -> None:
    """Not even by code that asks no action, or by hand in the database."""
    for state in (VersionState.APPROVED, VersionState.SCHEDULED, VersionState.PUBLISHED):
        with pytest.raises(IntegrityError, match="datasets_version_of_series_is_audited"), transaction.atomic():
            type(leaking.dataset_version).objects.update(state=state, published_at=timezone.now())


def test_no_page_of_the_cms_lets_even_an_administrator_do_it(leaking, client, people) -> None:
    root = UserFactory(is_superuser=True, is_staff=True)
    client.force_login(User.objects.get(pk=root.pk))
    for step in ("accept_text", "submit_release", "approve_release", "publish_release"):
        client.post(reverse("release_desk_step", args=[leaking.pk, step]))
    page = leaking.release
    bulk = reverse("wagtail_bulk_action", args=["wagtailcore", "page", "publish"])
    client.post(f"{bulk}?id={page.pk}&next=/cms/", {"include_descendants": "on"})
    data = leaking.dataset_version
    for step in ("submit", "approve", "publish"):
        client.post(f"/cms/dataset-versions/{data.pk}/{step}/")
    _nothing_went_out(leaking)


def test_no_clock_publishes_it(leaking) -> None:
    ReleaseVersion.objects.filter(pk=leaking.pk).update(scheduled_for=timezone.now() - dt.timedelta(minutes=1))
    actions.publish_due()
    _nothing_went_out(leaking)


def _nothing_went_out(version: ReleaseVersion) -> None:
    version.refresh_from_db()
    data = type(version.dataset_version).objects.get(pk=version.dataset_version.pk)
    assert version.state in {ReleaseState.DRAFT, ReleaseState.IN_REVIEW}
    assert data.state in {VersionState.DRAFT, VersionState.IN_REVIEW}
    assert data.dataset.latest is None
    page = type(version.release).objects.get(pk=version.release.pk)
    assert not page.live


@pytest.mark.django_db(transaction=True, databases=["default", "submissions"])
def test_the_public_database_role_reads_no_table_of_runs() -> None:
    grants.apply("default", force=True)
    tables = [model._meta.db_table for model in apps.get_app_config("pipelines").get_models()]
    assert "pipelines_computedcells" in tables
    with psycopg.connect(database_url("default", "public"), autocommit=True) as public:
        for table in tables:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                public.execute(f'SELECT 1 FROM "{table}" LIMIT 1')


def test_nobody_else_opens_the_store_of_unprotected_results() -> None:
    """The store is opened by the pipelines, and by two apps that keep drafts and sealed uploads of their own."""
    found = {
        file.relative_to(ROOT).as_posix()
        for file in (ROOT / "portal").rglob("*.py")
        if any(
            isinstance(node, ast.ImportFrom) and any(name.name == "private_files" for name in node.names)
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        )
    }
    outside = {name for name in found if not name.startswith("portal/pipelines/")}
    assert outside <= STORES
