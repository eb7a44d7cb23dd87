"""Records as columns, named and typed as they are stored."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
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

#: Columns that are worked on side by side: most of the work is outside Python.
AT_ONCE = 2
_WHOLE = {"line", "weight_count", "fte_nano", "oh_share_milli", "weekly_hours_milli", "birth_year", "oh_start_year"}
_DATES = {"start_date", "confirmed_unchanged_on"}
_APART = {"registration", "registration_key"}
#: What people write as they like: kept as texts.
_FREE_TEXT = {"worker_ref", "job_title", "role_label"}


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
    with ThreadPoolExecutor(AT_ONCE) as gatherers:
        gathered = gatherers.map(lambda named: _gathered(*named, rows), checker.columns.items())
        made = {ITEM_FIELDS.get(name, name): values for name, values in zip(checker.columns, gathered, strict=True)}
    frame = checker.source.frame
    made["worker_ref"] = checker.keys["worker_key"].gather(rows)
    made["fte_nano"] = pl.Series(checker.fte[rows], dtype=pl.Int64)
    made["line"], made["number"] = (frame[name].gather(rows).cast(pl.Int64) for name in ("line", "number"))
    if (number := checker.keys.get("registration_number")) is not None:
        made["registration_number"] = number.gather(rows).replace("", None)
    role = checker.columns["role"]
    groups = [checker.context.roles[value].group if value else "" for value in role.values]
    made["role_group"] = _coded(groups, role.codes[rows])
    made["age_band"] = _age_bands(checker, rows, made.get("age_band"))
    constants = _DEFAULTS | {"equality_lists": checker.checker.equality_lists}
    return pl.DataFrame(
        {
            name: made[name] if name in made else _constant(constants.get(name), of, len(rows))
            for name, of in FIELD_TYPES.items()
        }
    )


def as_text(frame: pl.DataFrame) -> pl.DataFrame:
    """Return records whose codes are texts again, as :func:`frame_of` makes them."""
    return frame.cast(pl.Schema(FIELD_TYPES))


def _constant(value: Any, of: Any, length: int) -> pl.Series:
    if of == pl.String and value is not None:
        return _coded([value], np.zeros(length, dtype=np.uint32))
    return pl.repeat(value, length, dtype=of, eager=True)


def _gathered(name: str, column: Column, rows: np.ndarray) -> pl.Series:
    field = ITEM_FIELDS.get(name, name)
    default = _DEFAULTS[field]
    values = [default if value is None else value for value in column.values]
    if name == "registration_part":
        values = [value.partition("/")[2] if "/" in value else value for value in values]
    # A value with a fault has none, and its rows are not among these.
    if FIELD_TYPES[field] != pl.String or field in _FREE_TEXT or None in values:
        return pl.Series(field, values, dtype=FIELD_TYPES[field]).gather(column.codes[rows])
    return _coded(values, column.codes[rows])


def _coded(values: list[str], codes: np.ndarray) -> pl.Series:
    """Return the texts with these codes, kept as codes: a few hundred texts, however many rows."""
    texts = pl.Series(values, dtype=pl.Enum(list(dict.fromkeys(values))))
    return texts.gather(codes)


def _age_bands(checker: ColumnChecker, rows: np.ndarray, said: pl.Series | None) -> pl.Series:
    """Return the age band said, or else that of the year of birth."""
    born = checker.born[rows]
    different, codes = np.unique(born, return_inverse=True)
    bands = _coded([band or NOT_KNOWN for band in checker.bands_of(different)], codes)
    if said is None:
        return bands
    said, bands = said.cast(pl.String), bands.cast(pl.String)
    return bands.zip_with(said == NOT_KNOWN, said)
