"""Last step: a draft dataset version and a draft release, both or neither."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction

from portal.core.storage import private_files
from portal.datasets.actions import create_draft_version
from portal.datasets.definition_split import KEY
from portal.datasets.models import Dataset
from portal.pipelines.context import StepResult
from portal.pipelines.definition_split import split_of
from portal.pipelines.drafts import dataset_of, draft_release_of, lineage_of
from portal.pipelines.metadata import metadata_of
from portal.pipelines.models import PipelineRun

if TYPE_CHECKING:
    from portal.pipelines.context import RunContext


def draft(context: RunContext) -> StepResult:
    """Draft the dataset version and the release in one transaction, and remember them in the run."""
    run = context.run
    observations = context.output_path("observations")
    lineage = lineage_of(run)
    metadata = {**metadata_of(context.specification, run.lineage, observations), **_split(context)}
    with transaction.atomic():
        # Locked, so that a run resumed at the same moment finds what this one made.
        row = PipelineRun.objects.select_for_update().get(pk=run.pk)
        if row.dataset_version_id is None:
            version = create_draft_version(
                by=run.requested_by,
                dataset=dataset_of(context.specification, is_synthetic=run.lineage["synthetic"]),
                observations=observations,
                metadata=metadata,
                lineage=lineage,
            )
            release = draft_release_of(context.specification, version=version, run=run)
            row.dataset_version_id, row.release_page_id = version.pk, release.pk if release else None
            row.save(update_fields=["dataset_version_id", "release_page_id"])
    run.refresh_from_db(fields=["dataset_version_id", "release_page_id"])
    drafts = "The dataset version and the release are" if run.release_page_id else "The dataset version is"
    context.say(f"{drafts} drafted")
    return StepResult(counts={"observations": _rows(run)})


def _split(context: RunContext) -> dict[str, Any]:
    """Return how much of the change since the last published version is the definition, where definitions changed."""
    dataset = Dataset.objects.filter(slug=context.specification.dataset).first()
    as_before = (context.run.output("as_before") or {}).get("observations")
    found = split_of(
        context.specification,
        base=dataset.latest if dataset else None,
        lineage=context.run.lineage,
        observations=context.output_path("observations"),
        as_before=private_files.local_path(as_before) if as_before else None,
    )
    return {KEY: found} if found else {}


def _rows(run: PipelineRun) -> int:
    from portal.datasets.models import DatasetVersion  # noqa: PLC0415 - only for the count

    return int(DatasetVersion.objects.values_list("rows", flat=True).get(pk=run.dataset_version_id))
