"""The audit: propagation over some 80,000 published cells, and the whole audit of a smaller publication.

python -m bench.methods_audit [--whole]
"""

from __future__ import annotations

import sys
import time

import duckdb

from bench.methods_data import PERSPECTIVES, breakdowns, load
from portal.methods.audit import AuditOptions, assemble, audit_publication, facts_from_published
from portal.methods.audit.propagation import propagate
from portal.methods.measures import compute_atoms, compute_cells
from portal.methods.protection import ProtectionRule, complete_cells, protect_cells


def publication(records, most, dimensions, perspectives):
    """Return the atoms and the facts of a protected publication."""
    connection = duckdb.connect(config={"threads": 2})
    load(connection, records)
    tables = breakdowns(most, dimensions)
    cells = compute_cells(connection, "records", breakdowns=tables, perspectives=perspectives, contributors=False)
    codes = {name: sorted(set(cells.column(name).to_pylist()) - {"all"}) for name in _names(tables)}
    full = complete_cells(cells, code_lists=codes, perspectives=list(perspectives), breakdowns=tables)
    facts = facts_from_published(
        protect_cells(full, measures=("headcount",)), rule=ProtectionRule.default(), where="Tables"
    )
    return compute_atoms(connection, "records", breakdowns=tables, perspectives=perspectives), facts


def _names(tables) -> list[str]:
    return list(dict.fromkeys(name for table in tables for name in table))


def main() -> None:
    atoms, facts = publication(10_000, 3, 8, PERSPECTIVES)
    start = time.perf_counter()
    system, *_ = assemble(atoms, facts, list(PERSPECTIVES))
    built = time.perf_counter()
    propagate(system, *system.bounds())
    done = time.perf_counter()
    print(f"{facts.num_rows:,} published cells, {len(system.truth):,} unknowns, {system.matrix.shape[0]:,} equations")
    print(f"building {built - start:.2f} s, propagation {done - built:.2f} s")
    if "--whole" not in sys.argv:
        return
    two = {code: PERSPECTIVES[code] for code in ("D3", "D4")}
    atoms, facts = publication(10_000, 3, 6, two)
    start = time.perf_counter()
    report = audit_publication(atoms, facts, perspectives=list(two), options=AuditOptions(remedy=False))
    print(f"whole audit of {facts.num_rows:,} cells: {time.perf_counter() - start:.0f} s, {report.counts}")


if __name__ == "__main__":
    main()
