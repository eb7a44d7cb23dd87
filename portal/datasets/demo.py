"""A second dataset for the demo: regions only, cut from the published versions of a larger dataset.

It shows what a run of releases does not: a correction, a withdrawn version and a major change. Every step is
an action of the person whose step it is, and every figure is one that the larger dataset publishes.
"""

from __future__ import annotations

import datetime as dt
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from portal.datasets import actions
from portal.datasets.enums import UpdateFrequency, VersionKind
from portal.datasets.models import Dataset, DatasetVersion

if TYPE_CHECKING:
    from portal.users.models import User

SLUG = "ohw-regions"
LEVELS = ("country", "region")
ONE_PERSPECTIVE = "D2"
SWAPPED = 2
DAYS_AFTER = 7
DATASET: dict[str, Any] = {
    "title": "Occupational health workforce in the regions of England",
    "summary": "People, posts and full-time equivalents in England and its regions, cut from the full dataset.",
    "description": (
        "The totals of England and of each region, taken as they are from the published versions of the full "
        "dataset of the occupational health workforce. Nothing is added up or rounded again."
    ),
    "keywords": ["occupational health", "workforce", "regions", "England"],
    "theme": "Workforce",
    "family": "oh",
    "update_frequency": UpdateFrequency.BIANNUAL,
}


@dataclass(frozen=True)
class Step:
    """One version: its number, which version of the source it is cut from, and what it is for."""

    number: str
    source: int
    kind: VersionKind
    note: str
    is_swapped: bool = False
    is_narrow: bool = False


STEPS = (
    Step("1.0.0", 1, VersionKind.NEW_PERIOD, "First version of the regional dataset."),
    Step("1.1.0", 2, VersionKind.NEW_PERIOD, "Adds a period.", is_swapped=True),
    Step("1.1.1", 2, VersionKind.CORRECTION, "In version 1.1.0 the figures of two regions were swapped in the new period."),
    Step("2.0.0", 3, VersionKind.REVISION, "One perspective only from now on; the full dataset has them all. Adds a period.", is_narrow=True),
)  # fmt: skip
WITHDRAWN = "1.1.0"
REASON = "The figures of two regions were swapped in the newest period. Use version 1.1.1."


def load_regions(*, source: str, analyst: User, approver: User, publisher: User) -> Dataset | None:
    """Make the versions that are missing; nothing where the source has too few versions to cut from."""
    cut_from = list(DatasetVersion.objects.served().filter(dataset__slug=source).order_by("major", "minor", "patch"))
    if len(cut_from) <= max(step.source for step in STEPS):
        return None
    dataset, _ = Dataset.objects.get_or_create(slug=SLUG, defaults=DATASET)
    for half_made in dataset.versions.open():
        actions.discard_version(by=analyst, version=half_made, reason="Left by a demo that was stopped.")
    for step in STEPS:
        if not dataset.versions.public().numbered(step.number).exists():
            _publish(dataset, step, cut_from[step.source], analyst, approver, publisher)
    for wrong in dataset.versions.served().numbered(WITHDRAWN):
        actions.withdraw_version(by=publisher, version=wrong, reason=REASON)
    return dataset


def _publish(
    dataset: Dataset, step: Step, source: DatasetVersion, analyst: User, approver: User, publisher: User
) -> DatasetVersion:
    dataset.refresh_from_db()
    with tempfile.TemporaryDirectory(prefix="demo-") as folder:
        path = Path(folder) / "observations.parquet"
        table = _cut(source, step)
        pq.write_table(table, path)
        version = actions.create_draft_version(
            by=analyst, dataset=dataset, observations=path, metadata=_metadata(source, table), kind=step.kind,
            change_note=step.note, lineage={"cut_from": str(source.stem), "observations_sha256": source.digest},
        )  # fmt: skip
    if actions.unmapped(version):
        version = actions.mark_gone(by=analyst, version=version)
    actions.submit_version(by=analyst, version=version)
    actions.approve_version(by=approver, version=version)
    # A correction comes a week after the mistake, everything else a week after what it is cut from.
    weeks = 2 if step.kind == VersionKind.CORRECTION else 1
    at = source.published_at + dt.timedelta(days=DAYS_AFTER * weeks) if source.published_at else None
    return actions.publish_version(by=publisher, version=version, at=at)


def _cut(source: DatasetVersion, step: Step) -> pa.Table:
    """Return the totals of the areas, without the columns that say the same in every row."""
    table = pq.read_table(source.observations_path())
    wanted = pc.is_in(table["geography_level"], pa.array(LEVELS))
    for name in source.meta.by_id:
        if name not in {"time_period", "geography_level", "geography_code", "perspective"}:
            wanted = pc.and_(wanted, pc.equal(table[name], _total(source, name)))
    if step.is_narrow:
        wanted = pc.and_(wanted, pc.equal(table["perspective"], ONE_PERSPECTIVE))
    table = table.filter(wanted).select(
        ["time_period", "geography_code", "perspective", "measure", "value", "status", *_attributes(source, table)]
    )
    if step.is_swapped:
        return _with_two_areas_swapped(table, source.last_period)
    return _marked_as_revised(table, source.last_period) if step.kind == VersionKind.CORRECTION else table


def _total(source: DatasetVersion, name: str) -> str:
    """Return the code of a dimension that stands for everything: the parent of the others, or ``all``."""
    codes = source.meta.by_id[name].labels
    return "all" if "all" in codes else next(iter(codes))


def _attributes(source: DatasetVersion, table: pa.Table) -> list[str]:
    known = {*source.meta.by_id, "measure", "value", "status"}
    return [name for name in table.schema.names if name not in known]


def _areas(rows: list[dict[str, Any]]) -> list[str]:
    return sorted({row["geography_code"] for row in rows if row["geography_code"] != "E92000001"})[:SWAPPED]


def _marked_as_revised(table: pa.Table, period: str) -> pa.Table:
    """Mark the figures that the correction gives back their own places."""
    rows = table.to_pylist()
    areas = _areas(rows)
    for row in rows:
        if row["time_period"] == period and row["geography_code"] in areas:
            row["status"] = f"{row['status'] or ''} r".strip()
    return pa.Table.from_pylist(rows, schema=table.schema)


def _with_two_areas_swapped(table: pa.Table, period: str) -> pa.Table:
    rows = table.to_pylist()
    areas = _areas(rows)
    swap = dict(zip(areas, reversed(areas), strict=True))
    for row in rows:
        if row["time_period"] == period:
            row["geography_code"] = swap.get(row["geography_code"], row["geography_code"])
    return pa.Table.from_pylist(rows, schema=table.schema)


def _metadata(source: DatasetVersion, table: pa.Table) -> dict[str, Any]:
    given = source.metadata
    used = {name: set(table[name].to_pylist()) for name in ("time_period", "geography_code", "perspective")}
    dimensions = []
    for dimension in given["dimensions"]:
        if codes := used.get(dimension["id"]):
            kept = [
                {"code": code["code"], "label": code["label"]} for code in dimension["codes"] if code["code"] in codes
            ]
            dimensions.append({"id": dimension["id"], "label": dimension["label"], "codes": kept})
    measures = set(table["measure"].to_pylist())
    return {
        "label": given.get("label", ""),
        "synthetic": source.is_synthetic,
        "dimensions": dimensions,
        "measures": [measure for measure in given["measures"] if measure["id"] in measures],
        "default_perspective": ONE_PERSPECTIVE,
        "perspectives": {key: value for key, value in given["perspectives"].items() if key in used["perspective"]},
        "coverage": given.get("coverage", {}),
        "notes": given.get("notes", []),
    }
