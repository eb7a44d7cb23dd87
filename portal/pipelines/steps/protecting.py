"""Fourth step: from cells to what may be published, each total on its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow.compute as pc
import pyarrow.parquet as pq

from portal.pipelines.context import StepResult
from portal.pipelines.engine import write_table
from portal.pipelines.figures import CONFIDENTIAL, code_lists_of, protected_of

if TYPE_CHECKING:
    from portal.pipelines.context import RunContext


def protect(context: RunContext) -> StepResult:
    """Protect every cell of every period."""
    specification = context.specification
    cells = {period: pq.read_table(path) for period, path in context.output_paths("cells").items()}
    lists = code_lists_of(specification, list(cells.values()))
    outputs, rows, hidden = {}, 0, 0
    for number, (period, table) in enumerate(cells.items()):
        protected = protected_of(
            specification,
            table,
            period=period,
            lists=lists,
            perspectives=list(context.predicates),
            excluded=context.definitions.get("excluded"),
        )
        path = context.folder / f"protected-{period}.parquet"
        write_table(protected, path)
        outputs[period] = context.put(path)
        rows += protected.num_rows
        hidden += pc.sum(pc.equal(protected["status"], CONFIDENTIAL)).as_py() or 0
        context.progress(number + 1, len(cells))
    share = round(hidden / max(1, rows), 4)
    context.say(f"{rows:,} values, {hidden:,} of them hidden ({share:.1%})")
    return StepResult(outputs={"protected": outputs}, counts={"values": rows, "hidden": hidden, "hidden_share": share})
