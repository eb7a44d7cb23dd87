"""Audit everything that is published, or about to be, for one dataset."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from portal.methods.audit.assemble import NOT_DIMENSIONS, Grid, assemble
from portal.methods.audit.contributors import failures_of_contributors
from portal.methods.audit.examination import AuditOptions, Failure
from portal.methods.audit.report import AuditReport, report

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from portal.methods.audit.hierarchies import Hierarchies


def audit_publication(
    atoms: pa.Table,
    facts: pa.Table,
    *,
    perspectives: Sequence[str],
    contributions: pa.Table | None = None,
    hierarchies: Hierarchies | None = None,
    options: AuditOptions | None = None,
) -> AuditReport:
    """Audit the facts of all tables, versions, charts and headlines against the records they came from.

    `perspectives` gives the order of the membership bits of `atoms`. With `contributions`, the audit also looks
    with the eyes of each organisation group, which knows its own people. `hierarchies` says which columns lie within
    others, as `hierarchies_in` reads them.
    """
    options = options or AuditOptions()
    system, grid, kinds, unknowns = assemble(atoms, facts, perspectives, hierarchies)
    more: tuple[Failure, ...] = ()
    if contributions is not None and contributions.num_rows:
        places, populations = _places(grid, contributions), contributions.column("perspective").to_pylist()
        bits = {name: at for at, name in enumerate(perspectives)}
        kind = np.array([kinds.of_perspective[bits[name]] for name in populations])
        of_cell = np.where(places >= 0, unknowns[places, kind], -1)
        known = of_cell >= 0
        groups = np.array(contributions.column("organisation_group_key").to_pylist())[known].tolist()
        own = np.asarray(contributions.column("people").to_numpy())[known]
        more = failures_of_contributors(system, of_cell[known], own, groups, options)
    rows = [
        {
            name: row[name]
            for name in row
            if name not in NOT_DIMENSIONS or name in {"perspective", "breakdown", "measure", "where"}
        }
        for row in facts.drop_columns(["low", "high", "shown"]).to_pylist()
    ]
    return report(system, options, rows, more)


def _places(grid: Grid, contributions: pa.Table) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return the cell of each contribution, or -1 where the audit has none."""
    breakdown = {",".join(names): at for at, names in enumerate(grid.breakdowns)}
    codes = [{code: at for at, code in enumerate(values)} for values in grid.codes]
    cells = {
        (which, *code): at
        for at, (which, code) in enumerate(zip(grid.cell_breakdown.tolist(), grid.cell_codes.tolist(), strict=True))
    }
    columns = [contributions.column(name).to_pylist() for name in ("breakdown", *grid.dimensions)]
    return np.array(
        [
            cells.get((breakdown.get(label, -1), *(codes[at].get(code, -1) for at, code in enumerate(row))), -1)
            for label, *row in zip(*columns, strict=True)
        ],
        dtype=np.int64,
    )


def with_witnesses(options: AuditOptions, earlier: AuditReport) -> AuditOptions:
    """Return options that try the solutions of an earlier audit first, before any program is solved."""
    return replace(options, witnesses=earlier.witnesses)
