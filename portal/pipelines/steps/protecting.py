"""Fourth step: from cells to what may be published, each total on its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow.compute as pc
import pyarrow.parquet as pq

from portal.pipelines.context import StepResult
from portal.pipelines.engine import write_table
from portal.pipelines.figures import CONFIDENTIAL, code_lists_of, protected_of
from portal.pipelines.kept import kept_or_made

if TYPE_CHECKING:
    import pyarrow as pa

    from portal.pipelines.context import RunContext
    from portal.pipelines.models import Snapshot


def protect(context: RunContext) -> StepResult:
    """Protect every cell of every period."""
    specification = context.specification
    cells = {period: pq.read_table(path) for period, path in context.output_paths("cells").items()}
    lists = code_lists_of(specification, list(cells.values()))
    snapshots = {snapshot.time_period: snapshot for snapshot in context.snapshots()}
    outputs, rows, hidden = {}, 0, 0
    for number, period in enumerate(cells):
        made = _protect_period(context, snapshots[period], cells[period], lists)
        outputs[period] = made["protected"]
        rows += made["rows"]
        hidden += made["hidden"]
        context.progress(number + 1, len(cells))
    share = round(hidden / max(1, rows), 4)
    context.say(f"{rows:,} values, {hidden:,} of them hidden ({share:.1%})")
    return StepResult(outputs={"protected": outputs}, counts={"values": rows, "hidden": hidden, "hidden_share": share})


def _protect_period(
    context: RunContext, snapshot: Snapshot, cells: pa.Table, lists: dict[str, list[str]]
) -> dict[str, Any]:
    """Protect the cells of one period, or take what an earlier run made of the same cells in the same way."""
    specification, period = context.specification, snapshot.time_period
    excluded = context.definitions.get("excluded")

    def make() -> dict[str, Any]:
        protected = protected_of(
            specification, cells, period=period, lists=lists, perspectives=list(context.predicates), excluded=excluded
        )
        path = context.folder / f"protected-{period}.parquet"
        write_table(protected, path)
        return {
            "protected": context.put(path),
            "rows": protected.num_rows,
            "hidden": pc.sum(pc.equal(protected["status"], CONFIDENTIAL)).as_py() or 0,
        }

    facts = {
        "what": "protected",
        "cells": context.output_paths("cells")[period].name,
        "specification": specification.digest(),
        "perspectives": context.predicates,
        "lists": lists,
        "excluded": excluded,
    }
    return kept_or_made(snapshot, facts, make)[0]
