"""The records that estimates are made from: what was returned, and what is put where something was not.

The returned figures never see any of this. Four things are put, each marked in the column ``source``:

1. an organisation that was asked and did not answer is carried forward: its records of the last collection
   that it answered stand for it, if that was no longer ago than the specification allows,
2. an item that was left out of a record is filled by logic (another post of the same person has it), then from
   the person's last return, then from a donor: the nearest by contracted time among people of the same role
   group and provider type, drawn by the run's seed where several are as near,
3. a question that an organisation left out is filled role by role (see filling_answers),
4. what is still missing stays missing.

The filled records are made anew whenever they are needed and never kept.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from portal.methods.estimation import CARRIED, DONOR, LOGICAL, RETURNED, Filled, Item, impute
from portal.pipelines.filling_answers import fill_answers
from portal.pipelines.layouts import NOT_KNOWN
from portal.pipelines.periods import months_between

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import duckdb

    from portal.pipelines.specification import Estimation, Specification

SOURCES = (RETURNED, CARRIED, LOGICAL, DONOR)
NANO = 1e9
_HELD = "_filling_records"
_FILLS = "_filling_items"


@dataclass(frozen=True)
class Sealed:
    """What was sealed of a period: the records and the frame of those who were asked."""

    snapshot: Path
    frame: Path


@dataclass(frozen=True)
class FilledRecords:
    """The records of a period with what was put: the relation, who was carried forward, and how items were filled."""

    relation: str
    carried: frozenset[str] = frozenset()
    items: dict[str, dict[str, int]] = field(default_factory=dict)
    #: Which organisations left out the answer that a quantity hangs on.
    left_out_by: dict[str, frozenset[str]] = field(default_factory=dict)
    anything: bool = False

    @property
    def of_filled_items(self) -> str:
        """The records of people of whom an item was filled by their last return or by a donor."""
        return f"(SELECT * FROM {self.relation} WHERE is_filled)"  # noqa: S608 - our own table


def sources_of(sealed: Mapping[str, Sealed], period: str, rule: Estimation) -> list[str]:
    """Return the earlier periods that something may be carried forward from, newest first."""
    found = [one for one in sealed if one < period and months_between(one, period) <= rule.carried_months]
    return sorted(found, reverse=True)


def fill_records(
    connection: duckdb.DuckDBPyConnection,
    specification: Specification,
    *,
    sealed: Mapping[str, Sealed],
    period: str,
    seed: int,
) -> FilledRecords:
    """Return the records of a period with what the specification says is put where something is missing."""
    rule, questions = specification.estimation, specification.kind.questions
    now = f"read_parquet('{sealed[period].snapshot}')"
    if not (rule.carried_months or rule.items):
        return FilledRecords(now)
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {_HELD} AS SELECT *, '{RETURNED}' AS source, FALSE AS is_filled FROM {now}"  # noqa: S608 - our own file
    )
    before = sources_of(sealed, period, rule)
    carried = _carry(connection, sealed, period, before)
    earlier = {one: sealed[one].snapshot for one in before}
    items: dict[str, dict[str, int]] = {}
    left_out_by: dict[str, frozenset[str]] = {}
    for name in rule.items:
        if name in questions:
            found = fill_answers(connection, _HELD, questions[name], earlier=earlier, period=period, seed=seed)
            items[name] = found.counts
            left_out_by |= dict.fromkeys(questions[name].quantities, found.left_out_by)
        else:
            items[name] = _fill_item(connection, name, earlier, period, seed)
    put = any(number for counts in items.values() for source, number in counts.items() if source != RETURNED)
    return FilledRecords(_HELD, frozenset(carried), items, left_out_by, anything=bool(carried) or put)


def _keys(frame: Path, quantity: str) -> set[str]:
    table = pq.read_table(frame, columns=["organisation_key", "quantity"], filters=[("quantity", "==", quantity)])
    return set(table["organisation_key"].to_pylist())


def _carry(
    connection: duckdb.DuckDBPyConnection, sealed: Mapping[str, Sealed], period: str, earlier: list[str]
) -> set[str]:
    """Put the last records of organisations that did not answer; a last return of nobody is carried as nobody."""
    frame = sealed[period].frame
    silent = _keys(frame, "asked") - _keys(frame, "answered")
    carried: set[str] = set()
    for one in earlier:
        found = (silent - carried) & _keys(sealed[one].frame, "answered")
        carried |= found
        connection.register("_filling_silent", pa.table({"key": pa.array(sorted(found), pa.string())}))
        connection.execute(
            f"""INSERT INTO {_HELD} BY NAME
                SELECT * REPLACE ('{period}' AS time_period), '{CARRIED}' AS source, FALSE AS is_filled
                FROM read_parquet('{sealed[one].snapshot}')
                WHERE organisation_key IN (SELECT key FROM _filling_silent)"""  # noqa: S608 - our own file
        )
        connection.unregister("_filling_silent")
    return carried


def _fill_item(
    connection: duckdb.DuckDBPyConnection, name: str, earlier: Mapping[str, Path], period: str, seed: int
) -> dict[str, int]:
    """Fill one item of people, and return how many people have it from where; '' where it is still missing."""
    people = connection.execute(
        f"""SELECT worker_key, min(provider_type), min(role_group), sum(fte_nano)::BIGINT,
                   min({name}) FILTER ({name} <> '{NOT_KNOWN}'), bool_or({name} = '{NOT_KNOWN}')
            FROM {_HELD} WHERE worker_key IS NOT NULL GROUP BY worker_key ORDER BY worker_key"""  # noqa: S608 - our own file
    ).fetchall()
    last = _last_values(connection, name, earlier)
    items = [
        Item(
            key=worker,
            stratum=(provider_type, role_group),
            value=None if lacks else known,
            size=fte / NANO,
            last_value=last[worker][1] if worker in last else None,
            months_since=months_between(last[worker][0], period) if worker in last else None,
            logical=known,
        )
        for worker, provider_type, role_group, fte, known, lacks in people
    ]
    filled = impute(items, seed=seed)
    put = [item for item in filled if item.source not in {RETURNED, ""}]
    _put(connection, name, put)
    counts = dict.fromkeys((*SOURCES, ""), 0)
    for item in filled:
        counts[item.source] += 1
    return counts


def _last_values(
    connection: duckdb.DuckDBPyConnection, name: str, earlier: Mapping[str, Path]
) -> dict[str, tuple[str, str]]:
    """Return, of people who lack an item now, the last period that has it and what it says; newest first."""
    found: dict[str, tuple[str, str]] = {}
    for period, path in earlier.items():
        rows = connection.execute(
            f"""SELECT worker_key, min({name}) FROM read_parquet('{path}')
                WHERE {name} <> '{NOT_KNOWN}' AND worker_key IN
                    (SELECT worker_key FROM {_HELD} WHERE {name} = '{NOT_KNOWN}') GROUP BY worker_key"""  # noqa: S608 - our own file
        ).fetchall()
        for worker, value in rows:
            found.setdefault(worker, (period, value))
    return found


def _put(connection: duckdb.DuckDBPyConnection, name: str, filled: list[Filled[str]]) -> None:
    table = pa.table(
        {
            "worker_key": pa.array([item.key for item in filled], pa.string()),
            "value": pa.array([item.value for item in filled], pa.string()),
            "source": pa.array([item.source for item in filled], pa.string()),
        }
    )
    connection.register(_FILLS, table)
    connection.execute(
        f"""UPDATE {_HELD} SET {name} = f.value, source = f.source, is_filled = is_filled OR f.source <> '{LOGICAL}' FROM {_FILLS} f
            WHERE {_HELD}.worker_key = f.worker_key AND {_HELD}.{name} = '{NOT_KNOWN}'"""  # noqa: S608 - our own file
    )
    connection.unregister(_FILLS)
