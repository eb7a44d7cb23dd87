"""Several snapshots as one relation, so that the differences between versions are groups like any other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portal.methods.measures.plan import MeasureError, quoted

if TYPE_CHECKING:
    from collections.abc import Mapping


def union_versions(snapshots: Mapping[str, str]) -> str:
    """Return a table expression of all rows of the snapshots, each with flags `in_<name>`.

    A row that is the same in two snapshots appears once with both flags; a corrected one appears once as it was
    and once as it is. A perspective of one version is then `in_<name> AND (predicate)`.
    """
    if not snapshots:
        raise MeasureError("Name at least one snapshot.")
    parts = []
    for name, relation in snapshots.items():
        flags = ", ".join(f"{str(other == name).upper()} AS {quoted(f'flag_{other}')}" for other in snapshots)
        parts.append(f"SELECT *, {flags} FROM {relation}")
    flagged = ", ".join(quoted(f"flag_{name}") for name in snapshots)
    merged = ", ".join(f"bool_or({quoted(f'flag_{name}')}) AS {quoted(f'in_{name}')}" for name in snapshots)
    return f"(SELECT * EXCLUDE ({flagged}), {merged} FROM ({' UNION ALL BY NAME '.join(parts)}) GROUP BY ALL)"
