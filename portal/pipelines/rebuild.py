"""Making a published version again from its lineage, and comparing byte for byte."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from portal.core.storage import private_files, sha256_of
from portal.datasets.files import CanonicalTable, build_files, write_canonical
from portal.datasets.metadata import VersionMetadata
from portal.pipelines.code_version import code_version, library_versions
from portal.pipelines.context import sealed_in
from portal.pipelines.definitions_used import populations_in
from portal.pipelines.engine import connect, write_table
from portal.pipelines.estimates import Estimates, estimate_period
from portal.pipelines.figures import audited_of, cells_of, code_lists_of, protected_of
from portal.pipelines.medians import medians_of
from portal.pipelines.metadata import metadata_of
from portal.pipelines.observations import observations_of
from portal.pipelines.specification import specification_of
from portal.pipelines.steps.auditing import earlier_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import duckdb
    import pyarrow as pa

    from portal.datasets.models import DatasetVersion
    from portal.pipelines.figures import Earlier


@dataclass
class Verification:
    """What was compared: a line for each thing, and whether it held."""

    checks: list[tuple[bool, str]] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def add(self, holds: bool, text: str) -> None:
        """Write down one comparison."""
        self.checks.append((holds, text))

    @property
    def passed(self) -> bool:
        """Whether everything held, and something was compared."""
        return bool(self.checks) and all(holds for holds, _ in self.checks)


def verify_version(version: DatasetVersion, *, threads: int | None = None) -> Verification:
    """Check the stored bytes of a version, make it again from its snapshots, and compare."""
    found = Verification()
    _check_stored_files(version, found)
    if "snapshots" not in version.lineage or "series" not in version.lineage:
        _check_cut(version, found)
        return found
    if not _check_snapshots(version.lineage, found):
        found.remarks.append("Not made again: a snapshot is missing or is not what its name says.")
        return found
    _check_circumstances(version.lineage, found)
    with tempfile.TemporaryDirectory(prefix="verify-") as folder:
        _check_rebuilt(version, Path(folder), found, threads)
    return found


def _check_stored_files(version: DatasetVersion, found: Verification) -> None:
    stored = [(file.name, file.sha256) for file in version.files.all()] + [("observations", version.digest)]
    for name, digest in stored:
        store = version.store
        holds = store.exists(digest) and sha256_of(store.local_path(digest)) == digest
        found.add(holds, f"stored {name} is what its SHA-256 says")


def _check_cut(version: DatasetVersion, found: Verification) -> None:
    """Check a version that no run computed: what it was cut from, and that its files follow from its data."""
    named, digest = version.lineage.get("cut_from", ""), version.lineage.get("observations_sha256", "")
    if named:
        source = type(version).objects.filter(digest=digest).select_related("dataset").order_by("pk").first()
        holds = source is not None and source.stem == named and source.store.exists(digest)
        found.add(holds, f"{named}, which it was cut from, has the observations that its lineage names")
        found.remarks.append(f"Cut from {named}, not computed here from records: verify {named} for that.")
    else:
        found.remarks.append("No run made it and no source is named: only its files are made again.")
    with tempfile.TemporaryDirectory(prefix="verify-") as folder:
        table = CanonicalTable(version.store.local_path(version.digest), version.meta)
        _check_files(version, table, Path(folder), found)


def _check_snapshots(lineage: dict[str, Any], found: Verification) -> bool:
    sound = True
    for item in (*lineage["snapshots"], *lineage.get("frames", ())):
        digest = item["sha256"]
        holds = private_files.exists(digest) and sha256_of(private_files.local_path(digest)) == digest
        found.add(holds, f"snapshot {item['collection']} is what its SHA-256 says")
        sound = sound and holds
    return sound


def _check_circumstances(lineage: dict[str, Any], found: Verification) -> None:
    """A specification that has changed is a fault; other code or libraries only deserve a remark."""
    same = specification_of(lineage["series"]).digest() == lineage["specification"]
    found.add(same, f"the specification {lineage['series']} is the one that was used")
    now = {"code": code_version(), "libraries": library_versions()}
    found.remarks += [
        f"Made with {name} {lineage[name]}; here are {now[name]}." for name in now if now[name] != lineage[name]
    ]


def _check_rebuilt(version: DatasetVersion, folder: Path, found: Verification, threads: int | None) -> None:
    observations = rebuild_observations(version, folder, threads=threads)
    before = version.lineage["outputs"]["auditing"]["observations"]
    found.add(sha256_of(observations) == before, "observations made again are the same bytes")
    specification = specification_of(version.lineage["series"])
    described = VersionMetadata.model_validate(metadata_of(specification, version.lineage, observations))
    table = write_canonical(observations, described, folder / "canonical.parquet")
    found.add(sha256_of(table.path) == version.digest, "the dataset made again is the same bytes")
    _check_files(version, table, folder, found)


def _check_files(version: DatasetVersion, table: CanonicalTable, folder: Path, found: Verification) -> None:
    stored = {file.name: file.sha256 for file in version.files.all()}
    (folder / "files").mkdir()
    again = {file.name: sha256_of(file.path) for file in build_files(version, table, folder / "files")}
    for name in sorted(stored.keys() | again.keys()):
        found.add(stored.get(name) == again.get(name), f"{name} made again is the same bytes")


def rebuild_observations(version: DatasetVersion, folder: Path, *, threads: int | None = None) -> Path:
    """Compute, protect and audit again from the snapshots that a lineage names; return the observations."""
    lineage = version.lineage
    specification = specification_of(lineage["series"])
    predicates = populations_in(lineage["definitions"])
    snapshots = {item["time_period"]: private_files.local_path(item["sha256"]) for item in lineage["snapshots"]}
    earlier = earlier_of(_published_before(version))
    with connect(folder, threads=threads) as connection:
        cells = {
            period: cells_of(connection, path, specification, predicates) for period, path in sorted(snapshots.items())
        }
        lists = code_lists_of(specification, list(cells.values()))
        audited, shown = [], []
        for period, table in cells.items():
            figures, beside = _rebuild_period(connection, version, period, table, lists, earlier.get(period, []))
            audited.append(figures)
            shown += beside
    path = folder / "observations.parquet"
    write_table(observations_of(specification, audited, lineage["coverage"], shown), path)
    return path


def _rebuild_period(
    connection: duckdb.DuckDBPyConnection,
    version: DatasetVersion,
    period: str,
    cells: pa.Table,
    lists: Mapping[str, Sequence[str]],
    published: Sequence[Earlier],
) -> tuple[pa.Table, list[pa.Table]]:
    """Protect and audit a period again; return its figures, and the estimates and medians that stand beside them."""
    lineage = version.lineage
    specification, predicates = specification_of(lineage["series"]), populations_in(lineage["definitions"])
    snapshot = private_files.local_path(
        next(item["sha256"] for item in lineage["snapshots"] if item["time_period"] == period)
    )
    protected = protected_of(
        specification,
        cells,
        period=period,
        lists=lists,
        perspectives=list(predicates),
        excluded=lineage["definitions"].get("excluded"),
    )
    before_audit = lineage["outputs"]["protecting"]["protected"][period]
    estimates = _estimates(connection, version, period, cells)
    outcome = audited_of(
        connection,
        specification,
        snapshot=snapshot,
        predicates=predicates,
        protected=protected,
        earlier=[item for item in published if not item.is_this_again(snapshot, predicates, before_audit)],
        extra=estimates.facts if estimates else None,
    )
    beside = [estimates.shown(outcome.protected)] if estimates else []
    beside += medians_of(
        connection, specification, snapshot=snapshot, predicates=predicates, protected=outcome.protected
    )
    return outcome.protected, beside


def _estimates(
    connection: duckdb.DuckDBPyConnection, version: DatasetVersion, period: str, cells: pa.Table
) -> Estimates | None:
    """Estimate a period again with the frames that the lineage names."""
    lineage = version.lineage
    specification, sealed = specification_of(lineage["series"]), sealed_in(lineage)
    if not specification.estimates() or period not in sealed:
        return None
    made, _ = estimate_period(
        connection,
        specification,
        period=period,
        sealed=sealed,
        predicates=populations_in(lineage["definitions"]),
        cells=cells,
        seed=lineage["seed"],
    )
    return made


def _published_before(version: DatasetVersion) -> list[DatasetVersion]:
    """Return the versions that the audit of this one looked at: those its lineage names."""
    numbers = version.lineage["audited_against"]
    published = version.dataset.versions.filter(published_at__isnull=False).order_by("published_at", "pk")
    return [item for item in published if item.number in numbers]
