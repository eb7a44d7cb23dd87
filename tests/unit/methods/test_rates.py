"""Rates come from published numbers; a hidden one hides the rate. Medians need ten people."""

from __future__ import annotations

import duckdb
import pyarrow as pa
import pytest

from portal.methods import rates


def test_rates_by_their_formulas():
    assert rates.vacancy_rate(20, 180) == 0.1
    assert rates.vacancy_rate_of_funded(200, 180) == 0.1
    assert rates.vacancy_rate_of_funded(100, 110) == -0.1
    assert rates.joiner_rate(10, 90, 110) == 0.1
    assert rates.leaver_rate(15, 90, 110) == 0.15
    assert rates.leaver_rate_of_opening(9, 90) == 0.1
    assert rates.stability_index(81, 90) == 0.9
    assert rates.participation_rate(75, 100) == 0.75
    assert rates.ratio(50, 2_000_000) == 2.5
    assert rates.change(80, 100) == rates.Change(20, 25.0)
    assert rates.change(0, 5) == rates.Change(5, None)


@pytest.mark.parametrize(
    "value",
    [
        rates.vacancy_rate(None, 10), rates.vacancy_rate(0, 0), rates.joiner_rate(5, None, 10),
        rates.leaver_rate(None, 5, 10), rates.stability_index(5, 0), rates.ratio(None, 5), rates.share(5, None),
        rates.vacancy_rate_of_funded(None, 1), rates.change(None, 5).absolute, rates.change(5, None).percent,
    ],
)  # fmt: skip
def test_what_is_hidden_stays_hidden(value):
    assert value is None


def median(ages: list[int | None], workers: list[str | None] | None = None) -> dict:
    workers = workers or [f"w{number}" for number in range(len(ages))]
    connection = duckdb.connect()
    connection.register(
        "records", pa.table({"age": pa.array(ages, pa.int32()), "worker_key": workers, "sex": ["f"] * len(ages)})
    )
    table = rates.median_cells(
        connection, "records", value="age", breakdowns=[(), ("sex",)], perspectives={"all": "TRUE"}
    )
    return {row["breakdown"]: (row["sex"], row["value"], row["status"]) for row in table.to_pylist()}


def test_a_median_of_ten_people_is_shown_and_of_nine_hidden():
    assert median(list(range(30, 40)))[""] == ("all", 34.5, "")
    assert median(list(range(30, 39)))["sex"] == ("f", None, "c")


def test_a_person_with_two_posts_counts_once_in_a_median():
    assert median([20, 20, *range(30, 39)], ["w", "w", *"abcdefghi"])["sex"] == ("f", 33.5, "")
    assert median([20, 20, *range(30, 38)], ["w", "w", *"abcdefgh"])["sex"] == ("f", None, "c")


def test_a_person_whose_posts_differ_counts_with_the_larger_value():
    ages = [20, 50, *range(30, 39)]
    assert median(ages, ["w", "w", *"abcdefghi"])["sex"] == ("f", 34.5, ""), "by the smaller it were 33.5"


def test_services_and_unknown_ages_are_not_people_with_a_median():
    assert median([*range(30, 40), None, 99], [*"abcdefghij", "k", None])["sex"] == ("f", 34.5, "")
