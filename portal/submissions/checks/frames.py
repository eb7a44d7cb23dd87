"""Records as columns, named and typed as they are stored."""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from portal.submissions.checks.rows import ITEM_FIELDS
from portal.submissions.forms import NOT_KNOWN
from portal.submissions.storing import RecordValues

if TYPE_CHECKING:
    from collections.abc import Sequence

    from portal.submissions.checks.columns import Column, ColumnChecker
    from portal.submissions.checks.rows import CheckedRow

_WHOLE = {"line", "weight_count", "fte_nano", "oh_share_milli", "weekly_hours_milli", "birth_year", "oh_start_year"}
_DATES = {"start_date", "confirmed_unchanged_on"}
_APART = {"registration", "registration_key"}


def _type_of(name: str) -> Any:
    if name in _WHOLE:
        return pl.Int64
    return pl.Date if name in _DATES else pl.String


#: The columns of good records: what is stored, the number of the row, and the registration before it is hashed.
FIELD_TYPES: dict[str, Any] = {
    item.name: _type_of(item.name) for item in fields(RecordValues) if item.name not in _APART
} | {"number": pl.Int64, "registration_number": pl.String}
_DEFAULTS = {
    item.name: item.default if item.default is not MISSING else None
    for item in fields(RecordValues)
    if item.name not in _APART
}


def frame_of(checked: Sequence[CheckedRow]) -> pl.DataFrame:
    """Return the records of rows that were checked one by one."""
    rows = [
        {name: getattr(row.record, name) for name in _DEFAULTS}
        | {"number": row.number, "registration_number": (row.record.registration or ("", None))[1]}
        for row in checked
        if row.record is not None
    ]
    return pl.DataFrame(rows, schema=FIELD_TYPES)


def records_frame(checker: ColumnChecker, rows: np.ndarray) -> pl.DataFrame:
    """Return the records of the rows with these places, in which nothing was found."""
    made = {ITEM_FIELDS.get(name, name): _gathered(name, column, rows) for name, column in checker.columns.items()}
    frame = checker.source.frame
    made["worker_ref"] = checker.keys["worker_key"].gather(rows)
    made["fte_nano"] = pl.Series(checker.fte[rows], dtype=pl.Int64)
    made["line"], made["number"] = (frame[name].gather(rows).cast(pl.Int64) for name in ("line", "number"))
    number = checker.keys.get("registration_number")
    given = pl.Series([None], dtype=pl.String) if number is None else number.gather(rows).replace("", None)
    made["registration_number"] = given
    role = checker.columns["role"]
    groups = [checker.context.roles[value].group if value else "" for value in role.values]
    made["role_group"] = pl.Series(groups, dtype=pl.String).gather(role.codes[rows])
    made["age_band"] = _age_bands(checker, rows, made.get("age_band"))
    constants = _DEFAULTS | {"equality_lists": checker.checker.equality_lists}
    return pl.select(
        *(made[name].alias(name) for name in FIELD_TYPES if name in made and len(made[name]) == len(rows)),
    ).select(
        *(
            pl.col(name) if name in made and len(made[name]) == len(rows) else pl.lit(constants.get(name), dtype=of).alias(name)
            for name, of in FIELD_TYPES.items()
        )
    )  # fmt: skip


def _gathered(name: str, column: Column, rows: np.ndarray) -> pl.Series:
    field = ITEM_FIELDS.get(name, name)
    default = _DEFAULTS[field]
    values = [default if value is None else value for value in column.values]
    if name == "registration_part":
        values = [value.partition("/")[2] if "/" in value else value for value in values]
    # A value with a fault has none, and its rows are not among these.
    return pl.Series(field, values, dtype=FIELD_TYPES[field]).gather(column.codes[rows])


def _age_bands(checker: ColumnChecker, rows: np.ndarray, said: pl.Series | None) -> pl.Series:
    """Return the age band said, or else that of the year of birth."""
    born = checker.born[rows]
    different, codes = np.unique(born, return_inverse=True)
    bands = pl.Series(checker.bands_of(different), dtype=pl.String).gather(codes)
    if said is None:
        return bands.fill_null(NOT_KNOWN)
    return said.to_frame("said").select(
        pl.when((pl.col("said") == NOT_KNOWN) & bands.is_not_null()).then(bands).otherwise(pl.col("said"))
    ).to_series()  # fmt: skip
