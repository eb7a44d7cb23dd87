"""The individual-level records of the primary care network workforce, as published.

One row is one role that a person holds, or a contracted service without a person. Headings,
labels and quirks are those of the real files; nothing is guessed: a value that is read
differently from how it is written is noted, queried or refused.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Protocol

from portal.submissions.enums import RecordKind, Severity
from portal.submissions.findings import Finding
from portal.submissions.models.records import NANO, NOT_KNOWN
from portal.submissions.reading import Refused, TableReader, fold, open_table
from portal.submissions.storing import RecordValues

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HEADINGS = (
    "Data_source", "CENSUS_YEAR", "CENSUS_MONTH", "PCN_CODE", "PCN_NAME", "SUB_ICB_CODE", "SUB_ICB_NAME",
    "ICB_CODE", "ICB_NAME", "COMM_REGION_CODE", "COMM_REGION_NAME", "STAFF_GROUP", "STAFF_ROLE",
    "DETAILED_STAFF_ROLE", "FTE", "UNIQUE_IDENTIFIER",
)  # fmt: skip
CONTRACTED = "NWRS contracted services"
NO_IDENTIFIER = "NULL"
_NUMBER = re.compile(r"[-+]?\d{1,6}(\.\d{1,9})?")
_PCN_CODE = re.compile(r"U\d{5}")


class RoleMatch(Protocol):
    """The role that a label stands for."""

    @property
    def code(self) -> str:
        """Stable code of the role."""

    @property
    def group(self) -> str:
        """Code of the role group."""


@dataclass
class Network:
    """One primary care network of the file and its records."""

    code: str
    name: str
    region_code: str
    icb_code: str
    records: list[RecordValues] = field(default_factory=list)


@dataclass
class PcnFile:
    """What the file says."""

    rows: int = 0
    networks: dict[str, Network] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    encoding: str = ""

    @property
    def stored(self) -> int:
        """How many rows became records."""
        return sum(len(network.records) for network in self.networks.values())


class PcnReader:
    """Reads one file for one period. ``find_role`` looks a label up in the published roles."""

    def __init__(self, period: tuple[int, int], find_role: Callable[[str, str], RoleMatch | None]) -> None:
        self.period = period
        self.find_role = find_role
        self.roles: dict[tuple[str, str], RoleMatch | None] = {}
        self.file = PcnFile()
        self.trimmed: Counter[str] = Counter()
        self.periods: Counter[tuple[str, str]] = Counter()
        self.seen: set[tuple[str, ...]] = set()

    def read(self, path: Path) -> PcnFile:
        """Read the file, or refuse all of it where it is empty, cut off or another file."""
        table = open_table(path, vocabulary=frozenset(fold(heading) for heading in HEADINGS))
        order = self._order(table)
        self._refuse_truncated(table)
        self.file.encoding = table.encoding
        self.columns = {heading: table.columns[index] for heading, index in zip(HEADINGS, order, strict=True)}
        for row in table.rows():
            self.file.rows += 1
            if row.width is not None:
                self._find(
                    "I-108",
                    Severity.ERROR,
                    row.line,
                    None,
                    str(row.width),
                    f"The row has {row.width} cells; the headings have {len(table.headings)}. Its values may have moved.",
                )
                continue
            self._take(
                row.line,
                dict(
                    zip(
                        HEADINGS,
                        [self._trim(heading, row.cells[index]) for heading, index in zip(HEADINGS, order, strict=True)],
                        strict=True,
                    )
                ),
            )
        self._close()
        return self.file

    def _order(self, table: TableReader) -> list[int]:
        places = {fold(heading): index for index, heading in enumerate(table.headings)}
        if missing := [heading for heading in HEADINGS if fold(heading) not in places]:
            raise Refused(
                "F-050",
                f"This is not a file of primary care network records. Line {table.heading_line} was read as the headings; it "
                f"lacks {len(missing)} of the {len(HEADINGS)} columns expected: {', '.join(missing)}.",
                line=table.heading_line,
            )
        return [places[fold(heading)] for heading in HEADINGS]

    def _refuse_truncated(self, table: TableReader) -> None:
        if hasattr(table.source, "ends_with_line_break") and not table.source.ends_with_line_break():
            raise Refused(
                "F-051",
                "The last line does not end with a line break, so the file has been cut off. A complete file was expected; "
                "fetch it again. Nothing of it was stored.",
            )

    def _trim(self, heading: str, value: str) -> str:
        trimmed = value.strip()
        if trimmed != value:
            self.trimmed[heading] += 1
        return trimmed

    def _find(self, code: str, severity: Severity, line: int, heading: str | None, value: str, message: str) -> None:
        column = self.columns[heading] if heading else None
        self.file.findings.append(
            Finding(
                code, severity, message, line, column, heading or "", heading or "", value, record_number=self.file.rows
            ),
        )

    def _take(self, line: int, row: dict[str, str]) -> None:
        self.periods[row["CENSUS_YEAR"], row["CENSUS_MONTH"]] += 1
        fte = self._fte(line, row["FTE"])
        role = self._role(line, row)
        if fte is None or role is None or not self._is_of_period(line, row):
            return
        network = self._network(line, row)
        if network is None:
            return
        reference = "" if row["UNIQUE_IDENTIFIER"] in {"", NO_IDENTIFIER} else row["UNIQUE_IDENTIFIER"]
        self._query(line, row, fte, reference)
        is_service = not reference and row["Data_source"] == CONTRACTED
        network.records.append(
            RecordValues(
                role_code=role.code,
                role_group=role.group,
                role_label=row["DETAILED_STAFF_ROLE"],
                fte_nano=fte,
                line=line,
                kind=RecordKind.SERVICE if is_service else RecordKind.RECORD,
                weight_count=0 if is_service else 1,
                worker_ref=reference,
                region_code=row["COMM_REGION_CODE"] or NOT_KNOWN,
                icb_code=row["ICB_CODE"] or NOT_KNOWN,
            ),
        )

    def _fte(self, line: int, text: str) -> int | None:
        if not _NUMBER.fullmatch(text):
            self._find(
                "I-101",
                Severity.ERROR,
                line,
                "FTE",
                text,
                f"FTE is “{text}”. A number with at most nine decimals was expected.",
            )
            return None
        return int(Decimal(text) * NANO)

    def _role(self, line: int, row: dict[str, str]) -> RoleMatch | None:
        label, within = row["DETAILED_STAFF_ROLE"], row["STAFF_ROLE"]
        if (label, within) not in self.roles:
            self.roles[label, within] = self.find_role(label, within)
        if self.roles[label, within] is None:
            self._find(
                "I-105",
                Severity.ERROR,
                line,
                "DETAILED_STAFF_ROLE",
                label,
                f"“{label}” (under “{within}”) is no published role and no other title of one.",
            )
        return self.roles[label, within]

    def _is_of_period(self, line: int, row: dict[str, str]) -> bool:
        year, month = row["CENSUS_YEAR"], row["CENSUS_MONTH"]
        if year.isdigit() and month.isdigit() and (int(year), int(month)) == self.period:
            return True
        self._find(
            "I-107",
            Severity.ERROR,
            line,
            "CENSUS_MONTH",
            f"{year}-{month}",
            f"The row is of year “{year}”, month “{month}”; the collection is of {self.period[0]}-{self.period[1]:02}.",
        )
        return False

    def _network(self, line: int, row: dict[str, str]) -> Network | None:
        code = row["PCN_CODE"]
        if not _PCN_CODE.fullmatch(code):
            self._find(
                "I-106",
                Severity.ERROR,
                line,
                "PCN_CODE",
                code,
                f"“{code}” is not the code of a primary care network. U and five digits were expected.",
            )
            return None
        network = self.file.networks.setdefault(
            code,
            Network(code, row["PCN_NAME"], row["COMM_REGION_CODE"] or NOT_KNOWN, row["ICB_CODE"] or NOT_KNOWN),
        )
        for heading, first in (
            ("PCN_NAME", network.name),
            ("COMM_REGION_CODE", network.region_code),
            ("ICB_CODE", network.icb_code),
        ):
            if not row[heading]:
                self._find(
                    "I-109", Severity.QUERY, line, heading, "", f"{heading} is blank; it is stored as not known."
                )
            elif row[heading] != first:
                self._find(
                    "I-110",
                    Severity.QUERY,
                    line,
                    heading,
                    row[heading],
                    f"{heading} is “{row[heading]}” here and “{first}” in an earlier row of {code}.",
                )
        return network

    def _query(self, line: int, row: dict[str, str], fte: int, reference: str) -> None:
        text = row["FTE"]
        if fte < 0:
            self._find(
                "I-102",
                Severity.QUERY,
                line,
                "FTE",
                text,
                f"FTE is {text}, below 0. It is stored as given and counts in totals.",
            )
        elif fte > NANO:
            self._find(
                "I-103",
                Severity.QUERY,
                line,
                "FTE",
                text,
                f"FTE is {text}, above 1 for one record. It is stored as given.",
            )
        elif fte == 0:
            self._find("I-104", Severity.QUERY, line, "FTE", text, "FTE is 0: the record counts a person and no time.")
        contracted = row["Data_source"] == CONTRACTED
        if not reference and not contracted:
            self._find(
                "I-111",
                Severity.QUERY,
                line,
                "UNIQUE_IDENTIFIER",
                row["UNIQUE_IDENTIFIER"],
                "The record has no identifier and is not a contracted service: it counts in FTE, not in people.",
            )
        if reference:
            key = (reference, row["PCN_CODE"], row["STAFF_ROLE"], row["DETAILED_STAFF_ROLE"], text)
            if key in self.seen:
                self._find(
                    "I-112",
                    Severity.QUERY,
                    line,
                    "UNIQUE_IDENTIFIER",
                    reference,
                    f"Identifier {reference} has the same network, role and FTE in an earlier row. Both are stored.",
                )
            self.seen.add(key)

    def _close(self) -> None:
        """Refuse a file without a usable row; say what was read differently from how it is written."""
        if not self.file.rows:
            raise Refused(
                "F-052", "The file has headings and no row below them. One row for each role held was expected."
            )
        if (str(self.period[0]), str(self.period[1])) not in {
            (year, month.lstrip("0")) for year, month in self.periods
        }:
            (year, month), _count = self.periods.most_common(1)[0] if self.periods else (("?", "?"), 0)
            raise Refused(
                "F-053",
                f"The file is of year “{year}”, month “{month}”; the collection expects {self.period[0]}-{self.period[1]:02}. Nothing of it was stored.",
            )
        if not self.file.stored:
            first = self.file.findings[0]
            raise Refused(
                "F-054", f"No row of the file can be used. Line {first.line}: {first.message}", line=first.line
            )
        for heading, count in sorted(self.trimmed.items()):
            self.file.notes.append(f"{count:,} values of {heading} begin or end with blanks; they are read without.")
