"""A whole site for the tests that go through it as a reader does."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING

from django.core.management import call_command

from portal.datasets.models import Dataset
from portal.publications.models import PublicationSeriesPage
from tests.factories import publications as make
from tests.factories.datasets import make_draft
from tests.factories.opportunities import OpportunityFactory

if TYPE_CHECKING:
    from pathlib import Path

    from portal.publications.models import ReleaseVersion


def build(folder: Path) -> ReleaseVersion:
    """Load the starting content and publish one release and one opportunity."""
    call_command("load_starting_content", stdout=StringIO())
    people = make.make_people()
    series = PublicationSeriesPage.objects.get(slug="occupational-health-workforce")
    metadata = make.make_metadata(perspectives={"D1": 1, "D2": 1})
    dataset = Dataset.objects.get(slug=series.dataset_slug)
    data = make_draft(dataset, folder, metadata=metadata, rows=make.make_rows(metadata))
    draft = make.make_release(folder, series, data=data)
    page = draft.release.get_latest_revision_as_object()
    page.sections = [*page.sections.get_prep_value(), *make.sections_of_every_kind()]
    page.save_revision(user=people["Editors"])
    version = make.publish(draft, people)
    OpportunityFactory(title="Taster day in occupational health")
    return version
