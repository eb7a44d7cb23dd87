"""Second step: the cells of every breakdown under every perspective, before protection."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portal.pipelines.context import StepResult
from portal.pipelines.engine import connect, write_table
from portal.pipelines.figures import breakdown_columns, cells_of
from portal.pipelines.kept import kept_or_made

if TYPE_CHECKING:
    from portal.pipelines.context import RunContext


def compute(context: RunContext) -> StepResult:
    """Compute each snapshot's cells, or take them from an earlier run on the same inputs."""
    snapshots = context.snapshots()
    outputs, rows, reused = {}, 0, 0
    with connect(context.folder, threads=context.threads) as connection:
        for number, snapshot in enumerate(snapshots):

            def make(snapshot=snapshot) -> dict[str, object]:  # noqa: ANN001 - bound to this turn of the loop
                cells = cells_of(connection, snapshot.path, context.specification, context.predicates)
                path = context.folder / f"cells-{snapshot.time_period}.parquet"
                write_table(cells, path)
                return {"cells": context.put(path), "rows": cells.num_rows}

            facts = {
                "what": "cells",
                "breakdowns": breakdown_columns(context.specification),
                "perspectives": context.predicates,
            }
            made, again = kept_or_made(snapshot, facts, make)
            outputs[snapshot.time_period] = made["cells"]
            rows += made["rows"]
            reused += again
            context.progress(number + 1, len(snapshots))
    context.say(f"{rows:,} cells with somebody in them; {reused} of {len(snapshots)} periods as computed before")
    return StepResult(outputs={"cells": outputs}, counts={"cells": rows, "periods_reused": reused})
