"""What the records of a snapshot are made of: the columns of every source, in their order.

Every layout holds the same base columns, so that what counts, protects and audits need not know
what is counted: people, vacant posts, organisations or applications.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

NOT_KNOWN = "not_known"
TYPES = {"string": "VARCHAR", "int16": "SMALLINT", "int32": "INTEGER", "int64": "BIGINT"}
_BASE = (
    ("record_key", pa.string()),
    ("worker_key", pa.string()),
    ("noise_key", pa.int16()),
    ("organisation_key", pa.string()),
    ("organisation_group_key", pa.string()),
    ("family", pa.string()),
    ("kind", pa.string()),
    ("weight_count", pa.int32()),
    ("fte_nano", pa.int64()),
    ("time_period", pa.string()),
    ("collection_code", pa.string()),
)
_KEYS_THAT_MAY_BE_EMPTY = ("worker_key", "job_title_code")


@dataclass(frozen=True)
class Layout:
    """The columns of a snapshot: which hold a code in every row, which several codes between bars, which a number."""

    schema: pa.Schema
    categories: tuple[str, ...]
    sets: tuple[str, ...] = ()
    # Whole numbers that a record may lack: what medians are taken of.
    numbers: tuple[str, ...] = ()

    @classmethod
    def of(cls, *categories: str, numbers: Sequence[str] = ()) -> Layout:
        """Return the base columns followed by categories and whole numbers."""
        return cls(
            pa.schema(
                [*_BASE, *((name, pa.string()) for name in categories), *((name, pa.int64()) for name in numbers)]
            ),
            ("family", "kind", *categories),
            numbers=tuple(numbers),
        )

    @property
    def columns(self) -> list[str]:
        """Names of the columns, in order."""
        return list(self.schema.names)

    @property
    def needed(self) -> list[str]:
        """Names of the columns without which a record cannot be counted."""
        may_lack = {*self.categories, *self.sets, *self.numbers, *_KEYS_THAT_MAY_BE_EMPTY, "noise_key"}
        return [name for name in self.columns if name not in may_lack]

    def canonical_query(self, relation: str) -> str:
        """Return the SQL that puts the records of ``relation`` into columns and order of a snapshot."""
        columns = ", ".join(self._expression(field.name, str(field.type)) for field in self.schema)
        return f"SELECT {columns} FROM {relation} ORDER BY record_key"  # noqa: S608 - names are ours

    def csv_relation(self, path: Path) -> str:
        """Return a table expression over records copied out as CSV; a category that the file lacks is not known."""
        with path.open(encoding="utf-8") as file:
            held = file.readline().rstrip("\r\n").replace('"', "").split(",")
        kinds = {field.name: TYPES[str(field.type)] for field in self.schema}
        types = ", ".join(f"'{name}': '{kinds.get(name, 'VARCHAR')}'" for name in held)
        read = f"read_csv('{path}', header=true, delim=',', quote='\"', escape='\"', nullstr='', columns={{{types}}})"
        absent = [name for name in self.categories if name not in held]
        if not absent:
            return read
        return f"(SELECT *, {', '.join(f'NULL::VARCHAR AS {name}' for name in absent)} FROM {read})"  # noqa: S608 - names are ours

    def _expression(self, name: str, kind: str) -> str:
        if name in self.categories:
            return f"coalesce(nullif(trim({name}), ''), '{NOT_KNOWN}') AS {name}"
        if name in self.sets:
            return f"coalesce({name}, '') AS {name}"
        if name in _KEYS_THAT_MAY_BE_EMPTY:
            return f"nullif({name}, '') AS {name}"
        if name == "noise_key":
            # A contracted service has no person, so nothing to add to a cell's key.
            return "CASE WHEN nullif(worker_key, '') IS NULL THEN 0 ELSE noise_key END::SMALLINT AS noise_key"
        return f"{name}::{TYPES[kind]} AS {name}"


WORKFORCE = Layout(
    pa.schema(
        [
            ("record_key", pa.string()),
            ("worker_key", pa.string()),
            ("noise_key", pa.int16()),
            ("organisation_key", pa.string()),
            ("organisation_group_key", pa.string()),
            ("provider_type", pa.string()),
            ("organisation_size", pa.string()),
            ("family", pa.string()),
            ("role_code", pa.string()),
            ("role_group", pa.string()),
            ("job_title_code", pa.string()),
            ("registration_body", pa.string()),
            ("registration_part", pa.string()),
            ("registration_status", pa.string()),
            ("qualifications", pa.string()),
            ("functions", pa.string()),
            ("oh_share_milli", pa.int32()),
            ("fte_nano", pa.int64()),
            ("contract_type", pa.string()),
            ("region_code", pa.string()),
            ("icb_code", pa.string()),
            ("sex", pa.string()),
            ("age_band", pa.string()),
            ("ethnic_group", pa.string()),
            ("disability", pa.string()),
            ("kind", pa.string()),
            ("weight_count", pa.int32()),
            ("time_period", pa.string()),
            ("collection_code", pa.string()),
        ],
    ),
    categories=(
        "provider_type", "organisation_size", "family", "role_code", "role_group", "registration_body",
        "registration_part", "registration_status", "contract_type", "region_code", "icb_code", "sex", "age_band",
        "ethnic_group", "disability", "kind",
    ),
    sets=("qualifications", "functions"),
)  # fmt: skip
#: One row for each organisation, role and kind of movement; what nobody answered has no row.
FLOWS = Layout.of("provider_type", "organisation_size", "region_code", "role_code", "role_group", "quantity")
#: One row for each organisation that was asked and each thing that is counted of it.
RESPONSE = Layout.of("provider_type", "organisation_size", "region_code", "quantity")
#: One row for each post now, and one for each post a year before with whether its holder stayed.
CAREERS = Layout.of(
    "provider_type", "organisation_size", "region_code", "role_code", "role_group", "leaving_intention", "quantity",
    "stayed", numbers=["age"],
)  # fmt: skip
