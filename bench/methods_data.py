"""Made-up records for the benches of the methods: skewed, seeded, with the columns of a snapshot."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    import duckdb

SIZES = {
    "region_code": 10, "role_code": 12, "provider_type": 6, "organisation_size": 5,
    "age_band": 8, "sex": 3, "ethnic_group": 6, "contract_type": 7,
}  # fmt: skip
PERSPECTIVES = {f"D{bit + 1}": f"mask & {1 << bit} <> 0" for bit in range(4)}


def breakdowns(most: int, dimensions: int = 8) -> list[tuple[str, ...]]:
    names = list(SIZES)[:dimensions]
    return [chosen for size in range(most + 1) for chosen in combinations(names, size)]


def make_records(size: int, seed: int = 1) -> pa.Table:
    """Four nested perspectives as bits of `mask`; three in a hundred records belong to somebody seen before."""
    rng = np.random.default_rng(seed)
    columns = {}
    for name, number in SIZES.items():
        share = 1 / np.arange(1, number + 1) ** 0.8
        codes = pa.array(rng.choice(number, size=size, p=share / share.sum()).astype("int8"))
        columns[name] = pa.DictionaryArray.from_arrays(codes, pa.array([f"{name[:3]}{at:02d}" for at in range(number)]))
    chance = rng.random(size)
    worker = np.arange(size)
    repeated = rng.random(size) < 0.03
    worker[repeated] = worker[repeated] // 2
    columns["mask"] = pa.array(np.where(chance < 0.2, 15, np.where(chance < 0.5, 14, np.where(chance < 0.8, 12, 8))))
    columns["fte_nano"] = pa.array(rng.choice([1000, 800, 600, 500, 400], size=size).astype("int64") * 1_000_000)
    columns["worker"] = pa.array(worker)
    columns["noise_key"] = pa.array((worker * 2_654_435_761 % 256).astype("int16"))
    columns["organisation"] = pa.array(rng.integers(0, 500, size))
    return pa.table(columns)


def load(connection: duckdb.DuckDBPyConnection, size: int) -> None:
    """Write the records as a table with text codes, as a snapshot has them."""
    connection.register("made", make_records(size))
    codes = ", ".join(f"{name}::VARCHAR AS {name}" for name in SIZES)
    connection.execute(
        f"""CREATE OR REPLACE TABLE records AS
            SELECT {codes}, mask::INTEGER AS mask, fte_nano, noise_key, 'w' || worker AS worker_key,
                   'r' || row_number() OVER () AS record_key, 'g' || organisation AS organisation_group_key,
                   1::INTEGER AS weight_count, 'record' AS kind
            FROM made"""
    )
    connection.unregister("made")
