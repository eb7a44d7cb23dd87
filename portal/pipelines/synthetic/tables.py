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
    return pa.table(
        {
            **_whose(workforce, posts),
            **_of_organisations(workforce, workforce.organisation[posts]),
            **_of_roles(workforce, posts),
            **_of_posts(workforce, posts, collection),
        }
    )


def _whose(workforce: Workforce, posts: NDArray[np.int64]) -> dict[str, pa.Array]:
    """Return the keys of posts and of the people in them; a contracted service has nobody in it."""
    worker = workforce.worker[posts]
    worker_keys = np.char.mod("%016x", mix(worker, workforce.seed + 1)).tolist()
    return {
        "record_key": _keys(posts, workforce.seed),
        "worker_key": pa.array(worker_keys, pa.string(), mask=worker < 0),
        "noise_key": pa.array((mix(worker, workforce.seed + 2) & np.uint64(255)).astype(np.int16)),
    }


def _of_organisations(workforce: Workforce, organisation: NDArray[np.int64]) -> dict[str, pa.Array]:
    """Return what the register says of the organisation of each post, its size by the posts that there are."""
    known = workforce.organisations
    sizes = [size_band(int(n)) for n in np.bincount(organisation, minlength=len(known))]
    bands = sorted(set(sizes))
    return {
        "organisation_key": _coded([item.code for item in known], organisation),
        "organisation_group_key": _coded([item.group for item in known], organisation),
        "provider_type": _coded([item.provider_type for item in known], organisation),
        "organisation_size": _coded(bands, np.array([bands.index(size) for size in sizes])[organisation]),
        "family": _coded(["oh"], np.zeros(len(organisation))),
    }


def _of_roles(workforce: Workforce, posts: NDArray[np.int64]) -> dict[str, pa.Array]:
    """Return what the role of each post says of who is in it."""
    role, of_role = workforce.role[posts], _of_role()
    qualified, function = workforce.qualified[posts], workforce.function[posts]
    return {
        "role_code": _coded([item.code for item in ROLES], role),
        "role_group": _coded([item.group for item in ROLES], role),
        "job_title_code": pa.nulls(len(posts), pa.string()),
        "registration_body": _coded([item.body for item in ROLES], role),
        "registration_part": _coded([item.part for item in ROLES], role),
        "registration_status": _coded(["not_known", "registered"], _is_registered()[role]),
        "qualifications": _coded(["", *of_role["qualifications"]], np.where(qualified, role + 1, 0)),
        "functions": _coded(["", *of_role["functions"]], np.where(function, role + 1, 0)),
    }


def _of_posts(workforce: Workforce, posts: NDArray[np.int64], collection: int) -> dict[str, pa.Array]:
    """Return what was drawn for each post, and of which collection it is."""
    constant, service = np.zeros(len(posts)), workforce.worker[posts] < 0
    return {
        "oh_share_milli": pa.array(workforce.oh_share_milli[posts]),
        "fte_nano": pa.array(workforce.fte_nano[posts]),
        "contract_type": _coded(CONTRACTS, workforce.contract[posts]),
        "region_code": _coded(region_codes(), workforce.region[posts]),
        "icb_code": _coded(icb_codes(), workforce.icb[posts]),
        "sex": _coded(["male", "female"], workforce.female[posts]),
        "age_band": _coded(AGE_BANDS, age_bands(workforce.birth_year[posts], collection)),
        "ethnic_group": _coded(ETHNIC_GROUPS, workforce.ethnic[posts]),
        "disability": _coded(DISABILITY, workforce.disability[posts]),
        "kind": _coded(["record", "service"], service),
        "weight_count": pa.array(np.where(service, 0, 1).astype(np.int32)),
        "time_period": _coded([PERIODS[collection]], constant),
        "collection_code": _coded([f"oh-{PERIODS[collection]}"], constant),
    }


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
