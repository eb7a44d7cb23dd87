"""Sealing a collection: accepted returns in, one immutable snapshot out."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from django.db import transaction

from portal.core.actions import record_event
from portal.core.storage import private_files
from portal.pipelines.definitions_used import group_of_role
from portal.pipelines.engine import connect
from portal.pipelines.errors import SnapshotError
from portal.pipelines.models import Snapshot
from portal.pipelines.snapshots import write_snapshot
from portal.pipelines.sources import SOURCES

if TYPE_CHECKING:
    from pathlib import Path

    import duckdb

    from portal.pipelines.sources import Source


def groups_in(source: Source, family: str) -> dict[str, str]:
    """Return the group of each role, where the records of a source have one."""
    return group_of_role(family) if "role_group" in source.layout.columns else {}


def seal_collection(
    *,
    by: Any | None,
    collection_code: str,
    folder: Path,
    source: Source = SOURCES["workforce"],
    groups: dict[str, str] | None = None,
) -> Snapshot:
    """Return the snapshot of what is accepted now; make one unless the last is still true.

    Who seals many asks for the groups of roles once and passes them.
    """
    summary = source.summary(collection_code)
    groups = groups_in(source, summary["family"]) if groups is None else groups
    inputs_digest = _inputs_digest(source, summary, groups)
    known = Snapshot.objects.filter(
        source=source.code, collection_code=collection_code, inputs_digest=inputs_digest
    ).first()
    if known and private_files.exists(known.digest):
        return known
    path = folder / f"{source.code}-{collection_code}.parquet"
    rows = _write(source, summary, groups, path)
    return _keep(by, source, summary, inputs_digest, path, rows)


def _inputs_digest(source: Source, summary: dict[str, Any], groups: dict[str, str]) -> str:
    """Return a hash of everything that decides the records: what was accepted, the groups of roles, the columns."""
    facts = {"source": source.code, "columns": source.layout.columns, "groups": groups, "made_of": _plain(summary)}
    facts |= {"questions": sorted(source.questions)} if source.questions else {}
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def _write(source: Source, summary: dict[str, Any], groups: dict[str, str], path: Path) -> int:
    collection, copied = summary["collection"], path.with_suffix(".csv")
    expected = source.copy(collection, copied)
    relation = source.relation(copied) if source.relation else source.layout.csv_relation(copied)
    with connect(path.parent) as connection:
        rows = write_snapshot(connection, _with_groups(connection, relation, groups), path, source.layout)
    copied.unlink()
    # A source that writes several rows for one, or none, has nothing to compare.
    if source.relation is None:
        if rows != expected:
            raise SnapshotError(f"{collection}: {expected:,} records were read and {rows:,} written.")
        in_returns = sum(version.get("rows", 0) for version in summary["return_versions"])
        if source.has_perspectives and rows != in_returns:
            raise SnapshotError(
                f"{collection}: the accepted returns hold {in_returns:,} records and {rows:,} were read."
            )
    return rows


def _with_groups(connection: duckdb.DuckDBPyConnection, relation: str, groups: dict[str, str]) -> str:
    """Put the group that the definitions give a role before what a return happened to say."""
    if not groups:
        return relation
    connection.execute("CREATE TEMP TABLE role_groups (code VARCHAR, grp VARCHAR)")
    connection.executemany("INSERT INTO role_groups VALUES (?, ?)", [list(pair) for pair in groups.items()])
    return f"""(
        SELECT r.* EXCLUDE (role_group), coalesce(g.grp, r.role_group) AS role_group
        FROM {relation} r LEFT JOIN role_groups g ON g.code = r.role_code)"""  # noqa: S608 - our own file


@transaction.atomic
def _keep(
    by: Any | None, source: Source, summary: dict[str, Any], inputs_digest: str, path: Path, rows: int
) -> Snapshot:
    size = path.stat().st_size
    snapshot, made = Snapshot.objects.get_or_create(
        source=source.code,
        collection_code=summary["collection"],
        digest=private_files.put(path),
        inputs_digest=inputs_digest,
        defaults={
            "family": summary["family"],
            "time_period": summary["time_period"],
            "rows": rows,
            "bytes": size,
            "inputs": _plain(summary),
            "sealed_by": by,
        },
    )
    if made:
        record_event(by=by, action="seal_collection", obj=snapshot, detail={"records": rows, "sha256": snapshot.digest})
    return snapshot


def _plain(summary: dict[str, Any]) -> dict[str, Any]:
    return {**summary, "reference_date": summary["reference_date"].isoformat()}
