"""Random records with the columns of a snapshot, and a slow, plain count of them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

PERSPECTIVES = {
    "D1": ("role_code IN ('R0', 'R1')", lambda row: row["role_code"] in {"R0", "R1"}),
    "D2": ("role_code <> 'R4'", lambda row: row["role_code"] != "R4"),
    "D3": ("sex = 'f'", lambda row: row["sex"] == "f"),
}
PREDICATES = {code: predicate for code, (predicate, _) in PERSPECTIVES.items()}


def random_records(size: int, seed: int, *, several_posts: float = 0.1) -> pa.Table:
    """Return records of which a share belongs to people who already have a post."""
    rng = np.random.default_rng(seed)
    workers: list[str | None] = [f"w{number}" for number in range(size)]
    for number in range(1, size):
        if rng.random() < several_posts:
            workers[number] = workers[rng.integers(0, number)]
    keys = {worker: int(rng.integers(0, 256)) for worker in sorted(set(workers))}
    noise = [keys[worker] for worker in workers]
    kinds, weights = ["record"] * size, [1] * size
    for number in range(size):
        if rng.random() < 0.05:
            workers[number], kinds[number], weights[number] = None, "service", int(rng.integers(0, 2))
        elif rng.random() < 0.05:
            workers[number], kinds[number], weights[number] = None, "aggregate", int(rng.integers(1, 9))
    organisations = rng.integers(0, 20, size)
    return pa.table(
        {
            "record_key": [f"r{number}" for number in range(size)],
            "worker_key": workers,
            "noise_key": pa.array(noise, pa.int16()),
            "organisation_key": [f"o{number}" for number in organisations],
            "organisation_group_key": [f"g{number // 2}" for number in organisations],
            "role_code": [f"R{number}" for number in rng.integers(0, 5, size)],
            "region_code": [f"E{number}" for number in rng.integers(0, 3, size)],
            "sex": [("m", "f", "not_known")[number] for number in rng.integers(0, 3, size)],
            "time_period": [("2022-03", "2022-09")[number] for number in rng.integers(0, 2, size)],
            "fte_nano": [int(number) for number in rng.integers(0, 10**9, size)],
            "weight_count": pa.array(weights, pa.int32()),
            "kind": kinds,
        }
    )


def plain_count(records: pa.Table, breakdowns, tests) -> dict:
    """Count with dictionaries and sets, one row at a time."""
    cells: dict = {}
    for row in records.to_pylist():
        for perspective, belongs in tests.items():
            for breakdown in breakdowns if belongs(row) else ():
                key = (perspective, ",".join(breakdown), tuple(row[name] for name in breakdown))
                cell = cells.setdefault(key, {"people": {}, "more": 0, "key": 0, "posts": 0, "fte": 0, "groups": {}})
                if row["worker_key"] is not None:
                    cell["people"][row["worker_key"]] = row["noise_key"]
                elif row["kind"] == "aggregate":
                    cell["more"] += row["weight_count"]
                    cell["key"] += row["noise_key"]
                cell["posts"] += row["weight_count"]
                cell["fte"] += row["fte_nano"]
                group = row["organisation_group_key"]
                cell["groups"][group] = cell["groups"].get(group, 0) + row["fte_nano"]
    return {key: _numbers(cell) for key, cell in cells.items()}


def _numbers(cell: dict) -> tuple[int, ...]:
    largest = [*sorted(cell["groups"].values(), reverse=True), 0][:2]
    return (
        len(cell["people"]) + cell["more"],
        cell["posts"],
        cell["fte"],
        (sum(cell["people"].values()) + cell["key"]) % 256,
        len(cell["groups"]),
        *largest,
    )
