"""Code lists that a breakdown may use: every code, its label and its parent, in order.

Lists of places and of people's characteristics are written here with their edition; roles and
groups are read from the published definitions when a run begins.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

NOT_KNOWN = "not_known"
ENGLAND = "E92000001"


@dataclass(frozen=True)
class Code:
    """One code of a list."""

    code: str
    label: str
    parent: str = ""


#: NHS England regions with their integrated care boards, April 2022 edition (organisation codes).
_REGIONS: dict[str, tuple[str, dict[str, str]]] = {
    "Y56": ("London", {
        "QKK": "South East London", "QMF": "North East London", "QMJ": "North Central London",
        "QRV": "North West London", "QWE": "South West London",
    }),
    "Y58": ("South West", {
        "QJK": "Devon", "QOX": "Bath and North East Somerset, Swindon and Wiltshire", "QR1": "Gloucestershire",
        "QSL": "Somerset", "QT6": "Cornwall and the Isles of Scilly",
        "QUY": "Bristol, North Somerset and South Gloucestershire", "QVV": "Dorset",
    }),
    "Y59": ("South East", {
        "QKS": "Kent and Medway", "QNQ": "Frimley", "QNX": "Sussex", "QRL": "Hampshire and Isle of Wight",
        "QU9": "Buckinghamshire, Oxfordshire and Berkshire West", "QXU": "Surrey Heartlands",
    }),
    "Y60": ("Midlands", {
        "QGH": "Herefordshire and Worcestershire", "QHL": "Birmingham and Solihull", "QJ2": "Derby and Derbyshire",
        "QJM": "Lincolnshire", "QK1": "Leicester, Leicestershire and Rutland", "QNC": "Staffordshire and Stoke-on-Trent",
        "QOC": "Shropshire, Telford and Wrekin", "QPM": "Northamptonshire", "QT1": "Nottingham and Nottinghamshire",
        "QUA": "Black Country", "QWU": "Coventry and Warwickshire",
    }),
    "Y61": ("East of England", {
        "QH8": "Mid and South Essex", "QHG": "Bedfordshire, Luton and Milton Keynes",
        "QJG": "Suffolk and North East Essex", "QM7": "Hertfordshire and West Essex", "QMM": "Norfolk and Waveney",
        "QUE": "Cambridgeshire and Peterborough",
    }),
    "Y62": ("North West", {
        "QE1": "Lancashire and South Cumbria", "QOP": "Greater Manchester", "QYG": "Cheshire and Merseyside",
    }),
    "Y63": ("North East and Yorkshire", {
        "QF7": "South Yorkshire", "QHM": "North East and North Cumbria", "QOQ": "Humber and North Yorkshire",
        "QWO": "West Yorkshire",
    }),
}  # fmt: skip


def _regions(_family: str) -> list[Code]:
    return [Code(code, label, ENGLAND) for code, (label, _) in _REGIONS.items()]


def _icbs(_family: str) -> list[Code]:
    return [
        Code(code, f"NHS {label} ICB", region) for region, (_, icbs) in _REGIONS.items() for code, label in icbs.items()
    ]


def _choices(name: str) -> Callable[[str], list[Code]]:
    """Return a list made from the choices of the register, so that the two cannot differ."""

    def codes(_family: str) -> list[Code]:
        from portal.organisations import enums  # noqa: PLC0415 - specifications load without the apps

        return [Code(str(value), str(label)) for value, label in getattr(enums, name).choices if value != NOT_KNOWN]

    return codes


def _roles(family: str) -> list[Code]:
    from portal.pipelines.definitions_used import role_codes  # noqa: PLC0415 - reads the database

    return role_codes(family)


def _role_groups(family: str) -> list[Code]:
    from portal.pipelines.definitions_used import group_codes  # noqa: PLC0415 - reads the database

    return group_codes(family)


def _fixed(*pairs: tuple[str, str]) -> Callable[[str], list[Code]]:
    return lambda _family: [Code(code, label) for code, label in pairs]


def _equality(kind: str) -> Callable[[str], list[Code]]:
    """Return equality questions, or every answer to them, as the service asks them."""

    def codes(_family: str) -> list[Code]:
        from portal.applications.forms.applicant import EqualityForm  # noqa: PLC0415 - specifications load without the apps

        found = []
        for name, (question, answers) in EqualityForm.QUESTIONS.items():
            if kind == "question":
                found.append(Code(f"question-{name}", question))
                continue
            found += [Code(f"{name}-{code}", f"{question} {label}") for code, label in answers]
            found.append(Code(f"{name}-not_answered", f"{question} Not answered"))
        return found

    return codes


def _enum(module: str, name: str, prefix: str) -> Callable[[str], list[Code]]:
    """Return the choices of the service under codes that no other list has."""

    def codes(_family: str) -> list[Code]:
        from importlib import import_module  # noqa: PLC0415 - specifications load without the apps

        return [Code(f"{prefix}-{value}", str(label)) for value, label in getattr(import_module(module), name).choices]

    return codes


def _deprivation(prefix: str, number: int) -> Callable[[str], list[Code]]:
    ends = {1: " (most deprived)", number: " (least deprived)"}
    return _fixed(
        *(
            (f"{prefix}-{place}", f"{prefix.capitalize()} {place}{ends.get(place, '')}")
            for place in range(1, number + 1)
        )
    )


CODE_LISTS: dict[str, Callable[[str], list[Code]]] = {
    "nhs-regions": _regions,
    "icbs": _icbs,
    "provider-types": _choices("ProviderType"),
    "organisation-sizes": _choices("OrganisationSize"),
    "roles": _roles,
    "role-groups": _role_groups,
    "sexes": _fixed(("male", "Male"), ("female", "Female")),
    "deprivation-deciles": _deprivation("decile", 10),
    "deprivation-fifths": _deprivation("fifth", 5),
    "distances": _fixed(
        ("distance-under-5", "Under 5 miles"),
        ("distance-5-to-9", "5 to 9 miles"),
        ("distance-10-to-19", "10 to 19 miles"),
        ("distance-20-or-more", "20 miles or more"),
        ("distance-online", "Online"),
    ),
    "relationships": _fixed(("related-yes", "Knows somebody at the host"), ("related-no", "Knows nobody at the host")),
    "nearness": _fixed(
        ("near-demanded", "Host takes only people who live near"), ("near-free", "No demand to live near")
    ),
    "decision-speeds": _fixed(
        ("speed-14", "Within 14 days"),
        ("speed-28", "15 to 28 days"),
        ("speed-56", "29 to 56 days"),
        ("speed-later", "Later"),
        ("speed-never", "Never decided"),
    ),
    "allocation-rules": _enum("portal.opportunities.enums", "AllocationRule", "rule"),
    "rejection-reasons": _enum("portal.applications.enums", "RejectionReason", "reason"),
    "equality-questions": _equality("question"),
    "equality-answers": _equality("answer"),
}


def codes_of(code_list: str, family: str) -> list[Code]:
    """Return the codes of a list, and at its end the code of what is not known."""
    return [*CODE_LISTS[code_list](family), Code(NOT_KNOWN, "Not known")]
