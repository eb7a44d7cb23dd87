"""From one snapshot to the figures of its period: compute, protect, audit. Pure of the database.

Every function takes files and plain data and returns tables, so that a run, a rebuild and a
bench do exactly the same.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from portal.methods.audit import (
    AuditOptions,
    AuditReport,
    audit_publication,
    facts_from_published,
    hierarchies_in,
    join_facts,
    with_shared_totals,
    with_witnesses,
)
from portal.methods.measures import compute_atoms, compute_contributions, union_versions
from portal.methods.protection import ProtectionRule, PTable, complete_cells, protect_cells
from portal.pipelines.code_lists import NOT_KNOWN, codes_of
from portal.pipelines.engine import cells_from

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    import duckdb

    from portal.pipelines.specification import Protection, Specification

CONFIDENTIAL = "c"
HERE = "This release"
ROUNDS = 10
FIRST_PROGRAMMES = 5
"""So many rounds may hide before linear programs are asked although propagation still finds something."""


@dataclass(frozen=True)
class Earlier:
    """What an earlier version published about a period, and from what."""

    name: str
    snapshot: Path
    digest: str
    predicates: Mapping[str, str]
    protected: pa.Table
    before_audit: str = ""
    "Name of the figures as they were before the audit of that version hid anything."
    before: pa.Table | None = None
    "Those figures."
    beside: pa.Table | None = None
    "What was said beside the protected cells, such as estimates, as facts."

    def is_this_again(self, snapshot: Path, predicates: Mapping[str, str], before_audit: str) -> bool:
        """Whether the figures now come from the same records in the same way, so that nothing new is said."""
        return (self.snapshot, dict(self.predicates), self.before_audit) == (snapshot, dict(predicates), before_audit)


@dataclass(frozen=True)
class Audited:
    """The outcome of the audit of one period."""

    protected: pa.Table
    passed: bool
    hidden: int
    certificate: dict[str, Any]
    failures: list[dict[str, Any]] = field(default_factory=list)


def breakdown_columns(specification: Specification) -> list[tuple[str, ...]]:
    """Return the snapshot columns of each breakdown, the period first."""
    return [
        ("time_period", *(level.column for _, level in breakdown if level.column))
        for breakdown in specification.breakdowns()
    ]


def nested_columns(specification: Specification) -> list[tuple[str, str]]:
    """Return the pairs of columns of which the first lies within the second: an area in its region, a role in its group."""
    return [
        (level.column, dimension.level(level.within).column)
        for dimension in specification.dimensions
        for level in dimension.levels
        if level.within
    ]


def cells_of(
    connection: duckdb.DuckDBPyConnection, snapshot: Path, specification: Specification, predicates: Mapping[str, str]
) -> pa.Table:
    """Return the unprotected cells of a snapshot that hold somebody."""
    return cells_from(connection, snapshot, breakdowns=breakdown_columns(specification), perspectives=predicates)


def code_lists_of(specification: Specification, cells: Sequence[pa.Table]) -> dict[str, list[str]]:
    """Return the codes of every breakdown; what is not known is shown where some period has it in what is shown."""
    wanted = {(breakdown, population) for breakdown, population, _quantity in published_quantities(specification)}
    cells = [_only(table, ("breakdown", "perspective"), wanted) for table in cells]
    lists = {}
    for dimension in specification.dimensions:
        for level in dimension.levels:
            if level.column:
                found = {code for table in cells for code in pc.unique(table[level.column]).to_pylist()}
                codes = [item.code for item in codes_of(level.code_list, specification.family)]
                lists[level.column] = [code for code in codes if code != NOT_KNOWN or code in found]
    return lists


def protected_of(
    specification: Specification,
    cells: pa.Table,
    *,
    period: str,
    lists: dict[str, list[str]],
    perspectives: Sequence[str],
    excluded: Mapping[str, Mapping[str, Sequence[str]]] | None = None,
) -> pa.Table:
    """Return every cell of a period as it may be published, before the audit has looked.

    ``perspectives`` are the populations that the cells were counted under; ``excluded`` names, for
    a perspective, the codes of each column that it can hold nobody of.
    """
    wanted = published_quantities(specification)
    shown = {(place, name) for place, name, _ in wanted}
    complete = complete_cells(
        _only(cells, ("breakdown", "perspective"), shown),
        code_lists=lists | {"time_period": [period]},
        perspectives=list(perspectives),
        breakdowns=breakdown_columns(specification),
    )
    published = _only(complete, ("breakdown", "perspective"), shown)
    quantities = {measure.quantity: None for measure in specification.counted()}
    protected = protect_cells(
        published,
        rule=rule_of(specification.protection),
        measures=list(quantities),
        structural_zeros=_zeros(specification, perspectives, excluded or {}),
    )
    return _only(protected, ("breakdown", "perspective", "measure"), wanted)


def published_quantities(specification: Specification) -> set[tuple[str, str, str]]:
    """Return breakdown, population and quantity of everything that some table shows."""
    breakdowns = zip(breakdown_columns(specification), specification.breakdowns().values(), strict=True)
    return {
        (",".join(columns), specification.population_of(perspective, measure), measure.quantity)
        for columns, pairs in breakdowns
        for perspective, name in pairs
        if (measure := specification.measure(name)).is_counted
    }


def _only(table: pa.Table, columns: Sequence[str], wanted: set[tuple[str, ...]]) -> pa.Table:
    rows = zip(*(table[name].to_pylist() for name in columns), strict=True)
    return table.filter(pa.array([row in wanted for row in rows], pa.bool_()))


def _zeros(
    specification: Specification,
    populations: Sequence[str],
    excluded: Mapping[str, Mapping[str, Sequence[str]]],
) -> list[dict[str, str]]:
    """Return the cells that are empty by the definition of their perspective, of columns that the series has."""
    used = {level.column for dimension in specification.dimensions for level in dimension.levels if level.column}
    return [
        {"perspective": population, column: code}
        for population in populations
        for column, codes in excluded.get(population.partition("|")[0], {}).items()
        if column in used
        for code in codes
    ]


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


def audited_of(
    connection: duckdb.DuckDBPyConnection,
    specification: Specification,
    *,
    snapshot: Path,
    predicates: Mapping[str, str],
    protected: pa.Table,
    earlier: Sequence[Earlier] = (),
    extra: Callable[[pa.Table], pa.Table | None] | None = None,
) -> Audited:
    """Audit a period with all that earlier versions said of it; hide what the audit offers until it passes.

    ``extra`` returns what else is said beside the protected cells as they stand, such as estimates.
    """
    look = _auditor(connection, specification, snapshot, predicates, earlier)
    rule = rule_of(specification.protection)
    protected, hidden = _hidden_before(protected, earlier, specification)
    # Propagation alone finds most leaks in no time; the linear programs then have few to look at.
    options = AuditOptions(programmes=False)
    for turn in range(ROUNDS + 1):
        # Once a cell of ten or more is hidden, a hidden cell no longer says that it is small.
        now = facts_from_published(protected, rule=rule, where=HERE, hidden_is_small=hidden == 0)
        beside = extra(protected) if extra else None
        ours = [now] if beside is None else [now, beside]
        options = replace(options, hidable=frozenset(name for part in ours for name in part["where"].to_pylist()))
        report = look(ours, options)
        if not options.programmes and (report.passed or turn == FIRST_PROGRAMMES):
            options = replace(options, programmes=True)
            report = look(ours, options)
        options = with_witnesses(options, report)
        rows = [row for row in report.remedy_rows if row.get("where") == HERE]
        if report.passed or not rows or specification.protection.remedy != "hide" or turn == ROUNDS:
            break
        protected, more = _hide(protected, rows)
        hidden += more
    return Audited(
        protected,
        report.passed,
        hidden,
        report.certificate,
        [
            {"cell": item.cell, "kind": item.kind, "low": item.low, "high": item.high, "why": list(item.explanation)}
            for item in report.failures
        ],
    )


def _auditor(
    connection: duckdb.DuckDBPyConnection,
    specification: Specification,
    snapshot: Path,
    predicates: Mapping[str, str],
    earlier: Sequence[Earlier],
) -> Callable[[Sequence[pa.Table], AuditOptions], AuditReport]:
    """Return what looks at facts of this release together with all that earlier versions said; reads the records once."""
    relation, of_all, said = _joined_versions(snapshot, predicates, earlier, specification)
    breakdowns, nested = breakdown_columns(specification), nested_columns(specification)
    everything = with_shared_totals(breakdowns, nested)
    atoms = compute_atoms(connection, relation, breakdowns=everything, perspectives=of_all)
    given = compute_contributions(connection, relation, breakdowns=breakdowns, perspectives=of_all)
    within = hierarchies_in(connection, relation, nested)

    def look(ours: Sequence[pa.Table], options: AuditOptions) -> AuditReport:
        facts = join_facts(*ours, *said)
        return audit_publication(
            atoms, facts, perspectives=list(of_all), contributions=given, hierarchies=within, options=options
        )

    return look


def _joined_versions(
    snapshot: Path, predicates: Mapping[str, str], earlier: Sequence[Earlier], specification: Specification
) -> tuple[str, dict[str, str], list[pa.Table]]:
    """Return one relation of all versions' records, every perspective over it, and what earlier versions said."""
    rule = rule_of(specification.protection)
    said, others = [], []
    for version in earlier:
        same = version.snapshot == snapshot and dict(version.predicates) == dict(predicates)
        facts = facts_from_published(version.protected, rule=rule, where=version.name, hidden_is_small=False)
        if version.beside is not None:
            place = version.beside.column_names.index("where")
            named = pa.array([f"Estimates in {version.name}"] * version.beside.num_rows, pa.string())
            facts = join_facts(facts, version.beside.set_column(place, "where", named))
        if not same:
            others.append(version)
            renamed = [f"{code} in {version.name}" for code in facts["perspective"].to_pylist()]
            place = facts.column_names.index("perspective")
            facts = facts.set_column(place, "perspective", pa.array(renamed, pa.string()))
        said.append(facts)
    if not others:
        return _relation(snapshot), dict(predicates), said
    names = {f"v{number}": version for number, version in enumerate(others)}
    relation = union_versions(
        {"now": _relation(snapshot)} | {name: _relation(version.snapshot) for name, version in names.items()}
    )
    of_all = {code: f"in_now AND ({sql})" for code, sql in predicates.items()}
    for name, version in names.items():
        of_all |= {f"{code} in {version.name}": f"in_{name} AND ({sql})" for code, sql in version.predicates.items()}
    return relation, of_all, said


