"""From the audited figures of each period to the observations of a version: an unchanged period is taken as it was."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from portal.core.storage import private_files
from portal.pipelines.engine import write_table
from portal.pipelines.kept import kept_or_made
from portal.pipelines.medians import medians_of
from portal.pipelines.observations import in_order, observations_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    import duckdb

    from portal.pipelines.context import RunContext
    from portal.pipelines.models import Snapshot


def observe(context: RunContext, connection: duckdb.DuckDBPyConnection, audited: Mapping[str, str]) -> pa.Table:
    """Return the observations of all periods; ``audited`` names the audited figures of each."""
    parts = [_observe_period(context, connection, one, audited[one.time_period]) for one in context.snapshots()]
    whole = [pq.read_table(private_files.local_path(digest)) for digest in parts]
    return in_order(context.specification, pa.concat_tables(whole))


def _observe_period(
    context: RunContext, connection: duckdb.DuckDBPyConnection, snapshot: Snapshot, audited: str
) -> str:
    specification, period = context.specification, snapshot.time_period
    coverage = {period: context.run.lineage["coverage"][period]}

    def make() -> dict[str, Any]:
        figures = pq.read_table(private_files.local_path(audited))
        estimates = context.estimates_of(period)
        beside = [estimates.shown(figures)] if estimates else []
        beside += medians_of(
            connection, specification, snapshot=snapshot.path, predicates=context.predicates, protected=figures
        )
        path = context.folder / f"observed-{period}.parquet"
        write_table(observations_of(specification, [figures], coverage, beside), path)
        return {"observed": context.put(path)}

    facts = {
        "what": "observed",
        "audited": audited,
        "specification": specification.digest(),
        "perspectives": context.predicates,
        "coverage": coverage,
        **({"estimates": context.output_paths("estimates")[period].name} if specification.estimates() else {}),
    }
    return str(kept_or_made(snapshot, facts, make)[0]["observed"])
