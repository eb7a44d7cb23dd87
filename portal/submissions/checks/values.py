"""One cell: what is written to what is meant, or the fault that names it."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Protocol

from rapidfuzz import fuzz, process

from portal.submissions.forms import NOT_KNOWN, FormVersion, Item, ItemType

if TYPE_CHECKING:
    from collections.abc import Callable

NANO = 10**9
MAX_HOURS = Decimal(75)
LONGEST_TEXT = 255
#: More people in one line of totals than any provider has.
MOST_PEOPLE = 10_000
LONGEST_KEY = 64
#: What people write where they have no value. Unknown is a status, never a number or a sign.
PLACEHOLDERS = frozenset(
    {"null", "none given", "-", "--", "n/a", "na", "#n/a", "?", "??", "tbc", "999", "9999", "99999", "xxx"}
)
_PLAIN_NUMBER = re.compile(r"[-+]?(\d{1,3}(,\d{3})+|\d+)(\.\d+)?")
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?: 00:00:00)?")
_BRITISH = re.compile(r"(\d{1,2})[/.\- ](\d{1,2})[/.\- ](\d{4})")
_NAMED = re.compile(r"(\d{1,2})[\s-]+([A-Za-z]{3,9})[\s-]+(\d{4})")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_DISTRICT = re.compile(r"[A-Z]{1,2}\d[A-Z\d]?")
_WHOLE_POSTCODE = re.compile(r"([A-Z]{1,2}\d[A-Z\d]?) ?\d[A-Z]{2}")
_MONTHS = {
    name: number
    for number, name in enumerate(
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], start=1
    )
}
_SERIAL_DATES = range(20_000, 80_000)


class Fault(Exception):  # noqa: N818 - a finding about a value, not a failure of the program
    """The value cannot be taken. Carries the check's code and the message."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class RoleMatch(Protocol):
    """The role that a label stands for."""

    code: str
    group: str


@dataclass
class Context:
    """What a value is checked against."""

    form: FormVersion
    reference_date: dt.date
    find_role: Callable[[str], RoleMatch | None]
    #: Titles and codes to choose the nearest from.
    role_labels: tuple[str, ...] = ()
    roles: dict[str, RoleMatch] = field(default_factory=dict)


def _nearest(text: str, choices: Any) -> str:
    found = process.extractOne(text, choices, scorer=fuzz.WRatio, processor=str.casefold, score_cutoff=60)
    return f" Did you mean “{found[0]}”?" if found else ""


def _refuse_placeholder(item: Item, text: str) -> None:
    if text.casefold() in PLACEHOLDERS:
        raise Fault(
            "E-111",
            f"{item.label} is “{text}”, which stands for no value. Write the value, “not_known”, or leave it blank.",
        )


def _text(item: Item, text: str, _context: Context) -> str:
    _refuse_placeholder(item, text)
    longest = LONGEST_KEY if item.type is ItemType.KEY else LONGEST_TEXT
    if len(text) > longest:
        raise Fault("E-108", f"{item.label} has {len(text)} characters; at most {longest} are taken.")
    if _CONTROL.search(text):
        raise Fault("E-108", f"{item.label} “{text}” holds a control character.")
    return " ".join(text.split())


def _role(item: Item, text: str, context: Context) -> str:
    _refuse_placeholder(item, text)
    found = context.find_role(text)
    if found is None:
        raise Fault("E-103", f"{item.label} “{text}” is no role in the register.{_nearest(text, context.role_labels)}")
    context.roles[found.code] = found
    return found.code


def _code(item: Item, text: str, context: Context) -> str:
    allowed = context.form.list_of(item)
    found = allowed.by_spelling.get(text.casefold())
    if found is None:
        _refuse_placeholder(item, text)
        raise Fault(
            "E-103",
            f"{item.label} “{text}” is not in the list.{_nearest(text, [*allowed.codes, *allowed.codes.values()])}",
        )
    return found


def _codes(item: Item, text: str, context: Context) -> str:
    parts = [part.strip() for part in re.split(r"[;|\n]", text) if part.strip()]
    codes = sorted({_code(item, part, context) for part in parts} - {"none", NOT_KNOWN})
    return "|" + "|".join(codes) + "|" if codes else ""


def _number(item: Item, text: str) -> Decimal:
    _refuse_placeholder(item, text)
    if not _PLAIN_NUMBER.fullmatch(text):
        raise Fault("E-105", f"{item.label} “{text}” is not a number.")
    try:
        return Decimal(text.replace(",", ""))
    except InvalidOperation as error:
        raise Fault("E-105", f"{item.label} “{text}” is not a number.") from error


