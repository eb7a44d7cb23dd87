"""Publications to audit: made-up people, measured, protected and published as facts."""

from __future__ import annotations

import json

import duckdb
import pyarrow as pa

from portal.methods.audit import AuditOptions, audit_publication, facts_from_published
from portal.methods.measures import compute_atoms, compute_cells
from portal.methods.protection import ProtectionRule, PTable, complete_cells, protect_cells

RULE = ProtectionRule.default()
EXACT = ProtectionRule(ptable=PTable.ten_five(10, 1), base=1)  # a threshold of 10 and nothing else


def people(groups: dict[tuple[str, str], int], *, start: int = 0) -> list[dict]:
    """So many people in each region and role, each with one post."""
    rows = []
    for (region, role), size in groups.items():
        for _ in range(size):
            number = start + len(rows)
            rows.append(
                {
                    "record_key": f"r{number}", "worker_key": f"w{number}", "noise_key": number * 37 % 256,
                    "organisation_key": f"o{number % 7}", "organisation_group_key": f"g{number % 7}",
                    "region_code": region, "role_code": role, "fte_nano": 800_000_000, "weight_count": 1,
                    "kind": "record",
                }
            )  # fmt: skip
    return rows


def publish(
    rows: list[dict],
    breakdowns: list[tuple[str, ...]],
    perspectives: dict[str, str] | None = None,
    *,
    rule: ProtectionRule = RULE,
    measures: tuple[str, ...] = ("headcount",),
    relation: str = "records",
    where: str = "Table",
) -> tuple[duckdb.DuckDBPyConnection, pa.Table]:
    """Measure, complete and protect; return the connection and the facts."""
    perspectives = perspectives or {"all": "TRUE"}
    connection = duckdb.connect()
    connection.register("records", pa.Table.from_pylist(rows))
    cells = compute_cells(connection, relation, breakdowns=breakdowns, perspectives=perspectives)
    codes = {
        name: sorted(set(cells.column(name).to_pylist()) - {"all"})
        for name in cells.column_names
        if name.endswith("_code")
    }
    full = complete_cells(cells, code_lists=codes, perspectives=list(perspectives), breakdowns=breakdowns)
    return connection, facts_from_published(
        protect_cells(full, rule=rule, measures=measures), rule=rule, where=where, hidden_is_small=False
    )


def look(connection, facts, breakdowns, perspectives=None, *, relation="records", **options: object):
    perspectives = perspectives or {"all": "TRUE"}
    atoms = compute_atoms(connection, relation, breakdowns=breakdowns, perspectives=perspectives)
    return audit_publication(
        atoms, facts, perspectives=list(perspectives), options=AuditOptions(**options) if options else None
    )


def without(facts: pa.Table, rows: tuple[dict[str, str], ...]) -> pa.Table:
    """Hide what the remedy names: the value is replaced by a sign that says nothing."""
    hidden = [json.dumps(row, sort_keys=True) for row in rows]
    kept = []
    for row in facts.to_pylist():
        name = json.dumps({key: row[key] for key in row if key not in {"low", "high", "shown"}}, sort_keys=True)
        kept.append({**row, "low": 0.0, "high": 1e7, "shown": "[c]"} if name in hidden else row)
    return pa.Table.from_pylist(kept, facts.schema)
