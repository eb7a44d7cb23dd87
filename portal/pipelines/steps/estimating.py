"""Third step: estimates for those who did not answer, where the specification asks for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow.parquet as pq

from portal.methods.estimation import EstimationError
from portal.pipelines.context import StepResult
from portal.pipelines.engine import connect, write_table
from portal.pipelines.errors import PipelineError
from portal.pipelines.estimates import estimates_of, frame_of
from portal.pipelines.kept import kept_or_made

if TYPE_CHECKING:
    from pathlib import Path

    import duckdb

    from portal.pipelines.context import RunContext
    from portal.pipelines.models import Snapshot


def estimate(context: RunContext) -> StepResult:
    """Estimate every period whose frame was sealed, or say that the series is published as returned."""
    if not context.specification.estimates():
        context.say("Published as returned: nothing is estimated, and the coverage stands beside every figure")
        context.progress(1, 1)
        return StepResult(counts={"estimated_cells": 0})
    snapshots, frames = context.snapshots(), context.frames()
    outputs, rows = {}, 0
    with connect(context.folder, threads=context.threads) as connection:
        for number, snapshot in enumerate(snapshots):
            period = snapshot.time_period
            outputs[period], made = _estimate_period(context, connection, snapshot, frames[period])
            rows += made
            context.progress(number + 1, len(snapshots))
    context.say(f"{rows:,} figures estimated for organisations that did not answer, each with its uncertainty")
    return StepResult(outputs={"estimates": outputs}, counts={"estimated_cells": rows})


def _estimate_period(
    context: RunContext, connection: duckdb.DuckDBPyConnection, snapshot: Snapshot, frame: Path
) -> tuple[str, int]:
    specification, period = context.specification, snapshot.time_period
    cells = context.output_paths("cells")[period]

    def make() -> dict[str, object]:
        try:
            table = estimates_of(
                connection,
                specification,
                snapshot=snapshot.path,
                frame=frame_of(frame, specification.estimation),
                predicates=context.predicates,
                cells=pq.read_table(cells),
            )
        except EstimationError as error:
            raise PipelineError(f"{period}: {error}") from error
        path = context.folder / f"estimates-{period}.parquet"
        write_table(table, path)
        return {"estimates": context.put(path), "rows": table.num_rows}

    facts = {
        "what": "estimates",
        "cells": cells.name,
        "frame": frame.name,
        "rule": specification.estimation.model_dump(mode="json"),
        "measures": [measure.of[0] for measure in specification.estimates()],
        "perspectives": context.predicates,
    }
    made = kept_or_made(snapshot, facts, make)[0]
    return made["estimates"], made["rows"]
