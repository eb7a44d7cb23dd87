"""Cases of the audit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

from portal.methods.audit import (
    AuditOptions,
    SystemBuilder,
    audit_publication,
    compute_contributions,
    facts_from_published,
    hierarchies_in,
    join_facts,
    report,
    stated_fact,
    with_shared_totals,
    with_witnesses,
)
from portal.methods.measures import compute_atoms, compute_cells, union_versions
from portal.methods.protection import ProtectionRule, complete_cells, protect_cells
from portal.methods.specification_cases.case import Case, Page, Value, table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def _look(rows: Sequence[Mapping[str, Value]]) -> list[dict[str, Value]]:
    """Cells with a total; `low` and `high` are what the published value leaves open."""
    builder = SystemBuilder()
    numbers = {str(row["cell"]): builder.unknown(str(row["cell"]), float(row["people"] or 0)) for row in rows}
    for row in rows:
        if row["high"] is not None:
            builder.state(numbers[str(row["cell"])], float(row["low"] or 0), float(row["high"]))
    first, *parts = numbers.values()
    builder.total(first, parts)
    found = report(builder.build(), AuditOptions())
    if found.passed:
        return [{"outcome": "passed", "finding": "", "remedy": ""}]
    return [
        {"outcome": "failed", "finding": failure.explanation[-1], "remedy": " ".join(found.remedy)}
        for failure in found.failures
    ]


RECORDS = """CREATE TABLE records AS
    SELECT region || area || number AS worker_key, region || area || number AS record_key, (number * 37) % 256 AS noise_key,
           'org' || number % 7 AS organisation_group_key, region, area, 'record' AS kind, 1 AS weight_count,
           1000000000::BIGINT AS fte_nano, number > people - corrected AS is_added
    FROM given, generate_series(1, people) AS t(number)"""


def _publish(rows: Sequence[Mapping[str, Value]]) -> list[dict[str, Value]]:
    """Publish areas and regions by the rule and a headline as the row says; audit them with the version before."""
    outcomes: list[dict[str, Value]] = []
    for headline in dict.fromkeys(row["headline"] for row in rows):
        with duckdb.connect() as connection:
            connection.execute("CREATE TABLE given (region TEXT, area TEXT, people INTEGER, corrected INTEGER)")
            values = [
                [row["region"], row["area"], row["people"], row["added_since"]]
                for row in rows
                if row["headline"] == headline
            ]
            connection.executemany("INSERT INTO given VALUES (?, ?, ?, ?)", values)
            connection.execute(RECORDS)
            connection.execute("CREATE VIEW before AS SELECT * FROM records WHERE NOT is_added")
            outcomes.append({"headline": headline, **_audited(connection, str(headline))})
    return outcomes


def _audited(connection: duckdb.DuckDBPyConnection, headline: str) -> dict[str, Value]:
    relation = union_versions({"before": "before", "now": "records"})
    perspectives = {"before": "in_before", "now": "in_now"}
    breakdowns: list[tuple[str, ...]] = [("region",), ("area",)]
    rule = ProtectionRule.default()
    cells = complete_cells(
        compute_cells(connection, relation, breakdowns=breakdowns, perspectives=perspectives),
        code_lists={"region": ["North", "South"], "area": ["Coast", "Hills", "Towns"]},
        perspectives=["before", "now"],
        breakdowns=breakdowns,
    )
    published = facts_from_published(
        protect_cells(cells, rule=rule, measures=("headcount",)), rule=rule, where="Table 1"
    )
    exact = connection.sql("SELECT count(*) FROM records WHERE region = 'North'").fetchall()[0][0]
    stated = [
        stated_fact(
            perspective=version, breakdown=("region",), codes={"region": "North"}, measure="headcount",
            value=number, where="Headline",
        )
        for version, number in (("before", exact - 2), ("now", exact))
        if headline == "exact"
    ]  # fmt: skip
    everything = with_shared_totals(breakdowns, [("area", "region")])
    atoms = compute_atoms(connection, relation, breakdowns=everything, perspectives=perspectives)
    given = compute_contributions(connection, relation, breakdowns=breakdowns, perspectives=perspectives)
    options = AuditOptions()
    for _ in range(2):  # the second time begins with what the first has seen
        found = audit_publication(
            atoms,
            join_facts(published, *stated),
            perspectives=list(perspectives),
            contributions=given,
            hierarchies=hierarchies_in(connection, relation, [("area", "region")]),
            options=options,
        )
        options = with_witnesses(options, found)
    finding = found.failures[0].explanation[-1] if found.failures else ""
    return {"outcome": "passed" if found.passed else "failed", "finding": finding}


CASES = (
    Case(
        "One hidden cell beside an exact total",
        "The total is 45 and the others are 42: hiding the cell did nothing. The audit offers the smallest further "
        "suppression.",
        table(
            "cell people low high", ("all", 45, 45, 45), ("North", 30, 30, 30), ("South", 12, 12, 12), ("East", 3, 0, 9)
        ),
        _look,
        table(
            "outcome finding remedy",
            ("failed", "Together these leave one possible value for East: 3.", "Hide South."),
        ),
    ),
    Case(
        "Two perspectives, both large",
        "The wider perspective counts 43 people and the narrower 40. No cell is small, yet the difference is a group of "
        "three people.",
        table(
            "cell people low high",
            ("wider", 43, 43, 43),
            ("narrower", 40, 40, 40),
            ("wider but not narrower", 3, None, None),
        ),
        _look,
        table(
            "outcome finding remedy",
            ("failed", "Together these leave one possible value for wider but not narrower: 3.", "Hide narrower."),
        ),
    ),
    Case(
        "The same perspectives, rounded",
        "Rounded to 45 and 40, each stands for five numbers, and the difference may be anything from 1 to 9.",
        table(
            "cell people low high",
            ("wider", 43, 43, 47),
            ("narrower", 40, 38, 42),
            ("wider but not narrower", 3, None, None),
        ),
        _look,
        table("outcome finding remedy", ("passed", "", "")),
    ),
    Case(
        "Two versions, areas within regions, and a headline",
        "Two people were added to the hills since the last version. The tables of both versions, rounded, say nothing of "
        "them. A headline that gives the north exactly, in both versions, does.",
        table(
            "headline region area people added_since",
            ("none", "North", "Coast", 31, 0),
            ("none", "North", "Hills", 46, 2),
            ("none", "South", "Towns", 52, 0),
            ("exact", "North", "Coast", 31, 0),
            ("exact", "North", "Hills", 46, 2),
            ("exact", "South", "Towns", 52, 0),
        ),
        _publish,
        table(
            "headline outcome finding",
            ("none", "passed", ""),
            (
                "exact",
                "failed",
                "Together these leave one possible value for now but not before: Hills (headcount): 2.",
            ),
        ),
    ),
)

PAGE = Page(
    "audit",
    "The audit of a publication",
    """
