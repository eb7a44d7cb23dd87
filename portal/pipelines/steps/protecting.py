"""Fourth step: from cells to observations that may be published."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from portal.methods.protection import ProtectionRule, PTable, complete_cells, protect_cells
from portal.pipelines.code_lists import ENGLAND, codes_of
from portal.pipelines.context import StepResult
from portal.pipelines.engine import write_table
from portal.pipelines.steps.computing import breakdown_columns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from portal.pipelines.context import RunContext
    from portal.pipelines.specification import Dimension, Level, Protection, Specification


def protect(context: RunContext) -> StepResult:
    """Protect every cell, each total on its own, and write the observations."""
    specification = context.specification
    cells = pq.read_table(context.output_path("cells"))
    observations = observations_of(
        specification, cells, perspectives=list(context.predicates), coverage=context.run.lineage["coverage"]
    )
    context.progress(9, 10)
    path = context.folder / "observations.parquet"
    write_table(observations, path)
    hidden = pc.sum(pc.equal(observations["status"], "c")).as_py() or 0
    share = round(hidden / max(1, observations.num_rows), 4)
    context.say(f"{observations.num_rows:,} observations, {hidden:,} of them hidden ({share:.1%})")
    return StepResult(
        outputs={"observations": context.put(path)},
        counts={"observations": observations.num_rows, "hidden": hidden, "hidden_share": share},
    )


def observations_of(
    specification: Specification,
    cells: pa.Table,
    *,
    perspectives: Sequence[str],
    coverage: dict[str, Any],
) -> pa.Table:
    """Return the protected observations of a series in canonical order."""
    breakdowns = breakdown_columns(specification)
    periods = sorted(pc.unique(cells["time_period"]).to_pylist())
    lists = {"time_period": periods}
    for dimension in specification.dimensions:
        for level in dimension.levels:
            if level.column:
                lists[level.column] = codes_in_use(level, specification.family, cells)
    complete = complete_cells(cells, code_lists=lists, perspectives=list(perspectives), breakdowns=breakdowns)
    protected = protect_cells(complete, rule=rule_of(specification.protection))
    parts = [
        _with_levels(specification, protected, breakdown, columns)
        for breakdown, columns in zip(specification.breakdowns(), breakdowns, strict=True)
    ]
    table = _with_coverage(pa.concat_tables(parts), coverage)
    order = [*specification.columns(), "measure"]
    return table.sort_by([(name, "ascending") for name in order]).select(
        [*order, "value", "status", "source", "coverage_received", "coverage_expected"],
    )


def codes_in_use(level: Level, family: str, cells: pa.Table) -> list[str]:
    """Return the codes of a level; what is not known is shown only where a record has it."""
    found = set(pc.unique(cells[level.column]).to_pylist())
    return [code.code for code in codes_of(level.code_list, family) if code.code != "not_known" or code.code in found]


def rule_of(protection: Protection) -> ProtectionRule:
    """Return the protection that a specification names."""
    return ProtectionRule(
        ptable=PTable.ten_five(protection.threshold, protection.base),
        threshold=protection.threshold,
        base=protection.base,
        fte_base=protection.base,
        minimum_organisations=protection.minimum_organisations,
        p_percent=protection.p_percent,
    )


def _with_levels(
    specification: Specification,
    protected: pa.Table,
    breakdown: tuple[tuple[str, Level], ...],
    columns: tuple[str, ...],
) -> pa.Table:
    """Return the rows of one breakdown with level and code columns in place of snapshot columns."""
    rows = protected.filter(pc.equal(protected["breakdown"], ",".join(columns)))
    chosen = dict(breakdown)
    wanted = {"time_period": rows["time_period"], "perspective": rows["perspective"]}
    for dimension in specification.dimensions:
        wanted |= _dimension_columns(dimension, chosen[dimension.id], rows)
    return pa.table(wanted | {name: rows[name] for name in ("measure", "value", "status")})


def _dimension_columns(dimension: Dimension, level: Level, rows: pa.Table) -> dict[str, Any]:
    codes = rows[level.column].cast(pa.string()) if level.column else _constant(level.total_code, rows.num_rows)
    if len(dimension.levels) == 1:
        return {dimension.id: codes}
    return {f"{dimension.id}_level": _constant(level.id, rows.num_rows), f"{dimension.id}_code": codes}


def _constant(value: str, rows: int) -> pa.Array:
    return pa.repeat(pa.scalar(value, pa.string()), rows)


def _with_coverage(table: pa.Table, coverage: dict[str, Any]) -> pa.Table:
    """Add how many organisations were expected and heard from, where the register says it of the area."""
    received, expected = [], []
    areas = (
        table["geography_code"].to_pylist() if "geography_code" in table.column_names else [ENGLAND] * table.num_rows
    )
    for period, area in zip(table["time_period"].to_pylist(), areas, strict=True):
        of_period = coverage[period]
        is_country = area == ENGLAND
        received.append(of_period["accepted"] if is_country else of_period["accepted_by_region"].get(area))
        expected.append(of_period["expected"] if is_country else of_period["expected_by_region"].get(area))
    return (
        table.append_column("source", _constant("returned", table.num_rows))
        .append_column("coverage_received", pa.array(received, pa.int32()))
        .append_column("coverage_expected", pa.array(expected, pa.int32()))
    )
