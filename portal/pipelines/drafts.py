"""From a run to drafts: the dataset a series feeds, its release, and the lineage that both carry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from portal.datasets.models import Dataset, DatasetVersion
from portal.publications.actions import draft_release
from portal.publications.models import PublicationSeriesPage, ReleasePage

if TYPE_CHECKING:
    from portal.pipelines.models import PipelineRun
    from portal.pipelines.specification import Specification


def dataset_of(specification: Specification, *, is_synthetic: bool) -> Dataset:
    """Return the dataset that a series feeds; the first run makes it."""
    dataset, _ = Dataset.objects.get_or_create(
        slug=specification.dataset,
        defaults={
            "title": specification.title,
            "summary": specification.description[:250],
            "description": specification.description,
            "family": specification.family,
            "is_synthetic": is_synthetic,
        },
    )
    return dataset


def draft_release_of(specification: Specification, *, version: DatasetVersion, run: PipelineRun) -> ReleasePage | None:
    """Draft the next release of the series' publication, if the site has that publication."""
    series = PublicationSeriesPage.objects.filter(slug=specification.publication or None).first()
    if series is None:
        return None
    return draft_release(by=run.requested_by, series=series, dataset_version=version, run=run)


def links_of(run: PipelineRun) -> dict[str, Any]:
    """Return what a run made, as objects with addresses; nothing where it was thrown away since."""
    version = DatasetVersion.objects.filter(pk=run.dataset_version_id).select_related("dataset").first()
    release = ReleasePage.objects.filter(pk=run.release_page_id).first()
    return {"version": version, "release": release}


def lineage_of(run: PipelineRun) -> dict[str, Any]:
    """Return the lineage of what a run made: enough to make it again, and nothing that chance or time decides."""
    outputs = {step.name: step.outputs for step in run.steps.all() if step.outputs}
    # What an earlier run happened to have left in store says nothing about the figures.
    counts = {
        step: {name: number for name, number in found.items() if not name.endswith("_reused")}
        for step, found in run.counts.items()
    }
    return {
        **run.lineage,
        "counts": counts,
        "outputs": {name: made for name, made in outputs.items() if name != "sealing"},
    }