Before a release can be approved, everything published about the dataset is looked at as one system: all tables,
perspectives, versions, charts, headlines and figures in prose. Its unknowns are the true numbers of every published
cell and of every difference between perspectives and between versions; groups with the same records are one unknown.
Its facts are the published values, each as the interval of numbers that it may stand for. Its equations say that cells
add up, also to totals that no table shows, that a perspective is a narrower one and the rest, that FTE is at most
headcount.

First, bounds are drawn tighter from one equation at a time until nothing moves. What that leaves open is settled by
linear programs: a group is safe once some set of numbers that fits everything published gives it nobody, or five people
or more. The audit **fails when a group of one to four people has a single possible value or is shown to hold one to
four**, for any reader, or for one contributing organisation that takes its own people away first.

A failure names the group, lists the published figures that give it away, and offers the smallest further suppressions.
The certificate lists what was looked at and how wide the remaining intervals are; its hash is published.

Where the audit is careful rather than exact: it gives the reader knowledge that no reader has, such as how many people
of a perspective have posts in two cells of a row, which cells hold the same people, and which hold nobody. It gives no
reader what only the returns tell: how many moved from one cell to another between two collections or versions. Linear
programs treat people as divisible; their bounds are then rounded inwards to whole people. On small publications made at
random, its verdict is that of a list of every way in which people could be spread over the cells.
""",
    CASES,
)
