"""Third step: estimates for those who did not answer, where the specification asks for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq

from portal.methods.estimation import EstimationError
from portal.pipelines.context import StepResult
from portal.pipelines.engine import connect, write_table
from portal.pipelines.errors import PipelineError
from portal.pipelines.estimates import estimate_period
from portal.pipelines.filling import sources_of
from portal.pipelines.kept import kept_or_made

if TYPE_CHECKING:
    import duckdb

    from portal.pipelines.context import RunContext
    from portal.pipelines.models import Snapshot


def estimate(context: RunContext) -> StepResult:
    """Estimate every period whose frame was sealed, or say that the series is published as returned."""
    if not context.specification.estimates():
        context.say("Published as returned: nothing is estimated, and the coverage stands beside every figure")
        context.progress(1, 1)
        return StepResult(counts={"estimated_cells": 0})
    snapshots = context.snapshots()
    made: dict[str, dict[str, Any]] = {}
    with connect(context.folder, threads=context.threads) as connection:
        for number, snapshot in enumerate(snapshots):
            made[snapshot.time_period] = _estimate_period(context, connection, snapshot)
            context.progress(number + 1, len(snapshots))
    rows = sum(item["rows"] for item in made.values())
    carried = sum(item["how"]["carried_returns"] for item in made.values())
    context.run.lineage |= {"estimation": {period: item["how"] for period, item in made.items()}}
    context.run.save(update_fields=["lineage"])
    context.say(f"{rows:,} figures estimated for organisations that did not answer, each with its uncertainty")
    for period, item in made.items():
        _say_how(context, period, item["how"])
    return StepResult(
        outputs={"estimates": {period: item["estimates"] for period, item in made.items()}},
        counts={"estimated_cells": rows, "carried_returns": carried},
    )


def _say_how(context: RunContext, period: str, how: dict[str, Any]) -> None:
    parts = [f"{how['carried_returns']:,} returns carried forward"] if how["carried_returns"] else []
    questions = context.specification.kind.questions
    parts += [
        f"{name.replace('_', ' ')} filled of {sum(counts.values()) - counts['returned'] - counts['']:,} "
        f"{'answers about a role' if name in questions else 'people'}"
        for name, counts in how["items"].items()
    ]
    parts.append(f"weights from {how['least_weight']:.2f} to {how['largest_weight']:.2f}")
    margins = [name.removesuffix("_code").replace("_", " ") for name in how["raked"]]
    parts += [f"raked to {' and '.join(margins)}"] if margins else []
    context.say(f"{period}: {', '.join(parts)}")
    if how["not_raked"]:
        context.say(f"{period}: weights are those of the strata. {how['not_raked']}", level="warning")


def _estimate_period(context: RunContext, connection: duckdb.DuckDBPyConnection, snapshot: Snapshot) -> dict[str, Any]:
    specification, period = context.specification, snapshot.time_period
    rule, sealed, seed = specification.estimation, context.sealed(), context.run.lineage["seed"]
    cells = context.output_paths("cells")[period]

    def make() -> dict[str, object]:
        try:
            estimates, how = estimate_period(
                connection,
                specification,
                period=period,
                sealed=sealed,
                predicates=context.predicates,
                cells=pq.read_table(cells),
                seed=seed,
            )
        except EstimationError as error:
            raise PipelineError(f"{period}: {error}") from error
        path = context.folder / f"estimates-{period}.parquet"
        write_table(estimates.table, path)
        return {"estimates": context.put(path), "rows": estimates.table.num_rows, "how": how}

    facts = {
        "what": "estimates",
        "cells": cells.name,
        "frame": sealed[period].frame.name,
        "earlier": [
            [one, sealed[one].snapshot.name, sealed[one].frame.name] for one in sources_of(sealed, period, rule)
        ],
        "rule": rule.model_dump(mode="json"),
        "measures": [measure.of[0] for measure in specification.estimates()],
        "perspectives": context.predicates,
        "seed": seed,
    }
    return kept_or_made(snapshot, facts, make)[0]
