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


CODE_LISTS: dict[str, Callable[[str], list[Code]]] = {
    "nhs-regions": _regions,
    "icbs": _icbs,
    "provider-types": _choices("ProviderType"),
    "organisation-sizes": _choices("OrganisationSize"),
    "roles": _roles,
    "role-groups": _role_groups,
    "sexes": _fixed(("male", "Male"), ("female", "Female")),
}


def codes_of(code_list: str, family: str) -> list[Code]:
    """Return the codes of a list, and at its end the code of what is not known."""
    return [*CODE_LISTS[code_list](family), Code(NOT_KNOWN, "Not known")]
