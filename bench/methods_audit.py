"""The audit: propagation over 50,000 published cells; with `--whole`, 20,000 cells, and again after a correction.

python -m bench methods_audit [--whole [--proof]]

The audit works in one thread, so its processor time is printed: on an idle machine that is the time it takes.
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


CORRECTION = (
    "DELETE FROM records WHERE organisation_group_key = 'g7' AND hash(record_key) % 3 = 0",
    "UPDATE records SET role_code = 'rol03' WHERE organisation_group_key = 'g7' AND hash(record_key) % 3 = 1",
    """INSERT INTO records SELECT * REPLACE (record_key || 'x' AS record_key, worker_key || 'x' AS worker_key,
       'age03' AS age_band) FROM records WHERE organisation_group_key = 'g7' LIMIT 4""",
)
"""One organisation returns again: some people gone, some in another role, four new ones."""


def publication(tables, perspectives, where="Tables", changes=()):
    """Return the atoms and the facts of a protected publication."""
    connection = duckdb.connect(config={"threads": 2})
    load(connection, RECORDS)
    for change in changes:
        connection.execute(change)
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
    start = time.process_time()
    system, *_ = assemble(atoms, facts, list(PERSPECTIVES))
    built = time.process_time()
    propagate(system, *system.bounds())
    spent = time.process_time() - built
    print(f"{facts.num_rows:,} published cells, {len(system.truth):,} unknowns, {system.matrix.shape[0]:,} equations")
    print(f"building {built - start:.2f} s, propagation {spent:.2f} s (at most {MOST_PROPAGATION})")
    assert spent <= MOST_PROPAGATION
    if "--whole" in sys.argv:
        whole()


def whole() -> None:
    """Audit everything, then again with one more headline, then again after a correction."""
    tables = tables_of(CELLS, len(TWO))
    atoms, facts = publication(tables, TWO)
    options = AuditOptions(remedy=False)
    first, spent = timed(atoms, facts, options)
    print(f"whole audit of {facts.num_rows:,} cells: {spent:.0f} s (at most {MOST_WHOLE}), {first.counts}")
    options = with_witnesses(options, first)
    people = sum(atoms.filter(pc.equal(atoms.column("breakdown"), "")).column("people").to_pylist())
    headline = stated_fact(
        perspective="D4", breakdown=(), codes={}, measure="headcount", value=5 * round(people / 5), where="Headline",
        base=5,
    )  # fmt: skip
    again, repeated = timed(atoms, join_facts(facts, headline), options)
    print(f"again with one more headline: {repeated:.0f} s (at most {MOST_AGAIN}), {again.counts}")
    atoms, facts = publication(tables, TWO, changes=CORRECTION)
    after, corrected = timed(atoms, facts, options)
    print(f"again after a correction: {corrected:.0f} s (at most {MOST_AGAIN}), {after.counts}")
    if "--proof" in sys.argv:
        alone, seconds = timed(atoms, facts, AuditOptions(remedy=False))
        same = {item.unknown for item in alone.failures} == {item.unknown for item in after.failures}
        print(f"the same from the beginning: {seconds:.0f} s, {'the same findings' if same else 'OTHER FINDINGS'}")
        assert same
    assert spent <= MOST_WHOLE
    assert max(repeated, corrected) <= MOST_AGAIN


def timed(atoms, facts, options):
    start = time.process_time()
    report = audit_publication(atoms, facts, perspectives=list(TWO), options=options)
    return report, time.process_time() - start


if __name__ == "__main__":
    main()
