"""Controlled rounding: additive, next to every number, and the least distance."""

from __future__ import annotations

import csv
from itertools import product

import numpy as np
import pytest

from portal.methods.rounding import RoundingError, controlled_rounding, rounding_distance


def margins(table: np.ndarray) -> list[np.ndarray]:
    return [np.atleast_1d(table.sum(axis=axes)) for axes in ((0,), (1,), (0, 1))]


def neighbours(before: np.ndarray, after: np.ndarray, base: int) -> bool:
    return bool((np.abs(after - before) < base).all() and (after % base == 0).all())


def test_the_handbooks_table_has_an_optimum_of_18(shared_data):
    with (shared_data / "disclosure" / "handbook_rounding_counts_sex_area.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["area"] != "Total"]
    table = np.array([[int(row["male"]), int(row["female"])] for row in rows])
    published = np.array([[int(row["cr_male"]), int(row["cr_female"])] for row in rows])
    assert rounding_distance(table, published) == 22
    rounded = controlled_rounding(table)
    assert rounding_distance(table, rounded) == 18
    fitting = []
    for choice in product((0, 1), repeat=6):
        other = (table // 5 + np.array(choice).reshape(3, 2) * (table % 5 > 0)) * 5
        if all(neighbours(old, new, 5) for old, new in zip(margins(table), margins(other), strict=True)):
            fitting.append(tuple(other.reshape(-1).tolist()))
    assert len(set(fitting)) == 6
    assert min(rounding_distance(table, np.array(other).reshape(3, 2)) for other in fitting) == 18


@pytest.mark.parametrize("shape", [(10, 12), (8, 6, 5)])
def test_every_cell_and_margin_stays_next_to_its_number(shape):
    rng = np.random.default_rng(1)
    table = rng.poisson(9, shape)
    rounded = controlled_rounding(table)
    assert neighbours(table, rounded, 5)
    for axis in range(len(shape)):
        assert neighbours(table.sum(axis=axis), rounded.sum(axis=axis), 5)
    assert neighbours(np.array([table.sum()]), np.array([rounded.sum()]), 5)
    assert (rounded == controlled_rounding(table)).all()


def test_multiples_and_zeros_stay():
    table = np.array([[0, 5], [10, 15]])
    assert (controlled_rounding(table) == table).all()


@pytest.mark.parametrize("table", [np.ones((40, 40), dtype=int), np.array([[-1, 2]])])
def test_tables_too_large_or_negative_are_refused(table):
    with pytest.raises(RoundingError):
        controlled_rounding(table)
