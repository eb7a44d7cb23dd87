"""First step: seal the accepted returns of each collection, and pin the definitions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings

from portal.pipelines.code_version import code_version, library_versions
from portal.pipelines.context import StepResult
from portal.pipelines.definitions_used import definitions_in_force
from portal.pipelines.errors import DirtyCodeError, PipelineError
from portal.pipelines.models import RunInput, Snapshot
from portal.pipelines.sealing import groups_in, seal_collection
from portal.pipelines.sources import SOURCES

if TYPE_CHECKING:
    from portal.pipelines.context import RunContext


def seal(context: RunContext) -> StepResult:
    """Seal every collection of the series' family that has accepted returns, and write down what was used."""
    specification = context.specification
    code = code_version()
    if settings.REQUIRE_CLEAN_CODE and code["dirty"]:
        raise DirtyCodeError("The code differs from its commit, so nobody could rebuild the release. Commit, then run.")
    collections = context.run.parameters.get("collections") or specification.kind.collections(specification.family)
    if not collections:
        raise PipelineError(
            f"There is nothing to seal yet of “{specification.kind.label.lower()}” in the family “{specification.family}”."
        )
    snapshots = _seal_all(context, collections)
    _check_periods(snapshots)
    frames = _seal_frames(context, snapshots) if specification.estimates() else []
    # A step that was killed half-way may have tied a snapshot that is not the newest any more.
    context.run.snapshots.clear()
    RunInput.objects.bulk_create([RunInput(run=context.run, snapshot=snapshot) for snapshot in (*snapshots, *frames)])
    context.run.lineage = _lineage(context, snapshots, frames, code)
    context.run.save(update_fields=["lineage"])
    return StepResult(
        outputs={"snapshots": [snapshot.digest for snapshot in snapshots]},
        counts={"collections": len(snapshots), "records": sum(snapshot.rows for snapshot in snapshots)},
    )


def _lineage(
    context: RunContext, snapshots: list[Snapshot], frames: list[Snapshot], code: dict[str, Any]
) -> dict[str, Any]:
    """Return everything that a rebuild needs to know."""
    specification = context.specification
    return {
        "series": specification.code,
        "specification": specification.digest(),
        "snapshots": [
            _named(s) | ({"role_versions": s.inputs["role_versions"]} if s.inputs.get("role_versions") else {})
            for s in sorted(snapshots, key=lambda s: (s.time_period, s.collection_code))
        ],
        **({"frames": [_named(frame) for frame in frames]} if frames else {}),
        "definitions": definitions_in_force(specification),
        "coverage": _coverage(snapshots),
        **(
            {"notes": notes}
            if (notes := sorted({note for s in snapshots for note in s.inputs.get("notes", ())}))
            else {}
        ),
        # One synthetic collection is enough to label everything that is made from it.
        "synthetic": any(snapshot.inputs["is_synthetic"] for snapshot in snapshots),
        "code": code,
        "libraries": library_versions(),
        "parameters": context.run.parameters,
        "seed": context.run.parameters.get("seed", 0),
    }


def _seal_all(context: RunContext, collections: list[str]) -> list[Snapshot]:
    """Seal the collections; one whose returns hold no records of this kind has no figures to publish."""
    kind, snapshots = context.specification.kind, []
    groups = groups_in(kind, context.specification.family)
    for number, collection in enumerate(collections):
        snapshot = seal_collection(
            by=context.run.requested_by, collection_code=collection, folder=context.folder, source=kind, groups=groups
        )
        records = f"{snapshot.rows:,} records in {snapshot.inputs['accepted']} accepted returns"
        context.say(f"{collection}: {records}{'' if snapshot.rows else ', so it is left out'}")
        context.progress(number + 1, len(collections))
        snapshots += [snapshot] if snapshot.rows else []
    if not snapshots:
        raise PipelineError(f"The accepted returns of {', '.join(collections)} hold no {kind.label.lower()}.")
    return snapshots


def _seal_frames(context: RunContext, snapshots: list[Snapshot]) -> list[Snapshot]:
    """Seal who was asked in each collection: what estimates are made with."""
    frames = [
        seal_collection(
            by=context.run.requested_by,
            collection_code=snapshot.collection_code,
            folder=context.folder,
            source=SOURCES["response"],
        )
        for snapshot in snapshots
    ]
    return sorted(frames, key=lambda frame: (frame.time_period, frame.collection_code))


def _named(snapshot: Snapshot) -> dict[str, Any]:
    return {
        "collection": snapshot.collection_code,
        "time_period": snapshot.time_period,
        "sha256": snapshot.digest,
        "rows": snapshot.rows,
    }


def _check_periods(snapshots: list[Any]) -> None:
    periods = [snapshot.time_period for snapshot in snapshots]
    twice = sorted({period for period in periods if periods.count(period) > 1})
    if twice:
        raise PipelineError(f"More than one collection describes {', '.join(twice)}: name the ones to use.")


def _coverage(snapshots: list[Any]) -> dict[str, Any]:
    names = ("expected", "accepted", "expected_by_region", "accepted_by_region")
    return {snapshot.time_period: {name: snapshot.inputs[name] for name in names} for snapshot in snapshots}
