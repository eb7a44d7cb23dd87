"""Protection of people and organisations in published figures."""

from portal.methods.protection.cells import (
    ProtectionError,
    ProtectionRule,
    complete_cells,
    largest_hidden,
    protect_cells,
    protect_counts,
    round_fte,
)
from portal.methods.protection.dominance import dominance_fails, p_percent_fails
from portal.methods.protection.ptables import PTable, PTableError

__all__ = [
    "PTable",
    "PTableError",
    "ProtectionError",
    "ProtectionRule",
    "complete_cells",
    "dominance_fails",
    "largest_hidden",
    "p_percent_fails",
    "protect_cells",
    "protect_counts",
    "round_fte",
]