def _relation(snapshot: Path) -> str:
    return f"read_parquet('{snapshot}')"


def _hidden_before(
    protected: pa.Table, earlier: Sequence[Earlier], specification: Specification
) -> tuple[pa.Table, int]:
    """Hide what the audit of the last version hid: a correction that showed it again would tell what both hide."""
    last = next((item for item in reversed(earlier) if item.before is not None), None)
    if last is None or last.before is None or specification.protection.remedy != "hide":
        return protected, 0
    keys = [name for name in protected.column_names if name not in {"measure", "value", "status"}]
    if not set(keys) <= set(last.protected.column_names):
        return protected, 0  # other breakdowns: none of its cells is one of ours
    named = [*keys, "measure"]
    shown, hidden = (
        {
            tuple(row[name] for name in named)
            for row in table.to_pylist()
            if (row["status"] == CONFIDENTIAL) == is_hidden
        }
        for table, is_hidden in ((last.before, False), (last.protected, True))
    )
    return _hide(protected, [dict(zip(named, cell, strict=True)) for cell in sorted(shown & hidden)])


def _hide(protected: pa.Table, rows: Sequence[Mapping[str, str]]) -> tuple[pa.Table, int]:
    """Hide the headcount of the named cells and every other measure of the same cells."""
    keys = [name for name in protected.column_names if name not in {"measure", "value", "status"}]
    wanted = {tuple(row[name] for name in keys) for row in rows}
    cells = zip(*(protected[name].to_pylist() for name in keys), strict=True)
    status, values = protected["status"].to_pylist(), protected["value"].to_pylist()
    hidden = 0
    for place, cell in enumerate(cells):
        if cell in wanted and status[place] != CONFIDENTIAL:
            status[place], values[place] = CONFIDENTIAL, None
            hidden += 1
    for name, column in (("value", pa.array(values, pa.float64())), ("status", pa.array(status, pa.string()))):
        protected = protected.set_column(protected.column_names.index(name), name, column)
    return protected, hidden
