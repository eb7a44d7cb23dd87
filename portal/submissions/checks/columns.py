"""Whole files, column by column: what a value means is asked once for each different value.

The rules are those of :mod:`portal.submissions.checks.rows`. Here they only tell apart rows in
which nothing can be found from rows in which something may be; the latter are checked one by one,
in their order, so that every message is the same whichever way a row came.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from portal.submissions.checks.frames import AT_ONCE, as_text, frame_of, records_frame
from portal.submissions.checks.rows import EARLIEST_AGE, HOURS_TOLERANCE_MILLI, age_band
from portal.submissions.checks.values import LONGEST_KEY, NANO, PLACEHOLDERS
from portal.submissions.forms import NOT_KNOWN, ItemType
from portal.submissions.reading import Row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from portal.submissions.checks.rows import CheckedRow, RowChecker
    from portal.submissions.findings import Finding
    from portal.submissions.forms import Item
    from portal.submissions.reading.columns import Columns

#: Texts that mean themselves: printed signs with single blanks between, and capitals and digits.
_PLAIN = {ItemType.KEY: r"^[!-~]+( [!-~]+)*$", ItemType.REGISTRATION: r"^[0-9A-Z]+$"}
_NO_VALUE = sorted(PLACEHOLDERS | {NOT_KNOWN, "not known"})
_NONE = -1
_TELL_EVERY = 2_000


@dataclass
class Column:
    """A column as codes: for each row the place of its value among the different ones."""

    values: list[Any]
    codes: np.ndarray

    def numbers(self) -> np.ndarray:
        """The values as whole numbers; -1 where there is none."""
        return np.array([_NONE if value is None else value for value in self.values], dtype=np.int64)[self.codes]

    def where(self, test: Callable[[Any], bool]) -> np.ndarray:
        """Rows whose value passes a test."""
        return np.array([bool(test(value)) for value in self.values], dtype=bool)[self.codes]


class ColumnChecker:
    """Checks the rows of a table. ``good`` has a row for each record, ready to be stored."""

    def __init__(self, checker: RowChecker, columns: Columns, progress: Callable[[int], None] | None = None) -> None:
        self.checker = checker
        self.context = checker.context
        self.form = checker.form
        self.source = columns
        self.progress = progress
        self.rows = len(columns.frame)
        self.columns: dict[str, Column] = {}
        #: Keys and registration numbers mostly differ: they stay texts. Empty: none, or a fault.
        self.keys: dict[str, pl.Series] = {}
        self.suspect = np.zeros(self.rows, dtype=bool)
        self._take_all([item for item in self.form.items if item.name in checker.columns])
        self._check_time()
        self._check_registration()
        self._check_dates()
        self._check_duplicates()

    # --- one column at a time ----------------------------------------------------------------------

    def _take_all(self, items: list[Item]) -> None:
        """Read every column, some side by side."""
        texts = [self.source.frame[str(self.checker.columns[item.name][0])] for item in items]
        with ThreadPoolExecutor(AT_ONCE) as readers:
            taken = list(readers.map(self._take, items, texts))
        for item, (column, is_bad) in zip(items, taken, strict=True):
            self.suspect |= is_bad
            if isinstance(column, Column):
                self.columns[item.name] = column
            else:
                self.keys[item.name] = column

    def _take(self, item: Item, texts: pl.Series) -> tuple[Column | pl.Series, np.ndarray]:
        """Return a column and its rows with a fault."""
        if item.type in _PLAIN:
            return self._keys(item, texts)
        different = texts.unique()
        is_constant = len(different) == 1
        codes = (
            np.zeros(self.rows, np.uint32) if is_constant else texts.cast(pl.Enum(different)).to_physical().to_numpy()
        )
        found = [self.checker.convert(item, text) for text in different]
        is_bad = np.array([fault is not None for _value, fault in found], dtype=bool)
        return Column([value for value, _fault in found], codes), is_bad[codes]

    def _keys(self, item: Item, texts: pl.Series) -> tuple[pl.Series, np.ndarray]:
        plain = (
            texts.str.contains(_PLAIN[item.type])
            & (texts.str.len_bytes() <= LONGEST_KEY)
            & ~texts.str.to_lowercase().is_in(_NO_VALUE)
        )
        if not item.required:
            plain |= texts == ""
        if plain.all():
            return texts, np.zeros(self.rows, dtype=bool)
        others = texts.filter(~plain).unique().to_list()
        found = [self.checker.convert(item, text) for text in others]
        faulty = [text for text, (_value, fault) in zip(others, found, strict=True) if fault is not None]
        return texts.replace(others, [value or "" for value, _fault in found]), texts.is_in(faulty).to_numpy()

    # --- what the cells say together: rows in which a check might find something --------------------

    def _numbers(self, name: str) -> np.ndarray:
        return self.columns[name].numbers() if name in self.columns else np.full(self.rows, _NONE, dtype=np.int64)

    def _where(self, name: str, test: Callable[[Any], bool]) -> np.ndarray:
        return self.columns[name].where(test) if name in self.columns else np.full(self.rows, bool(test(None)))

    def _check_time(self) -> None:
        hours, fte = self._numbers("contracted_hours"), self._numbers("fte")
        per_fte = int(self.form.full_time_hours * 1000)
        has_fte, has_hours = fte != _NONE, hours != _NONE
        if (~has_fte & has_hours).any():
            different = np.unique(hours[~has_fte & has_hours])
            made = {value: round(value * NANO / (self.form.full_time_hours * 1000)) for value in different.tolist()}
            known = np.array(list(made)), np.array(list(made.values()), dtype=np.int64)
            at = np.searchsorted(known[0], hours[~has_fte & has_hours])
            fte = fte.copy()
            fte[~has_fte & has_hours] = known[1][at]
        apart = np.abs(fte * per_fte // NANO - hours) > HOURS_TOLERANCE_MILLI
        self.suspect |= (~has_fte & ~has_hours) | (has_fte & has_hours & apart) | (fte > NANO) | (fte == 0)
        self.fte = fte

    def _check_registration(self) -> None:
        has_body = self._where("registration_body", lambda body: body not in {None, "none", NOT_KNOWN})
        has_part = self._where("registration_part", lambda part: part not in {None, NOT_KNOWN})
        number = self.keys.get("registration_number")
        has_number = np.zeros(self.rows, dtype=bool) if number is None else (number != "").to_numpy()
        self.suspect |= ~has_body & (has_number | has_part)
        self.suspect |= self._pairs(
            "registration_body", "registration_part", lambda body, part: not (part or "").startswith(f"{body}/")
        ) & (has_body & has_part)
        self.suspect |= self._pairs("role", "registration_body", self._is_unexpected)
        for rule in self.form.registration_formats if number is not None else ():
            here = self._where("registration_body", lambda body, rule=rule: body == rule.body) & has_number
            if here.any():
                self.suspect |= here & ~number.str.contains(f"^(?:{rule.pattern})$").to_numpy()

    def _is_unexpected(self, role: str | None, body: str | None) -> bool:
        expected = self.form.body_of_role(role) if role else ""
        return bool(expected) and body is not None and body != expected

    def _pairs(self, first: str, second: str, test: Callable[[Any, Any], bool]) -> np.ndarray:
        """Rows in which two columns together pass a test."""
        if first not in self.columns or second not in self.columns:
            return np.zeros(self.rows, dtype=bool)
        one, two = self.columns[first], self.columns[second]
        table = np.array([[test(left, right) for right in two.values] for left in one.values], dtype=bool)
        return table.reshape(len(one.values), len(two.values))[one.codes, two.codes]

    def _check_dates(self) -> None:
        starts = self.columns.get("start_date")
        years = self._numbers("oh_start_year")
        self.born = born = self._numbers("birth_year")
        started = np.full(self.rows, _NONE, dtype=np.int64)
        if starts is not None:
            self.suspect |= starts.where(lambda day: day is not None and day > self.context.reference_date)
            started = np.array([_NONE if day is None else day.year for day in starts.values], dtype=np.int64)[
                starts.codes
            ]
        earliest = np.where(born == _NONE, _NONE, born + EARLIEST_AGE)
        for year in (started, years):
            self.suspect |= (year != _NONE) & (year < earliest)
        self.suspect |= (started != _NONE) & (years > started)
        if (bands := self.columns.get("age_band")) is not None:
            said = bands.where(lambda band: band not in {None, NOT_KNOWN})
            self.suspect |= said & (born != _NONE) & self._differs(born, bands)

    def _differs(self, born: np.ndarray, bands: Column) -> np.ndarray:
        years, at = np.unique(born, return_inverse=True)
        table = np.array([[band != value for value in bands.values] for band in self.bands_of(years)], dtype=bool)
        return table.reshape(len(years), len(bands.values))[at, bands.codes]

    def bands_of(self, years: np.ndarray) -> list[str | None]:
        """Return the age band of each year of birth; -1 has none."""
        latest = self.context.reference_date.year
        return [None if year == _NONE else age_band(latest - year) for year in years.tolist()]

    def _check_duplicates(self) -> None:
        """Every row of a group with one post, or with one registration number, is looked at again."""
        worker = self.keys.get("worker_key")
        if worker is None:
            return
        again = worker.is_duplicated()
        if again.any():
            title, role = self.columns["job_title"], self.columns["role"]
            titles = pl.Series([(value or "").casefold() for value in title.values], dtype=pl.String)
            roles = pl.Series([value or "" for value in role.values], dtype=pl.String)
            post = pl.DataFrame(
                {"worker": worker, "role": roles.gather(role.codes), "title": titles.gather(title.codes)}
            )
            self.suspect |= (post.is_duplicated() & (worker != "")).to_numpy()
        number = self.keys.get("registration_number")
        if number is not None:
            self.suspect |= (number.is_duplicated() & (number != "")).to_numpy()

    # --- rows one by one where need be, and the records of all of them ------------------------------

    def look_again(self) -> Iterator[CheckedRow]:
        """Yield every row in which something may be found, checked by itself."""
        frame = self.source.frame
        wanted = [int(name) for name in frame.columns if name.isdigit()]
        width = len(self.checker.headings)
        again = iter(self.source.uneven)
        waiting = next(again, None)
        for done, values in enumerate(frame.filter(pl.Series(self.suspect)).iter_rows(named=False), start=1):
            number, line = values[-1], values[-2]
            while waiting is not None and waiting[0] < number:
                yield self.checker.check_one(*waiting)
                waiting = next(again, None)
            cells = [""] * width
            for index, text in zip(wanted, values, strict=False):
                cells[index] = text
            yield self.checker.check_one(number, Row(line, cells))
            if self.progress and done % _TELL_EVERY == 0:
                self.progress(number)
        while waiting is not None:
            yield self.checker.check_one(*waiting)
            waiting = next(again, None)

    def records(self, mended: list[CheckedRow]) -> pl.DataFrame:
        """Return the records: of rows without a finding, and of ``mended`` ones that have one and are kept."""
        clean = records_frame(self, np.flatnonzero(~self.suspect))
        if not mended:
            return clean
        return pl.concat([as_text(clean), frame_of(mended)]).sort("number")

    def whole_file(self, good: pl.DataFrame) -> list[Finding]:
        """Return what is found only when all rows are read, of all records."""
        several = good.filter(pl.col("worker_ref").is_duplicated() | (pl.col("fte_nano") * 2 > 3 * NANO))
        people = several.group_by("worker_ref", maintain_order=True).agg(
            pl.col("fte_nano").sum(), pl.col("line").first()
        )
        self.checker.fte_of = dict(people.select("worker_ref", "fte_nano").iter_rows())
        return self.checker.whole_file(dict(people.select("worker_ref", "line").iter_rows()))
