"""Audit everything that is published, or about to be, for one dataset."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from portal.methods.audit.assemble import NOT_DIMENSIONS, Grid, assemble
from portal.methods.audit.contributors import failures_of_contributors
from portal.methods.audit.examination import AuditOptions, Failure
from portal.methods.audit.report import AuditReport, report

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

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


def _places(grid: Grid, contributions: pa.Table) -> NDArray[np.int64]:
    """Return the cell of each contribution, or -1 where the audit has none."""
    labels = [",".join(names) for names in grid.breakdowns]
    cells, rows = grid.cell_breakdown, _read(contributions, "breakdown", labels)
    for at, (name, values) in enumerate(zip(grid.dimensions, grid.codes, strict=True)):
        codes = _read(contributions, name, values)
        # Renumbered after each column: a number made of all columns might not fit.
        numbers, cells = np.unique(cells * len(values) + grid.cell_codes[:, at], return_inverse=True)
        rows = _find(numbers, np.where((rows >= 0) & (codes >= 0), rows * len(values) + codes, -1))
    of_number = np.argsort(cells)
    return np.where(rows >= 0, of_number[rows], -1)


def _read(table: pa.Table, name: str, values: Sequence[str]) -> NDArray[np.int64]:
    """Return the place of each of a column's texts among the values, or -1."""
    places = pc.index_in(table.column(name), value_set=pa.array(values, pa.string()))
    found: NDArray[np.int64] = pc.fill_null(places, -1).to_numpy().astype(np.int64)
    return found


def _find(numbers: NDArray[np.int64], wanted: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the place of each wanted number among sorted ones, or -1."""
    places = np.minimum(np.searchsorted(numbers, wanted), len(numbers) - 1)
    return np.where(numbers[places] == wanted, places, -1)


def with_witnesses(options: AuditOptions, earlier: AuditReport) -> AuditOptions:
    """Return options that try the solutions of an earlier audit first, before any program is solved."""
    return replace(options, witnesses=earlier.witnesses)
