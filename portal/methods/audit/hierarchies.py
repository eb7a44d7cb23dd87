"""Codes that lie within others: areas in regions, roles in groups.

A reader knows that a region is the sum of its areas although no table shows both columns, so the audit must know it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from portal.methods.audit.system import AuditError
from portal.methods.measures.plan import quoted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import duckdb
    from numpy.typing import NDArray

Hierarchies = dict[str, tuple[str, dict[str, str]]]
"""For a finer column: the coarser column, and the coarser code of each of its codes."""

Coarser = dict[tuple[str, str], "NDArray[np.int64]"]
"""For a finer and a coarser column: the place of the coarser code for each place of a finer code, or -1."""


def hierarchies_in(
    connection: duckdb.DuckDBPyConnection, relation: str, pairs: Sequence[tuple[str, str]]
) -> Hierarchies:
    """Read from the records which coarser code each finer code lies in.

    `pairs` are (finer, coarser) columns. A code that occurs in several, such as "not known", is left out: the audit
    then takes what it adds to each as known.
    """
    found: Hierarchies = {}
    for finer, coarser in pairs:
        rows = connection.execute(
            f"""SELECT {quoted(finer)}, min({quoted(coarser)}) FROM {relation}
                GROUP BY 1 HAVING count(DISTINCT {quoted(coarser)}) = 1"""
        ).fetchall()
        found[finer] = (coarser, {str(code): str(parent) for code, parent in rows})
    return found


def with_shared_totals(
    breakdowns: Sequence[tuple[str, ...]], pairs: Sequence[tuple[str, str]]
) -> list[tuple[str, ...]]:
    """Return the breakdowns and every one that two of them add up to, whether or not a table shows it.

    A table by region and one by role hold the same people, so their sums are the same number. `pairs` are (finer,
    coarser) columns.
    """
    coarser_of = dict(pairs)

    def chain(name: str) -> list[str]:
        return [name, *chain(coarser_of[name])] if name in coarser_of else [name]

    found = {frozenset(names): tuple(names) for names in breakdowns}
    while True:
        reach = [{up for name in names for up in chain(name)} for names in found.values()]
        shared = [first & second for first in reach for second in reach]
        finest = [tuple(sorted(held - {up for name in held for up in chain(name)[1:]})) for held in shared]
        new = {frozenset(names): names for names in finest if frozenset(names) not in found}
        if not new:
            return list(found.values())
        found |= new


def coarser_columns(
    hierarchies: Mapping[str, tuple[str, Mapping[str, str]]], dimensions: Sequence[str], codes: Sequence[Sequence[str]]
) -> Coarser:
    """Return the places of coarser codes, also through several steps."""
    place = {name: {code: at for at, code in enumerate(values)} for name, values in zip(dimensions, codes, strict=True)}
    found: Coarser = {}
    for finer in dimensions:
        current = {code: code for code in place[finer]}
        column = finer
        while column in hierarchies:
            column, parents = hierarchies[column]
            if column == finer:
                raise AuditError(f"The hierarchy of {finer} goes in a circle.")
            current = {code: parents[above] for code, above in current.items() if above in parents}
            if column in place:
                found[finer, column] = np.array(
                    [place[column].get(current.get(code, ""), -1) for code in place[finer]], dtype=np.int64
                )
    return found


def is_coarser(coarse: Sequence[str], fine: Sequence[str], coarser: Coarser) -> bool:
    """Say whether every cell of one breakdown is a sum of cells of the other."""
    held = set(fine)
    return (
        set(coarse) != held
        and all(name in held or any((finer, name) in coarser for finer in held) for name in coarse)
        and not all(name in coarse or any((finer, name) in coarser for finer in coarse) for name in fine)
    )


def read_codes(
    name: str, breakdown: Sequence[str], dimensions: Sequence[str], codes: NDArray[np.int64], coarser: Coarser
) -> NDArray[np.int64]:
    """Return the places of a coarser column's codes for the cells of a breakdown."""
    if name in breakdown:
        return codes[:, dimensions.index(name)]
    finer = next(column for column in breakdown if (column, name) in coarser)
    places: NDArray[np.int64] = coarser[finer, name][codes[:, dimensions.index(finer)]]
    return places
