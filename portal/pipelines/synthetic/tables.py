"""The synthetic workforce as the columns of a snapshot, for tests of scale."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from portal.pipelines.synthetic.anchors import ROLES
from portal.pipelines.synthetic.register import size_band
from portal.pipelines.synthetic.workforce import (
    CONTRACTS,
    DISABILITY,
    ETHNIC_GROUPS,
    PERIODS,
    Workforce,
    icb_codes,
    region_codes,
)

AGE_BANDS = ("under_25", "25_29", "30_34", "35_39", "40_44", "45_49", "50_54", "55_59", "60_64", "65_over")
_YOUNGEST_SECOND_BAND = 25
_KEY_MASK = np.uint64(0xFFFFFFFFFFFFFFFF)


def mix(values: NDArray[np.int64], seed: int) -> NDArray[np.uint64]:
    """Return well-mixed 64-bit numbers (splitmix64): stand-ins for keyed hashes, of nobody's data."""
    with np.errstate(over="ignore"):
        mixed = values.astype(np.uint64) + np.uint64(seed) * np.uint64(0x9E3779B97F4A7C15)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return (mixed ^ (mixed >> np.uint64(31))) & _KEY_MASK


def age_bands(birth_year: NDArray[np.int16], collection: int) -> NDArray[np.int64]:
    """Return the band of each age at a collection."""
    age = int(PERIODS[collection][:4]) - birth_year.astype(np.int64)
    return np.clip((age - _YOUNGEST_SECOND_BAND) // 5 + 1, 0, len(AGE_BANDS) - 1)


def _coded(codes: list[str] | tuple[str, ...], numbers: NDArray) -> pa.Array:
    """Return codes for numbers, each code stored once."""
    return pa.DictionaryArray.from_arrays(pa.array(numbers.astype(np.int32)), pa.array(list(codes), pa.string()))


def _keys(values: NDArray[np.int64], seed: int) -> pa.Array:
    return pa.array(np.char.mod("%016x", mix(values, seed)).tolist(), pa.string())


def snapshot_table(workforce: Workforce, collection: int, *, everybody: bool = True) -> pa.Table:
    """Return the records of one collection with the columns of a snapshot.

    With ``everybody`` the whole workforce, else only what the responding organisations return.
    """
    posts = workforce.posts_at(collection) if everybody else workforce.returned_at(collection)
    role = workforce.role[posts]
    worker = workforce.worker[posts]
    service = worker < 0
    organisation = workforce.organisation[posts]
    codes = [item.code for item in workforce.organisations]
    sizes = [size_band(int(n)) for n in np.bincount(organisation, minlength=len(codes))]
    bands = sorted(set(sizes))
    of_role = _of_role()
    count = len(posts)
    constant = np.zeros(count, dtype=np.int32)
    return pa.table(
        {
            "record_key": _keys(posts, workforce.seed),
            "worker_key": pa.array(
                np.char.mod("%016x", mix(worker, workforce.seed + 1)).tolist(), pa.string(), mask=service
            ),
            "noise_key": pa.array((mix(worker, workforce.seed + 2) & np.uint64(255)).astype(np.int16)),
            "organisation_key": _coded(codes, organisation),
            "organisation_group_key": _coded([item.group for item in workforce.organisations], organisation),
            "provider_type": _coded([item.provider_type for item in workforce.organisations], organisation),
            "organisation_size": _coded(bands, np.array([bands.index(size) for size in sizes])[organisation]),
            "family": _coded(["oh"], constant),
            "role_code": _coded([item.code for item in ROLES], role),
            "role_group": _coded([item.group for item in ROLES], role),
            "job_title_code": pa.nulls(count, pa.string()),
            "registration_body": _coded([item.body for item in ROLES], role),
            "registration_part": _coded([item.part for item in ROLES], role),
            "registration_status": _coded(["not_known", "registered"], _is_registered()[role]),
            "qualifications": _coded(
                ["", *of_role["qualifications"]], np.where(workforce.qualified[posts], role + 1, 0)
            ),
            "functions": _coded(["", *of_role["functions"]], np.where(workforce.function[posts], role + 1, 0)),
            "oh_share_milli": pa.array(workforce.oh_share_milli[posts]),
            "fte_nano": pa.array(workforce.fte_nano[posts]),
            "contract_type": _coded(CONTRACTS, workforce.contract[posts]),
            "region_code": _coded(region_codes(), workforce.region[posts]),
            "icb_code": _coded(icb_codes(), workforce.icb[posts]),
            "sex": _coded(["male", "female"], workforce.female[posts].astype(np.int32)),
            "age_band": _coded(AGE_BANDS, age_bands(workforce.birth_year[posts], collection)),
            "ethnic_group": _coded(ETHNIC_GROUPS, workforce.ethnic[posts]),
            "disability": _coded(DISABILITY, workforce.disability[posts]),
            "kind": _coded(["record", "service"], service.astype(np.int32)),
            "weight_count": pa.array(np.where(service, 0, 1).astype(np.int32)),
            "time_period": _coded([PERIODS[collection]], constant),
            "collection_code": _coded([f"oh-{PERIODS[collection]}"], constant),
        },
    )


def _is_registered() -> NDArray[np.int32]:
    return np.array([item.body != "none" for item in ROLES], dtype=np.int32)


def _of_role() -> dict[str, list[str]]:
    return {
        "qualifications": [between_bars(role.qualifications[:1]) for role in ROLES],
        "functions": [between_bars(role.functions) for role in ROLES],
    }


def between_bars(codes: tuple[str, ...]) -> str:
    """Return codes as a set column holds them."""
    return f"|{'|'.join(sorted(codes))}|" if codes else ""
