"""Second step: the cells of every breakdown under every perspective, before protection."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from portal.core.storage import private_files
from portal.methods.measures import compute_cells
from portal.pipelines.context import StepResult
from portal.pipelines.engine import connect, write_table
from portal.pipelines.models import ComputedCells

if TYPE_CHECKING:
    import duckdb

    from portal.pipelines.context import RunContext
    from portal.pipelines.models import Snapshot
    from portal.pipelines.specification import Specification


def compute(context: RunContext) -> StepResult:
    """Compute each snapshot's cells, or take them from an earlier run on the same inputs."""
    snapshots = context.snapshots()
    tables, reused = [], 0
    with connect(context.folder, threads=context.threads) as connection:
        for number, snapshot in enumerate(snapshots):
            key = computed_key(context, snapshot)
            known = ComputedCells.objects.filter(key=key).first()
            if known and private_files.exists(known.outputs["cells"]):
                reused += 1
            else:
                known = _keep(context, snapshot, key, connection)
            tables.append(pq.read_table(private_files.local_path(known.outputs["cells"])))
            context.progress(number + 1, len(snapshots))
    cells = pa.concat_tables(tables)
    path = context.folder / "cells.parquet"
    write_table(cells, path)
    context.say(
        f"{cells.num_rows:,} cells with somebody in them; {reused} of {len(snapshots)} periods as computed before"
    )
    return StepResult(outputs={"cells": context.put(path)}, counts={"cells": cells.num_rows, "periods_reused": reused})


def computed_key(context: RunContext, snapshot: Snapshot) -> str:
    """Return the hash of all that decides a snapshot's cells."""
    facts = {
        "snapshot": snapshot.digest,
        "breakdowns": breakdown_columns(context.specification),
        "perspectives": context.predicates,
        "code": context.run.lineage["code"],
        "libraries": context.run.lineage["libraries"],
    }
    # Changed code may compute differently without a name of its own: nothing is reused then.
    if context.run.lineage["code"]["dirty"]:
        facts["run"] = context.run.pk
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def breakdown_columns(specification: Specification) -> list[tuple[str, ...]]:
    """Return the snapshot columns of each breakdown, the period first."""
    return [
        ("time_period", *(level.column for _, level in breakdown if level.column))
        for breakdown in specification.breakdowns()
    ]


def cells_of(
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    specification: Specification,
    predicates: dict[str, str],
) -> pa.Table:
    """Return the unprotected cells of one snapshot."""
    return compute_cells(
        connection,
        relation,
        breakdowns=breakdown_columns(specification),
        perspectives=predicates,
    )


def _keep(
    context: RunContext,
    snapshot: Snapshot,
    key: str,
    connection: duckdb.DuckDBPyConnection,
) -> ComputedCells:
    relation = f"read_parquet('{snapshot.path}')"
    cells = cells_of(connection, relation, context.specification, context.predicates)
    path = context.folder / f"cells-{snapshot.time_period}.parquet"
    write_table(cells, path)
    outputs = {"cells": context.put(path)}
    computed, _ = ComputedCells.objects.update_or_create(key=key, defaults={"snapshot": snapshot, "outputs": outputs})
    return computed
