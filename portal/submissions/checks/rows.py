"""Records: every cell by its item, then what the cells say together.

A value is converted once for each spelling, however many rows hold it: a file of a hundred
thousand rows has a few hundred different values in most columns.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from portal.submissions.checks.catalogue import CHECKS
from portal.submissions.checks.values import CONVERTERS, NANO, Context, Fault
from portal.submissions.findings import Finding
from portal.submissions.forms import NOT_KNOWN, Item, ItemType
from portal.submissions.storing import RecordValues

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from decimal import Decimal

    from portal.submissions.reading import Row

EARLIEST_AGE = 14
#: Hours and FTE may differ by a quarter of an hour a week before anyone is asked.
HOURS_TOLERANCE_MILLI = 250
#: Items that are stored under another name.
ITEM_FIELDS = {
    "worker_key": "worker_ref", "role": "role_code", "oh_share": "oh_share_milli", "region": "region_code", "icb": "icb_code",
    "contracted_hours": "weekly_hours_milli", "fte": "fte_nano",
}  # fmt: skip


@dataclass(slots=True)
class CheckedRow:
    """A row of the file, what was found in it, and the record it makes where nothing is in the way."""

    line: int
    number: int
    given: dict[str, str]
    record: RecordValues | None
    findings: list[Finding] = field(default_factory=list)


class RowChecker:
    """Checks rows one after another. ``columns`` maps each item to (index in the row, column of the file)."""

    def __init__(self, context: Context, columns: dict[str, tuple[int, int]], headings: list[str]) -> None:
        self.context = context
        self.form = context.form
        self.columns = columns
        self.headings = headings
        self._cells: list[tuple[str, Item, int, dict[str, tuple[Any, Fault | None]]]] = [
            (item.name, item, columns[item.name][0], {}) for item in self.form.items if item.name in columns
        ]
        self._absent = [item for item in self.form.items if item.required and item.name not in columns]
        # The form version pins the lists of equalities and their editions.
        self.equality_lists = self.form.code
        self.full_time: Decimal = self.form.full_time_hours
        self._seen_posts: dict[tuple[str, str, str], int] = {}
        self._seen_registrations: dict[tuple[str, str], tuple[str, int]] = {}
        self.fte_of: dict[str, int] = {}

    def check(self, rows: Iterable[Row]) -> Iterator[CheckedRow]:
        """Yield every row, checked."""
        for number, row in enumerate(rows, start=1):
            yield self.check_one(number, row)

    def check_one(self, number: int, row: Row) -> CheckedRow:
        """Return a row, checked."""
        checked = CheckedRow(row.line, number, {}, None)
        if row.width is None:
            self._check_row(row, checked)
            return checked
        checked.given = self.given(row.cells)
        says = f"The row has {row.width} cells; the headings have {len(self.headings)}."
        self._find(checked, "E-101", None, str(row.width), f"{says} Its values may have moved to another column.")
        return checked

    def given(self, cells: list[str]) -> dict[str, str]:
        """Return the cells that hold something, item to text."""
        return {name: cells[index] for name, _item, index, _cache in self._cells if cells[index].strip()}

    def _check_row(self, row: Row, checked: CheckedRow) -> None:
        values: dict[str, Any] = {}
        cells = row.cells
        for name, item, index, cache in self._cells:
            text = cells[index]
            try:
                value, fault = cache[text]
            except KeyError:
                value, fault = self.convert(item, text)
                if item.type not in {ItemType.KEY, ItemType.REGISTRATION}:
                    cache[text] = (value, fault)
            if fault is not None:
                self._find(checked, fault.code, name, text.strip(), fault.message)
            elif value is not None:
                values[name] = value
        for item in self._absent:
            self._find(checked, "E-102", item.name, "", f"{item.label} is required, and the file has no such column.")
        self._cross_check(checked, values)
        if any(CHECKS[finding.code].severity == "error" for finding in checked.findings):
            checked.given = self.given(cells)
        else:
            checked.record = self._record(row.line, values)
            self._remember(values)

    def convert(self, item: Item, text: str) -> tuple[Any, Fault | None]:
        """Return what a cell says, or the fault in it."""
        stripped = text.strip()
        if not stripped:
            if item.required:
                return None, Fault("E-102", f"{item.label} is required and is blank.")
            return None, None
        if (
            stripped.casefold() in {NOT_KNOWN, "not known"}
            and item.type not in {ItemType.CODE, ItemType.CODES, ItemType.ROLE}
            and not item.required
        ):
            return None, None
        try:
            return CONVERTERS[item.type](item, stripped, self.context), None
        except Fault as fault:
            return None, fault

    def _find(self, checked: CheckedRow, code: str, item: str | None, value: str, message: str) -> None:
        column = self.columns.get(item or "", (0, 0))[1] or None
        label = self.form.by_name[item].label if item else ""
        checked.findings.append(
            Finding(
                code,
                CHECKS[code].severity,
                message,
                checked.line,
                column,
                label,
                item or "",
                value[:255],
                checked.number,
            ),
        )

    # --- what the cells say together ---------------------------------------------------------------

    def _cross_check(self, checked: CheckedRow, values: dict[str, Any]) -> None:
        self._check_time(checked, values)
        self._check_registration(checked, values)
        self._check_dates(checked, values)
        self._check_duplicates(checked, values)

    def _check_time(self, checked: CheckedRow, values: dict[str, Any]) -> None:
        hours, fte = values.get("contracted_hours"), values.get("fte")
        if fte is None and hours is None:
            if not any(finding.item in {"fte", "contracted_hours"} for finding in checked.findings):
                self._find(checked, "E-115", "fte", "", "Give FTE or contracted hours a week: at least one of them.")
            return
        if fte is None:
            values["fte"] = fte = round(hours * NANO / (self.full_time * 1000))
        elif hours is not None and abs(fte * self._milli_per_fte // NANO - hours) > HOURS_TOLERANCE_MILLI:
            says = f"{hours / 1000:g} hours a week are an FTE of {hours / self._milli_per_fte:.3g}; FTE says {fte / NANO:g}."
            self._find(checked, "Q-101", "fte", f"{fte / NANO:g}", f"{says} {self.full_time} hours a week are 1.0.")
        if fte > NANO:
            self._find(checked, "Q-102", "fte", f"{fte / NANO:g}", f"FTE of this one post is {fte / NANO:g}, above 1.")
        elif fte == 0:
            self._find(checked, "Q-105", "fte", "0", "FTE is 0: the record counts a person and no time.")

    @cached_property
    def _milli_per_fte(self) -> int:
        return int(self.full_time * 1000)

    def _check_registration(self, checked: CheckedRow, values: dict[str, Any]) -> None:
        body, number, part = (
            values.get(name) for name in ("registration_body", "registration_number", "registration_part")
        )
        role = values.get("role")
        has_body = body not in {None, "none", NOT_KNOWN}
        status = values.get("registration_status")
        if not has_body and (number or part not in {None, NOT_KNOWN} or status not in {None, NOT_KNOWN}):
            name, value = ("registration_number", "given") if number else ("registration_part", part)
            if value in {None, NOT_KNOWN}:
                name, value = "registration_status", status
            self._find(
                checked, "E-114", name, value, f"{self.form.by_name[name].label} is given without a registration body."
            )
        elif has_body and part not in {None, NOT_KNOWN} and not part.startswith(f"{body}/"):
            self._find(checked, "E-114", "registration_part", part, f"“{part}” is no part of the register of “{body}”.")
        if number and has_body and (form := self._formats.get(body)) and not form[0].fullmatch(number):
            self._find(
                checked,
                "E-109",
                "registration_number",
                "given",
                f"The registration number is not in the form of {body.upper()}: {form[1]}.",
            )
        if role and (expected := self.form.body_of_role(role)) and body is not None and body != expected:
            self._find(
                checked,
                "Q-103",
                "registration_body",
                body,
                f"The role “{role}” is expected to be registered with “{expected}”; the record says “{body}”.",
            )

    @cached_property
    def _formats(self) -> dict[str, tuple[re.Pattern[str], str]]:
        return {rule.body: (re.compile(rule.pattern), rule.says) for rule in self.form.registration_formats}

    def _check_dates(self, checked: CheckedRow, values: dict[str, Any]) -> None:
        start, first, born = values.get("start_date"), values.get("oh_start_year"), values.get("birth_year")
        if start is not None and start > self.context.reference_date:
            self._find(
                checked,
                "E-113",
                "start_date",
                start.isoformat(),
                f"Start date {start:%d/%m/%Y} is after the reference date {self.context.reference_date:%d/%m/%Y}.",
            )
        if born is not None:
            # Only the year is known: the 14th birthday is in the year of birth plus 14 at the earliest.
            for name, year in (("start_date", start.year if start else None), ("oh_start_year", first)):
                if year is not None and year < born + EARLIEST_AGE:
                    self._find(
                        checked,
                        "E-112",
                        name,
                        str(year),
                        f"{self.form.by_name[name].label} is in {year}, before the 14th birthday of somebody born in {born}.",
                    )
            band = values.get("age_band")
            if band not in {None, NOT_KNOWN} and band != age_band(self.context.reference_date.year - born):
                self._find(checked, "E-116", "age_band", band, f"Age band “{band}” and year of birth {born} disagree.")
        if start is not None and first is not None and first > start.year:
            self._find(
                checked,
                "Q-104",
                "oh_start_year",
                str(first),
                f"First worked in occupational health in {first}, after starting in this post in {start.year}.",
            )

    def _check_duplicates(self, checked: CheckedRow, values: dict[str, Any]) -> None:
        worker = values.get("worker_key")
        if worker is None:
            return
        post = (worker, values.get("role", ""), values.get("job_title", "").casefold())
        if (line := self._seen_posts.setdefault(post, checked.line)) != checked.line:
            self._find(
                checked,
                "E-201",
                "worker_key",
                worker,
                f"Worker “{worker}” has the same role and job title in line {line}.",
            )
        if number := values.get("registration_number"):
            known, line = self._seen_registrations.setdefault(
                (values.get("registration_body", ""), number), (worker, checked.line)
            )
            if known != worker:
                self._find(
                    checked,
                    "E-202",
                    "registration_number",
                    "given",
                    f"The registration number is also that of worker “{known}” in line {line}.",
                )

    def _remember(self, values: dict[str, Any]) -> None:
        worker = values["worker_key"]
        self.fte_of[worker] = self.fte_of.get(worker, 0) + values["fte"]

    def whole_file(self, checked: dict[str, int]) -> list[Finding]:
        """Return what is found only when all rows are read. ``checked`` is worker to a line of theirs."""
        column = self.columns.get("fte", (0, 0))[1] or None
        return [
            Finding(
                "Q-201", CHECKS["Q-201"].severity, f"FTE of worker “{worker}” adds up to {fte / NANO:g}, above 1.5.",
                checked.get(worker), column, "FTE", "fte", f"{fte / NANO:g}", worker_ref=worker,
            )
            for worker, fte in self.fte_of.items()
            if fte * 2 > 3 * NANO
        ]  # fmt: skip

    def _record(self, line: int, values: dict[str, Any]) -> RecordValues:
        born = values.get("birth_year")
        if born is not None and values.get("age_band") in {None, NOT_KNOWN}:
            values["age_band"] = age_band(self.context.reference_date.year - born)
        number = values.pop("registration_number", None)
        part = values.get("registration_part")
        if part and "/" in part:
            values["registration_part"] = part.partition("/")[2]
        return RecordValues(
            line=line,
            role_group=self.context.roles[values["role"]].group,
            registration=(values["registration_body"], number) if number else None,
            equality_lists=self.equality_lists,
            **{ITEM_FIELDS.get(name, name): value for name, value in values.items()},
        )


def age_band(age: int) -> str:
    """Return the code of the age band: age reached in the year of the reference date."""
    if age < 25:  # noqa: PLR2004 - the lowest band
        return "under_25"
    if age >= 65:  # noqa: PLR2004 - the highest band
        return "65_over"
    floor = age // 5 * 5
    return f"{floor}_{floor + 4}"
