"""The files of a version keep the words that were true when they were written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from portal.datasets.described import describe, described
from portal.datasets.files.descriptions import citation_text
from portal.datasets.models import Dataset, DatasetVersion

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

pytestmark = pytest.mark.django_db


def test_a_new_title_or_address_does_not_change_what_a_version_says(settings: Settings) -> None:
    settings.BASE_URL = "https://one.example/"
    dataset = Dataset.objects.create(slug="nurses", title="Nurses", keywords=["oh"])
    version = DatasetVersion(dataset=dataset, major=1, minor=0, patch=0)
    version.metadata = {"dataset": describe(version).as_json()}
    settings.BASE_URL = "https://two.example"
    dataset.title, dataset.keywords = "Nurses of England", ["other"]
    assert described(version).keywords == ("oh",)
    assert citation_text(version).endswith(
        "Nurses, version 1.0.0 [dataset]. https://one.example/datasets/nurses/v/1.0.0/"
    )


def test_without_kept_words_those_of_now_are_used(settings: Settings) -> None:
    settings.BASE_URL = "https://two.example"
    version = DatasetVersion(dataset=Dataset(slug="nurses", title="Nurses"), major=1, minor=0, patch=0)
    assert described(version).title == "Nurses"


def test_words_that_were_not_kept_are_those_of_now() -> None:
    version = DatasetVersion(dataset=Dataset(slug="nurses", title="Nurses"), major=1, minor=0, patch=0)
    kept = describe(version).as_json() | {"title": "Nurses of then"}
    del kept["publisher_slug"]
    version.metadata = {"dataset": kept}
    assert (described(version).title, described(version).publisher_slug) == (
        "Nurses of then",
        "department-of-health-and-social-care",
    )
