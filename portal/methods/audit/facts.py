"""Published values as facts: what each value, hidden value or exact figure says of the true number."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from portal.methods.audit.system import PLENTY, AuditError
from portal.methods.measures import TOTAL
from portal.methods.protection import largest_hidden

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from portal.methods.protection import ProtectionRule

PEOPLE, POSTS, FTE = "headcount", "posts", "fte"
QUANTITIES = (PEOPLE, POSTS, FTE)
NOTHING_SAID = ("low", "high", "where", "shown")


def facts_from_published(
    published: pa.Table, *, rule: ProtectionRule, where: str, hidden_is_small: bool = True
) -> pa.Table:
    """Turn protected cells into facts.

    A reader who knows the rule knows the largest headcount that it hides, unless larger ones are hidden as well
    (`hidden_is_small=False`). Hidden posts and FTE are hidden for several reasons and say nothing.
    """
    measures = np.array(published.column("measure").to_pylist())
    status = np.array(published.column("status").to_pylist())
    values = published.column("value").to_numpy(zero_copy_only=False).astype(np.float64)
    low, high = _intervals(values, measures, rule)
    zero = (values == 0.0) | (status == "z")  # nobody can be where the definition lets nobody in
    low[zero], high[zero] = 0.0, 0.0
    hidden = status == "c"
    ceiling = np.where((measures == PEOPLE) & hidden_is_small, float(largest_hidden(rule)), PLENTY)
    low[hidden], high[hidden] = 0.0, ceiling[hidden]
    rounds_to_nothing = status == "low"
    low[rounds_to_nothing], high[rounds_to_nothing] = 0.0, rule.fte_base / 2
    shown = [
        f"[{mark}]" if mark else f"{value:g}" for mark, value in zip(status.tolist(), values.tolist(), strict=True)
    ]
    return _facts(published.drop_columns(["value", "status"]), low, high, where, shown)


def stated_fact(
    *,
    perspective: str,
    breakdown: tuple[str, ...],
    codes: Mapping[str, str],
    measure: str,
    value: float,
    where: str,
    base: float | None = None,
) -> pa.Table:
    """Return one figure of a headline, a chart or prose as a fact; without a base it is taken as exact."""
    if set(codes) != set(breakdown):
        raise AuditError(f"{where}: the codes {sorted(codes)} do not fit the breakdown {breakdown}.")
    half = 0.0 if base is None else (base / 2 if measure == FTE else float((base - 1) // 2))
    cell = pa.table(
        {"perspective": [perspective], "breakdown": [",".join(breakdown)], "measure": [measure]}
        | {name: [codes[name]] for name in breakdown}
    )
    return _facts(cell, np.array([max(0.0, value - half)]), np.array([value + half]), where, [f"{value:g}"])


def join_facts(*tables: pa.Table) -> pa.Table:
    """Put facts of tables with different dimensions together; a dimension that a table does not use is its total."""
    names = list(dict.fromkeys(name for table in tables for name in table.column_names))
    whole = []
    for table in tables:
        columns = {}
        for name in names:
            if name in table.column_names:
                columns[name] = table.column(name)
            else:
                columns[name] = pa.array([TOTAL] * table.num_rows, pa.string())
        whole.append(pa.table(columns))
    return pa.concat_tables(whole, promote_options="permissive").combine_chunks()


def _intervals(
    values: NDArray[np.float64], measures: NDArray[np.str_], rule: ProtectionRule
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What a shown value leaves open: whole numbers that round to it, further apart by the noise if there is any."""
    noise = 0 if _is_rounding(rule) else rule.ptable.largest_change
    below, above = rule.base // 2 + noise, (rule.base - 1) // 2 + noise
    is_fte = measures == FTE
    low = np.where(is_fte, values - rule.fte_base / 2, np.maximum(values - below, rule.threshold))
    high = np.where(is_fte, values + rule.fte_base / 2, values + above)
    return np.maximum(low, 0.0), high


def _is_rounding(rule: ProtectionRule) -> bool:
    """Say whether the table of changes only rounds: the change does not depend on the key."""
    changes = rule.ptable.changes
    return bool((changes == changes[:, :1]).all())


def _facts(
    cells: pa.Table, low: NDArray[np.float64], high: NDArray[np.float64], where: str, shown: list[str]
) -> pa.Table:
    return (
        cells.append_column("low", pa.array(low, pa.float64()))
        .append_column("high", pa.array(high, pa.float64()))
        .append_column("where", pa.array([where] * cells.num_rows, pa.string()))
        .append_column("shown", pa.array(shown, pa.string()))
    )
