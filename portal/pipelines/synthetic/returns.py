"""The synthetic workforce as returns: what each organisation sends, as untidy as real returns are.

Job titles are spelt in many ways, registration numbers carry stray spaces and letters in either
case, some characteristics are missing, a few hours cannot be right. What a check must catch is in
:mod:`files`; what is here is valid and only untidy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from portal.pipelines.synthetic.anchors import ROLES, RoleAnchor
from portal.pipelines.synthetic.tables import AGE_BANDS, age_bands, between_bars
from portal.pipelines.synthetic.workforce import (
    CONTRACTS,
    DISABILITY,
    ETHNIC_GROUPS,
    Workforce,
    icb_codes,
    region_codes,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

NOT_KNOWN = "not_known"
#: Share of records in which a characteristic was not filled in.
MISSING = 0.02
#: Share of registered people whose number was not filled in.
FORGOTTEN = 0.01
#: One way of typing in twenty each: a blank too many, capitals, short forms, small letters.
TWENTIETH = 0.05
#: When somebody expects to leave, of those whose provider asked: within a year, in 1 to 2, in 3 to 5, later.
INTENTIONS = ("under_1", "1_2", "3_5", "over_5")
LEAVING, LEAVING_FROM_60, NOT_ASKED = (0.06, 0.16, 0.36), (0.25, 0.5, 0.8), 0.25
FIRST_BAND_FROM_60 = AGE_BANDS.index("60_64")
BODIES_WITH_NUMBERS = frozenset({"gmc", "nmc", "hcpc", "foh"})


def returns_of(workforce: Workforce, collection: int) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Yield the code of each organisation that answers, and its records; none is a nil return."""
    posts = workforce.returned_at(collection)
    order = posts[np.argsort(workforce.organisation[posts], kind="stable")]
    owners = workforce.organisation[order]
    # Untidiness is drawn anew for each collection, the people are not.
    chance = np.random.default_rng([workforce.seed, collection, 91]).random((len(order), 4))
    bands = age_bands(workforce.birth_year[order], collection)
    intentions = np.random.default_rng([workforce.seed, collection, 92]).random((len(order), 2))
    for organisation in np.flatnonzero(workforce.responding(collection)):
        start, end = np.searchsorted(owners, [organisation, organisation + 1])
        records = [
            _record(workforce, int(order[place]), int(bands[place]), (*chance[place], *intentions[place]))
            for place in range(start, end)
        ]
        yield workforce.organisations[organisation].code, records


def _record(workforce: Workforce, post: int, band: int, chance: Any) -> dict[str, Any]:
    role = ROLES[workforce.role[post]]
    worker = int(workforce.worker[post])
    record: dict[str, Any] = {
        "role_code": role.code,
        "fte_nano": int(workforce.fte_nano[post]),
        "oh_share_milli": int(workforce.oh_share_milli[post]),
        "job_title": untidy(role.titles[workforce.title[post] % len(role.titles)], float(chance[0])),
        "contract_type": CONTRACTS[workforce.contract[post]],
        "region_code": region_codes()[workforce.region[post]],
        "icb_code": icb_codes()[workforce.icb[post]],
        "functions": between_bars(role.functions) if workforce.function[post] else "",
    }
    if worker < 0:
        return record | {"kind": "service", "weight_count": 0}
    record |= _registration(role, worker, float(chance[1]))
    filled = chance[2] >= MISSING
    return record | {
        "worker_ref": f"W{worker:07d}",
        "qualifications": between_bars(role.qualifications[:1]) if workforce.qualified[post] else "",
        "sex": ("female" if workforce.female[post] else "male") if filled else NOT_KNOWN,
        "age_band": AGE_BANDS[band] if chance[3] >= MISSING else NOT_KNOWN,
        "ethnic_group": ETHNIC_GROUPS[workforce.ethnic[post]],
        "disability": DISABILITY[workforce.disability[post]],
        "leaving_intention": _intention(band, chance[4:]),
    }


def _intention(band: int, chance: Any) -> str:
    if chance[0] < NOT_ASKED:
        return NOT_KNOWN
    borders = LEAVING_FROM_60 if band >= FIRST_BAND_FROM_60 else LEAVING
    return INTENTIONS[int(np.searchsorted(borders, chance[1], side="right"))]


def _registration(role: RoleAnchor, worker: int, chance: float) -> dict[str, Any]:
    found: dict[str, Any] = {"registration_body": role.body, "registration_part": role.part or NOT_KNOWN}
    if role.body != "none":
        found["registration_status"] = "registered"
    # One in a hundred forgot the number: the person is then known to that provider only.
    if role.body in BODIES_WITH_NUMBERS and chance > FORGOTTEN:
        found["registration"] = (role.body, registration_number(role.body, worker, chance))
    return found


def registration_number(body: str, worker: int, chance: float = 1.0) -> str:
    """Return a made-up number in the form of the body's; with a small ``chance``, as people type it."""
    digits = (worker * 7919 + 1234567) % 10_000_000
    number = {
        "gmc": f"{digits:07d}",
        "nmc": f"{worker % 90 + 10:02d}{'ABCDEFGHIJ'[worker % 10]}{digits % 10_000:04d}E",
        "hcpc": f"PH{digits % 1_000_000:06d}",
        "foh": f"FOH{digits % 100_000:05d}",
    }[body]
    if chance < 2 * TWENTIETH:
        return f" {number[:3]} {number[3:]} "
    return number.lower() if chance < 4 * TWENTIETH else number


def untidy(title: str, chance: float) -> str:
    """Return a job title as somebody might have typed it."""
    if chance < TWENTIETH:
        return f"{title} "
    if chance < 2 * TWENTIETH:
        return title.upper()
    if chance < 3 * TWENTIETH:
        return title.replace("Occupational health", "Occ Health").replace("occupational", "occ.")
    return title.lower() if chance < 4 * TWENTIETH else title
