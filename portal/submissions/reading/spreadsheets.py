"""Rows of a workbook: values only, nothing in it is run and no link is followed."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetVisibleEnum

from portal.submissions.reading.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Spreadsheet:
    """An XLSX or ODS file, one sheet of it chosen."""

    def __init__(self, path: Path, *, sheet: str = "", vocabulary: frozenset[str] = frozenset()) -> None:
        try:
            self.workbook = CalamineWorkbook.from_path(str(path))
            self.sheets = self._sheets()
            self.sheet = self._choose(sheet, vocabulary)
            self._data: list[list[Any]] = self.workbook.get_sheet_by_name(self.sheet).to_python(skip_empty_area=False)
        except PasswordError as error:
            raise Refused("F-030", "The workbook has a password. Save it without one.") from error
        except CalamineError as error:
            raise Refused("F-031", f"The workbook is damaged ({error}). Save it again.") from error

    def _sheets(self) -> list[str]:
        visible = [sheet.name for sheet in self.workbook.sheets_metadata if sheet.visible == SheetVisibleEnum.Visible]
        names = visible or list(self.workbook.sheet_names)
        if not names:
            raise Refused("F-032", "The workbook has no sheet. A sheet with a row of headings was expected.")
        return names

    def _choose(self, chosen: str, vocabulary: frozenset[str]) -> str:
        """Return the sheet asked for, or the one with most known headings, or the first that has cells."""
        if chosen:
            if chosen not in self.sheets:
                raise Refused("F-033", f"There is no sheet {chosen!r}. The sheets are: {', '.join(self.sheets)}.")
            return chosen

        def rank(name: str) -> tuple[int, bool]:
            rows = self.workbook.get_sheet_by_name(name).to_python(skip_empty_area=False, nrows=40)
            known = max(
                (sum(as_text(cell).strip().casefold() in vocabulary for cell in row) for row in rows), default=0
            )
            return known, any(as_text(cell) for row in rows for cell in row)

        return max(self.sheets, key=rank) if len(self.sheets) > 1 else self.sheets[0]

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Yield (row of the sheet, cells as text)."""
        for number, row in enumerate(self._data, start=1):
            yield number, [as_text(value) for value in row]

    def merged_in_row(self, number: int) -> list[tuple[int, int]]:
        """Return the merged ranges of a row as (first, last) column, where the format tells."""
        ranges = self.workbook.get_sheet_by_name(self.sheet).merged_cell_ranges or []
        return [(first[1] + 1, last[1] + 1) for first, last in ranges if first[0] + 1 <= number <= last[0] + 1]


def as_text(value: Any) -> str:
    """Return a cell's value as a person would type it; dates as 2027-03-31."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(sep=" ")
    return value.isoformat() if isinstance(value, (dt.date, dt.time)) else str(value)