def _percent(item: Item, text: str, _context: Context) -> int:
    share = _number(item, text.removesuffix("%").rstrip())
    if not 0 <= share <= 100:  # noqa: PLR2004 - per cent
        raise Fault("E-106", f"{item.label} “{text}” is not between 0 and 100.")
    return int((share * 10).to_integral_value())


def _hours(item: Item, text: str, _context: Context) -> int:
    hours = _number(item, text)
    if not 0 <= hours <= MAX_HOURS:
        raise Fault("E-106", f"{item.label} “{text}” is not between 0 and {MAX_HOURS}.")
    return int((hours * 1000).to_integral_value())


def _fte(item: Item, text: str, _context: Context) -> int:
    fte = _number(item, text)
    if fte < 0:
        raise Fault("E-106", f"{item.label} “{text}” is below 0.")
    if fte > 2:  # noqa: PLR2004 - twice full time is 75 hours, the limit of hours
        raise Fault(
            "E-106", f"{item.label} “{text}” is above 2, more than 75 hours a week. Hours go into their own column."
        )
    return int((fte * NANO).to_integral_value())


def _count(item: Item, text: str, _context: Context) -> int:
    count = _number(item, text)
    if count != count.to_integral_value() or not 1 <= count <= MOST_PEOPLE:
        raise Fault("E-106", f"{item.label} “{text}” is not a whole number from 1 to {MOST_PEOPLE:,}.")
    return int(count)


def _total_fte(item: Item, text: str, _context: Context) -> int:
    fte = _number(item, text)
    if not 0 <= fte <= 2 * MOST_PEOPLE:
        raise Fault("E-106", f"{item.label} “{text}” is not between 0 and {2 * MOST_PEOPLE:,}.")
    return int((fte * NANO).to_integral_value())


def _year(item: Item, text: str, context: Context) -> int:
    _refuse_placeholder(item, text)
    latest = context.reference_date.year
    earliest = latest - 100
    if not re.fullmatch(r"\d{4}", text) or not earliest <= int(text) <= latest:
        raise Fault("E-107", f"{item.label} “{text}” is not a year from {earliest} to {latest}.")
    return int(text)


def _date(item: Item, text: str, _context: Context) -> dt.date:
    _refuse_placeholder(item, text)
    if text.isdigit() and int(text) in _SERIAL_DATES:
        raise Fault("E-104", f"{item.label} “{text}” is a number. If it is a date, format the cell as a date.")
    year, month, day = _date_parts(item, text)
    try:
        return dt.date(year, month, day)
    except ValueError as error:
        raise Fault("E-104", f"{item.label} “{text}” is not a date that exists.") from error


def _date_parts(item: Item, text: str) -> tuple[int, int, int]:
    if match := _ISO.fullmatch(text):
        return int(match[1]), int(match[2]), int(match[3])
    if match := _BRITISH.fullmatch(text):
        return int(match[3]), int(match[2]), int(match[1])
    if (match := _NAMED.fullmatch(text)) and match[2][:3].casefold() in _MONTHS:
        return int(match[3]), _MONTHS[match[2][:3].casefold()], int(match[1])
    raise Fault("E-104", f"{item.label} “{text}” is not a date. Write it as 01/09/2019 or 2019-09-01.")


def _registration(item: Item, text: str, _context: Context) -> str:
    _refuse_placeholder(item, text)
    return "".join(text.split()).upper()


def _postcode_district(item: Item, text: str, _context: Context) -> str:
    district = " ".join(text.upper().split())
    if whole := _WHOLE_POSTCODE.fullmatch(district):
        raise Fault("E-110", f"{item.label}: a whole postcode tells too much. Write its first half only, “{whole[1]}”.")
    if not _DISTRICT.fullmatch(district):
        raise Fault("E-110", f"{item.label} “{text}” is not a postcode district such as B15.")
    return district


CONVERTERS: dict[ItemType, Callable[[Item, str, Context], Any]] = {
    ItemType.KEY: _text,
    ItemType.TEXT: _text,
    ItemType.ROLE: _role,
    ItemType.CODE: _code,
    ItemType.CODES: _codes,
    ItemType.PERCENT: _percent,
    ItemType.HOURS: _hours,
    ItemType.FTE: _fte,
    ItemType.COUNT: _count,
    ItemType.TOTAL_FTE: _total_fte,
    ItemType.YEAR: _year,
    ItemType.DATE: _date,
    ItemType.REGISTRATION: _registration,
    ItemType.POSTCODE_DISTRICT: _postcode_district,
}
