"""Every check: its code, how severe it is and what it asks for.

An error blocks the submission of the row. A query is stored and answered by a mended value or by
a reason, which is remembered. A note is only said. The public data dictionary shows this list.
"""

from __future__ import annotations

from dataclasses import dataclass

from portal.submissions.enums import Severity


@dataclass(frozen=True)
class Check:
    """One check."""

    code: str
    severity: Severity
    title: str


def _checks(severity: Severity, *pairs: tuple[str, str]) -> dict[str, Check]:
    return {code: Check(code, severity, title) for code, title in pairs}


CHECKS: dict[str, Check] = (
    _checks(
        Severity.ERROR,
        ("E-101", "The row has more or fewer cells than the headings"),
        ("E-102", "A required item is blank"),
        ("E-103", "A code or role that is not in the list"),
        ("E-104", "Not a date that exists"),
        ("E-105", "Not a number"),
        ("E-106", "A number outside what is possible"),
        ("E-107", "Not a year"),
        ("E-108", "A text that is too long or holds a control character"),
        ("E-109", "A registration number that is not in the body's form"),
        ("E-110", "Not a postcode district"),
        ("E-111", "A placeholder instead of a value"),
        ("E-112", "Started before the 14th birthday"),
        ("E-113", "Started after the reference date"),
        ("E-114", "A part or number of a register without the body"),
        ("E-115", "Neither hours nor FTE"),
        ("E-116", "Age band and year of birth disagree"),
        ("E-201", "The same worker, role and job title twice"),
        ("E-202", "One registration number under two worker keys"),
        ("E-203", "Two lines of totals for the same people"),
    )
    | _checks(
        Severity.QUERY,
        ("Q-101", "FTE and hours disagree"),
        ("Q-102", "FTE of one post above 1"),
        ("Q-103", "The role needs a registration that the record lacks"),
        ("Q-104", "First worked in occupational health after starting in post"),
        ("Q-105", "No time at all: FTE or hours are 0"),
        ("Q-201", "FTE of one person above 1.5 in this return"),
        ("Q-202", "FTE of one person above 1.5 across returns"),
        ("Q-203", "Declared headcount and records differ"),
        ("Q-204", "No doctor and no nurse"),
        ("Q-205", "A large change against the last return"),
        ("Q-206", "The same file from another organisation"),
        ("Q-207", "More than 500 people at one provider"),
        ("Q-208", "One site returns everybody of a group"),
        ("Q-209", "Vacancies, joiners or leavers do not fit the staff"),
        ("Q-210", "Joiners and leavers do not explain the change"),
    )
    | _checks(
        Severity.NOTE,
        ("N-101", "Read differently from how it is written"),
        ("N-201", "Declared headcount and records differ a little"),
    )
)
