"""The audit: propagation over 50,000 published cells; with `--whole`, everything on 20,000 cells, and again.

python -m bench methods_audit [--whole]
"""

from __future__ import annotations

import sys
import time
from math import prod

import duckdb
import pyarrow.compute as pc

from bench.methods_data import PERSPECTIVES, SIZES, breakdowns, load
from portal.methods.audit import (
    AuditOptions,
    assemble,
    audit_publication,
    facts_from_published,
    join_facts,
    stated_fact,
    with_witnesses,
)
from portal.methods.audit.propagation import propagate
from portal.methods.measures import compute_atoms, compute_cells
from portal.methods.protection import ProtectionRule, complete_cells, protect_cells

TWO = {code: PERSPECTIVES[code] for code in ("D3", "D4")}
RECORDS = 10_000
CELLS = 20_000
MOST_PROPAGATION, MOST_WHOLE, MOST_AGAIN = 2, 300, 30


def publication(tables, perspectives, where="Tables"):
    """Return the atoms and the facts of a protected publication."""
    connection = duckdb.connect(config={"threads": 2})
    load(connection, RECORDS)
    cells = compute_cells(connection, "records", breakdowns=tables, perspectives=perspectives, contributors=False)
    names = dict.fromkeys(name for table in tables for name in table)
    codes = {name: sorted(set(cells.column(name).to_pylist()) - {"all"}) for name in names}
    full = complete_cells(cells, code_lists=codes, perspectives=list(perspectives), breakdowns=tables)
    facts = facts_from_published(
        protect_cells(full, measures=("headcount",)), rule=ProtectionRule.default(), where=where
    )
    return compute_atoms(connection, "records", breakdowns=tables, perspectives=perspectives), facts


def tables_of(cells: int, perspectives: int, dimensions: int = 7) -> list[tuple[str, ...]]:
    """Return the first tables of up to three dimensions that together hold so many cells."""
    chosen, held = [], 0
    for table in breakdowns(3, dimensions):
        chosen.append(table)
        held += perspectives * prod(SIZES[name] for name in table)
        if held >= cells:
            break
    return chosen


def main() -> None:
    atoms, facts = publication(tables_of(50_000, len(PERSPECTIVES), 8), PERSPECTIVES)
    start = time.perf_counter()
    system, *_ = assemble(atoms, facts, list(PERSPECTIVES))
    built = time.perf_counter()
    propagate(system, *system.bounds())
    spent = time.perf_counter() - built
    print(f"{facts.num_rows:,} published cells, {len(system.truth):,} unknowns, {system.matrix.shape[0]:,} equations")
    print(f"building {built - start:.2f} s, propagation {spent:.2f} s (at most {MOST_PROPAGATION})")
    assert spent <= MOST_PROPAGATION
    if "--whole" in sys.argv:
        whole()


def whole() -> None:
    """Audit everything, then again with one more headline."""
    atoms, facts = publication(tables_of(CELLS, len(TWO)), TWO)
    options = AuditOptions(remedy=False)
    start = time.perf_counter()
    first = audit_publication(atoms, facts, perspectives=list(TWO), options=options)
    spent = time.perf_counter() - start
    print(f"whole audit of {facts.num_rows:,} cells: {spent:.0f} s (at most {MOST_WHOLE}), {first.counts}")
    people = sum(atoms.filter(pc.equal(atoms.column("breakdown"), "")).column("people").to_pylist())
    headline = stated_fact(
        perspective="D4", breakdown=(), codes={}, measure="headcount", value=5 * round(people / 5), where="Headline",
        base=5,
    )  # fmt: skip
    start = time.perf_counter()
    again = audit_publication(
        atoms, join_facts(facts, headline), perspectives=list(TWO), options=with_witnesses(options, first)
    )
    repeated = time.perf_counter() - start
    print(f"again with one more headline: {repeated:.0f} s (at most {MOST_AGAIN}), {again.counts}")
    assert spent <= MOST_WHOLE
    assert repeated <= MOST_AGAIN


if __name__ == "__main__":
    main()
