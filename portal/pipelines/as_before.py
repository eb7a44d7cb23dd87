"""The headlines of the last period under the rules of the version before.

Counted only where a perspective's rule changed, so that a change can be split into definition and
real change. These few figures are protected and audited with all others; where they would give a
small group away they are left out, and the split says so.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from portal.core.storage import private_files
from portal.datasets.models import Dataset
from portal.pipelines.definitions_used import populations_in
from portal.pipelines.engine import write_table
from portal.pipelines.figures import Earlier, audited_of, breakdown_columns, cells_of, code_lists_of, protected_of
from portal.pipelines.observations import observations_of
from portal.pipelines.specification import Table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import duckdb

    from portal.datasets.models import DatasetVersion
    from portal.pipelines.context import RunContext
    from portal.pipelines.figures import Audited
    from portal.pipelines.models import Snapshot
    from portal.pipelines.specification import Dimension, Reference, Specification

NAME = "the rules of before"


def count_as_before(
    context: RunContext, connection: duckdb.DuckDBPyConnection, published: Mapping[str, Sequence[Earlier]]
) -> dict[str, Any] | None:
    """Return what was counted and kept, or None where no rule changed or nothing could be said safely."""
    rules = _changed_rules(context)
    specification = headlines_only(context.specification, rules)
    if not specification.tables:
        return None
    snapshot = context.snapshots()[-1]
    period = snapshot.time_period
    cells = cells_of(connection, snapshot.path, specification, rules)
    lists = code_lists_of(context.specification, [pq.read_table(context.output_paths("cells")[period])])
    figures = protected_of(specification, cells, period=period, lists=lists, perspectives=list(rules))
    figures = _only_headlines(specification, figures)
    for part in _parts(figures):
        before = Earlier(name=NAME, snapshot=snapshot.path, digest="", predicates=rules, protected=part)
        if _audited(context, connection, specification, snapshot, [*published.get(period, []), before]).passed:
            figures = part
            break
    else:
        context.say(
            "The headlines under the rules of before are left out: beside the others they would give small groups away"
        )
        return None
    context.say(f"{figures.num_rows} headline figures of {period} counted under the rules of before as well")
    coverage = context.run.lineage["coverage"]
    return {
        "period": period,
        "predicates": rules,
        "protected": _kept(context, figures, "as-before-protected"),
        "observations": _kept(context, observations_of(specification, [figures], coverage), "as-before"),
    }


def _parts(figures: pa.Table) -> list[pa.Table]:
    """Return what may be tried: all headlines, else those of one measure."""
    measures = pc.unique(figures["measure"]).to_pylist()
    return [figures, *(figures.filter(pc.equal(figures["measure"], name)) for name in measures if len(measures) > 1)]


def _audited(
    context: RunContext,
    connection: duckdb.DuckDBPyConnection,
    specification: Specification,
    snapshot: Snapshot,
    earlier: Sequence[Earlier],
) -> Audited:
    """Audit these figures and all others of the same breakdowns as one system.

    Finer breakdowns add up to these, but each is rounded by itself, so their sum says less of a
    total than the total does.
    """
    whole = specification.model_copy(
        update={
            "tables": tuple(table.model_copy(update={"perspectives": ()}) for table in specification.tables),
            # Nothing of the release is hidden for the sake of these.
            "protection": specification.protection.model_copy(update={"remedy": "none"}),
        }
    )
    return audited_of(
        connection,
        whole,
        snapshot=snapshot.path,
        predicates=context.predicates,
        protected=_of_breakdowns(whole, pq.read_table(context.output_paths("protected")[snapshot.time_period])),
        earlier=[replace(item, protected=_of_breakdowns(whole, item.protected)) for item in earlier],
    )


def _of_breakdowns(specification: Specification, figures: pa.Table) -> pa.Table:
    breakdowns = breakdown_columns(specification)
    labels = {",".join(columns) for columns in breakdowns}
    used = {"perspective", "breakdown", "measure", "value", "status"}.union(*breakdowns)
    figures = figures.select([name for name in figures.column_names if name in used])
    return figures.filter(pc.is_in(figures["breakdown"], pa.array(sorted(labels))))


def leaks_beside(
    context: RunContext,
    connection: duckdb.DuckDBPyConnection,
    versions: Sequence[DatasetVersion],
    published: Mapping[str, Sequence[Earlier]],
) -> dict[str, list[dict[str, Any]]]:
    """Return, by period, what the release would give away beside figures that were published in this way."""
    leaks: dict[str, list[dict[str, Any]]] = {}
    snapshots = {snapshot.time_period: snapshot for snapshot in context.snapshots()}
    for version in versions:
        kept = version.lineage["outputs"].get("auditing", {}).get("as_before")
        if not kept or kept["period"] not in snapshots:
            continue
        period = kept["period"]
        digests = {item["time_period"]: item["sha256"] for item in version.lineage["snapshots"]}
        same_rules = populations_in(version.lineage["definitions"]) == context.predicates
        if same_rules and digests[period] == snapshots[period].digest:
            continue  # audited together when they were published
        said = Earlier(
            name=f"version {version.number}, {NAME}",
            snapshot=private_files.local_path(digests[period]),
            digest=kept["protected"],
            predicates=kept["predicates"],
            protected=pq.read_table(private_files.local_path(kept["protected"])),
        )
        specification = headlines_only(context.specification, kept["predicates"])
        outcome = _audited(context, connection, specification, snapshots[period], [*published.get(period, []), said])
        leaks.setdefault(period, []).extend(outcome.failures)
    return leaks


def _changed_rules(context: RunContext) -> dict[str, str]:
    """Return the rules of the last published version that are other ones now, by population."""
    dataset = Dataset.objects.filter(slug=context.specification.dataset).first()
    base = dataset.latest if dataset else None
    if base is None or "definitions" not in base.lineage:
        return {}
    old, new = populations_in(base.lineage["definitions"]), context.predicates
    return {name: sql for name, sql in old.items() if name in new and new[name] != sql}


def headlines_only(specification: Specification, rules: Mapping[str, str]) -> Specification:
    """Return a series of nothing but the counted headlines, under the perspectives whose rules changed."""
    tables = []
    for headline in specification.headlines:
        measure = specification.measure(headline.measure)
        changed = tuple(
            code
            for code in specification.perspectives
            if measure.is_counted and specification.population_of(code, measure) in rules
        )
        if changed:
            levels = {dimension.id: (_level_of(headline, dimension),) for dimension in specification.dimensions}
            tables.append(
                Table(id=headline.id, title=headline.label, levels=levels, perspectives=changed, measures=(measure.id,))
            )
    return specification.model_copy(update={"tables": tuple(tables)})


def _level_of(headline: Reference, dimension: Dimension) -> str:
    return headline.filters.get(f"{dimension.id}_level") or dimension.levels[0].id


def _only_headlines(specification: Specification, figures: pa.Table) -> pa.Table:
    """Keep the cells of the headlines: of all nurses, say, and of no other group."""
    wanted = []
    for headline in specification.headlines:
        levels = {d.id: d.level(_level_of(headline, d)) for d in specification.dimensions}
        columns = {
            level.column: headline.filters.get(f"{name}_code", headline.filters.get(name))
            for name, level in levels.items()
            if level.column
        }
        wanted.append((",".join(["time_period", *columns]), columns))
    rows = figures.to_pylist()
    keep = [
        any(
            row["breakdown"] == breakdown and all(row[column] == code for column, code in columns.items())
            for breakdown, columns in wanted
        )
        for row in rows
    ]
    return figures.filter(pa.array(keep, pa.bool_()))


def _kept(context: RunContext, table: pa.Table, name: str) -> str:
    path = context.folder / f"{name}.parquet"
    write_table(table, path)
    return context.put(path)
