"""Cells of tables: people, posts, full-time equivalents and contributors, for every perspective and breakdown.

People are distinct people *in that cell*: somebody with two posts counts once in a total and once in each of two
roles, so cells are never added up. Everything else is additive, and every sum is a sum of integers, so the
result is the same with any number of threads.
"""

from portal.methods.measures.cells import compute_atoms, compute_cells, compute_contributions
from portal.methods.measures.plan import NOT_KNOWN, TOTAL, MeasureError
from portal.methods.measures.versions import union_versions

__all__ = [
    "NOT_KNOWN",
    "TOTAL",
    "MeasureError",
    "compute_atoms",
    "compute_cells",
    "compute_contributions",
    "union_versions",
]
