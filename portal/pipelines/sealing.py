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
from portal.pipelines.snapshots import SCHEMA, csv_relation, write_snapshot
from portal.submissions.enums import ReturnState
from portal.submissions.models import Collection
from portal.submissions.querysets import accepted_summary, copy_accepted_records

if TYPE_CHECKING:
    from pathlib import Path


def collections_with_returns(family: str) -> list[str]:
    """Return the collections of a family that have an accepted return, oldest first."""
    found = Collection.objects.filter(family=family, returns__state=ReturnState.ACCEPTED, returns__is_test=False)
    return list(found.order_by("reference_date", "code").values_list("code", flat=True).distinct())


def seal_collection(*, by: Any | None, collection_code: str, folder: Path) -> Snapshot:
    """Return the snapshot of what is accepted now; make one unless the last is still true."""
    summary = accepted_summary(collection_code)
    summary["is_synthetic"] = Collection.objects.values_list("is_synthetic", flat=True).get(code=collection_code)
    groups = group_of_role(summary["family"])
    inputs_digest = _inputs_digest(summary, groups)
    known = Snapshot.objects.filter(collection_code=collection_code, inputs_digest=inputs_digest).first()
    if known and private_files.exists(known.digest):
        return known
    path = folder / f"{collection_code}.parquet"
    rows = _write(summary, groups, collection_code, path, folder)
    return _keep(by, summary, inputs_digest, path, rows)


def _inputs_digest(summary: dict[str, Any], groups: dict[str, str]) -> str:
    """Return a hash of the accepted return versions and of the role groups that are written beside them."""
    facts = {
        "returns": summary["return_versions"],
        "groups": groups,
        "expected": summary["expected_by_region"],
        # A rule may name any column, so a snapshot of before a column was there is made again.
        "columns": SCHEMA.names,
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def _write(summary: dict[str, Any], groups: dict[str, str], collection: str, path: Path, folder: Path) -> int:
    copied = folder / f"{collection}.csv"
    expected = copy_accepted_records(collection, copied)
    with connect(folder) as connection:
        connection.execute("CREATE TEMP TABLE role_groups (code VARCHAR, grp VARCHAR)")
        if groups:
            connection.executemany("INSERT INTO role_groups VALUES (?, ?)", [list(pair) for pair in groups.items()])
        # The group that the definitions give a role stands before what a return happened to say.
        relation = f"""(
            SELECT r.* EXCLUDE (role_group), coalesce(g.grp, r.role_group) AS role_group
            FROM {csv_relation(copied)} r LEFT JOIN role_groups g ON g.code = r.role_code)"""  # noqa: S608 - our own file
        rows = write_snapshot(connection, relation, path)
    copied.unlink()
    in_returns = sum(version["rows"] for version in summary["return_versions"])
    if rows != expected:
        raise SnapshotError(f"{collection}: {expected:,} records were read and {rows:,} written.")
    if rows != in_returns:
        raise SnapshotError(f"{collection}: the accepted returns hold {in_returns:,} records and {rows:,} were read.")
    return rows


@transaction.atomic
def _keep(by: Any | None, summary: dict[str, Any], inputs_digest: str, path: Path, rows: int) -> Snapshot:
    size = path.stat().st_size
    snapshot, made = Snapshot.objects.get_or_create(
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
