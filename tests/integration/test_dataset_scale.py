"""500 datasets of 50 versions each: pages take as few queries as with one, and read no more rows than they show."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from portal.datasets.models import Dataset, DatasetFile, DatasetVersion
from tests.factories.datasets import make_dataset, make_published

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
DATASETS, VERSIONS = 500, 50
MOST_QUERIES = 14
PAGES = (
    "/datasets/", "/datasets/?sort=newest&q=staff&page=3", "/datasets/staff/", "/datasets/staff/v/1.0.0/",
    "/datasets/staff/compare/", "/datasets/staff/table/", "/catalog.ttl", "/feeds/releases.atom",
    "/api/v1/datasets", "/api/v1/datasets/staff/versions", "/sdmx/2.1/dataflow",
)  # fmt: skip


def measured(client):
    """Return for each page how many queries it took."""
    found = {}
    for page in PAGES:
        client.get(page)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(page).status_code == 200, page
        found[page] = len(queries)
    return found


def rows_read(client, page):
    """Return the most rows that a query of a page gives back: what a list grows by when nothing holds it."""
    most = 0
    with CaptureQueriesContext(connection) as queries:
        client.get(page)
    for query in queries.captured_queries:
        if query["sql"].startswith("SELECT"):
            with connection.cursor() as cursor:
                cursor.execute("EXPLAIN (ANALYZE, FORMAT JSON) " + query["sql"])
                [(plan,)] = cursor.fetchall()
            most = max(most, plan[0]["Plan"]["Actual Rows"])
    return most


def grow(version):
    """Give the one dataset 50 versions and put 499 like it beside it, as rows: only pages are measured here."""
    moment = timezone.now()
    others = Dataset.objects.bulk_create(
        Dataset(slug=f"staff-{number}", title=f"Staff {number}", summary="Staff", published_at=moment, theme=f"Theme {number % 7}")
        for number in range(DATASETS - 1)
    )  # fmt: skip
    state = {
        "state": "superseded", "published_at": moment, "superseded_at": moment, "metadata": version.metadata,
        "digest": version.digest, "rows": version.rows, "first_period": "2021-03", "last_period": "2022-03",
    }  # fmt: skip
    versions = [
        DatasetVersion(
            dataset=dataset, major=1, minor=number + 1, patch=0, change_note="More.", **state | {"metadata": {}}
        )
        for dataset in others
        for number in range(VERSIONS)
    ]
    versions += [
        DatasetVersion(dataset=version.dataset, major=0, minor=number, patch=1, **state)
        for number in range(VERSIONS - 2)
    ]
    made = DatasetVersion.objects.bulk_create(versions, batch_size=2000)
    last = made[VERSIONS - 1 : len(others) * VERSIONS : VERSIONS]
    for dataset, newest in zip(others, last, strict=True):
        dataset.latest = newest
    Dataset.objects.bulk_update(others, ["latest"], batch_size=500)
    DatasetFile.objects.bulk_create(
        DatasetFile(version=newest, name="a.csv", label="CSV", media_type="text/csv", sha256="0" * 64, bytes=1, is_main=True)
        for newest in last
    )  # fmt: skip


def test_pages_stay_as_cheap_with_500_datasets_of_50_versions(client, tmp_path):
    dataset = make_dataset("staff")
    version = make_published(dataset, tmp_path)
    make_published(dataset, tmp_path, kind="correction")  # two, so that there is something to compare
    before = measured(client)
    grow(version)
    assert (Dataset.objects.count(), DatasetVersion.objects.count()) == (DATASETS, DATASETS * VERSIONS)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE datasets_dataset, datasets_datasetversion, datasets_datasetfile")
    after = measured(client)
    for page, queries in after.items():
        assert queries <= min(MOST_QUERIES, before[page] + 1), (page, before[page], queries)
    # The widest list is of the 50 versions of one dataset, or of the 100 datasets of one page of the catalogue.
    for page in (
        "/datasets/",
        "/datasets/staff/",
        "/datasets/staff/v/1.0.0/",
        "/datasets/staff/table/",
        "/feeds/releases.atom",
    ):
        assert rows_read(client, page) <= VERSIONS, page
    # One file of each, and the five of the version that was really published.
    assert rows_read(client, "/catalog.ttl") <= 2 * VERSIONS + 4
