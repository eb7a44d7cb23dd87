"""Cases of posts, people and full-time equivalents."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa

from portal.methods.measures import compute_cells
from portal.methods.specification_cases.case import Case, Page, Value, table, texts, whole_numbers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

RECORDS = table(
    "person role region fte",
    ("Ann", "nurse", "North", 600),
    ("Ann", "adviser", "North", 400),
    ("Ben", "nurse", "North", 1000),
    ("Cas", "nurse", "South", 500),
    (None, "nurse", "South", 2000),
)


def _measure(
    rows: Sequence[Mapping[str, Value]], breakdowns: list[tuple[str, ...]], perspectives: dict[str, str]
) -> list[dict[str, Value]]:
    people = [None if row["person"] is None else str(row["person"]) for row in rows]
    records = pa.table(
        {
            "record_key": [str(number) for number in range(len(rows))],
            "worker_key": pa.array(people, pa.string()),
            "kind": ["service" if person is None else "record" for person in people],
            "role": texts(rows, "role"),
            "region": texts(rows, "region"),
            "fte_nano": pa.array([milli * 1_000_000 for milli in whole_numbers(rows, "fte")], pa.int64()),
            "noise_key": pa.array([0] * len(rows), pa.int16()),
            "weight_count": pa.array([0 if person is None else 1 for person in people], pa.int32()),
        }
    )
    connection = duckdb.connect()
    connection.register("records", records)
    cells = compute_cells(
        connection, "records", breakdowns=breakdowns, perspectives=perspectives, contributors=False
    ).to_pylist()
    return [
        {
            **({"perspective": cell["perspective"]} if len(perspectives) > 1 else {}),
            **{name: cell[name] for name in ("region", "role") if name in cell},
            "people": cell["people"],
            "posts": cell["posts"],
            "fte": cell["fte_nano"] // 1_000_000,
        }
        for cell in cells
    ]


CASES = (
    Case(
        "A person with two roles counts once in the total",
        "Headcount is the number of distinct people in that cell. Ann is one person in England and one in each of her "
        "two roles, so role counts add up to more than the total. FTE is in thousandths. A contracted service without "
        "a person counts in FTE only.",
        RECORDS,
        lambda rows: _measure(rows, [(), ("role",)], {"all": "TRUE"}),
        table("role people posts fte", ("all", 3, 4, 4500), ("adviser", 1, 1, 400), ("nurse", 3, 3, 4100)),
    ),
    Case(
        "Under a narrower perspective a person counts with the posts that belong to it",
        "A perspective says whose posts count. Ann is inside both; under “nurses” only her nursing post counts.",
        RECORDS,
        lambda rows: _measure(rows, [("region",)], {"nurses": "role = 'nurse'", "everybody": "TRUE"}),
        table(
            "perspective region people posts fte",
            ("nurses", "North", 2, 2, 1600),
            ("nurses", "South", 1, 1, 2500),
            ("everybody", "North", 2, 3, 2000),
            ("everybody", "South", 1, 1, 2500),
        ),
    ),
)

PAGE = Page(
    "measures",
    "Posts, people and full-time equivalents",
    """
Three things are counted, and they are not the same.

- **Posts**: records of a post at the reference date.
- **Headcount**: distinct people in that cell of that table. Cells are never added up: somebody who works in two
  regions is one person in England.
- **Full-time equivalents (FTE)**: 37.5 hours a week are 1.0, for each post, added up as whole numbers of billionths,
  so that the order of adding changes nothing.

A missing category is the category “not known”, never left out. Everything is computed for each perspective at once
from the same records.
""",
    CASES,
)
