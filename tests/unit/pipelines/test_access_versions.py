"""A quarter that is corrected again and again: every version ever published is one system of equations."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

import pytest

from portal.applications.series import COLUMNS
from portal.methods.audit import hierarchies_in
from portal.methods.measures.plan import BITS
from portal.pipelines.engine import connect
from portal.pipelines.figures import Earlier, audited_of, cells_of, code_lists_of, nested_columns, protected_of
from portal.pipelines.snapshots import write_snapshot
from portal.pipelines.specification import specification_of
from tests.unit.pipelines.test_access_measures import PERIOD, SERIES, rows_of

if TYPE_CHECKING:
    from pathlib import Path

    from portal.pipelines.figures import Audited

VERSIONS = 4
REGIONS = ("Y56", "Y58", "Y63")


def rows_of_version(number: int) -> list[dict[str, Any]]:
    """Return the records of a version: a host finds more of its applications every time."""
    return [
        row
        for place, region in enumerate(REGIONS)
        for row in (
            *rows_of("application", 60 + 20 * number, outcome="offered", region_code=region, rule="rule-draw"),
            *rows_of("place", 40, region_code=region),
            *rows_of("resident", 50, region_code=region, decile=f"decile-{place + 1}", fifth=f"fifth-{place // 2 + 1}"),
        )
    ] + rows_of("equality", 20 * number, question="question-sex", answer="sex-female", answered="yes")


def sealed(folder: Path, rows: list[dict[str, Any]], name: str) -> Path:
    copied, path = folder / f"{name}.csv", folder / f"{name}.parquet"
    layout = specification_of(SERIES).kind.layout
    with copied.open("w", newline="") as sink:
        writer = csv.DictWriter(sink, COLUMNS, restval="")
        writer.writeheader()
        writer.writerows(rows)
    with connect(folder) as connection:
        write_snapshot(connection, layout.csv_relation(copied), path, layout)
    return path


@pytest.mark.slow
def test_the_fourth_version_of_a_quarter_is_audited_against_all_three_before(tmp_path) -> None:
    specification = specification_of(SERIES)
    populations = specification.populations({})
    assert len(populations) * VERSIONS > BITS  # more than the bits of one integer
    earlier: list[Earlier] = []
    outcomes: list[Audited] = []
    for number in range(VERSIONS):
        path = sealed(tmp_path, rows_of_version(number), f"version-{number}")
        with connect(tmp_path) as connection:
            cells = cells_of(connection, path, specification, populations)
            lists = code_lists_of(specification, [cells])
            now = protected_of(specification, cells, period=PERIOD, lists=lists, perspectives=list(populations))
            outcomes.append(
                audited_of(
                    connection, specification, snapshot=path, predicates=populations, protected=now, earlier=earlier
                )
            )
        earlier.append(Earlier(f"version 1.{number}.0", path, "", populations, outcomes[-1].protected, before=now))
    assert all(outcome.passed for outcome in outcomes), [outcome.failures[:3] for outcome in outcomes]
    # What every version said is looked at beside what this one says.
    facts = [outcome.certificate["counts"]["facts"] for outcome in outcomes]
    assert facts[-1] == sum(outcome.protected.num_rows for outcome in outcomes)


def test_only_levels_that_lie_within_others_are_added_up(tmp_path) -> None:
    """Every question stands where no reason is known: that makes questions no part of a reason."""
    specification = specification_of(SERIES)
    pairs = nested_columns(specification)
    assert pairs == [("icb_code", "region_code"), ("decile", "fifth"), ("answer", "question")]
    path = sealed(tmp_path, rows_of_version(1), "one")
    with connect(tmp_path) as connection:
        within = hierarchies_in(connection, f"read_parquet('{path}')", pairs)
    assert within["decile"][1] == {"decile-1": "fifth-1", "decile-2": "fifth-1", "decile-3": "fifth-2"} | {
        code: parent for code, parent in within["decile"][1].items() if code == "not_known"
    }
    assert within["answer"] == ("question", {"sex-female": "question-sex", "not_known": "not_known"})
