"""A run's statistics on synthetic records: seal, compute, protect, audit at N and 10 N records, in one run.

`python -m bench run_scale [N]` (default 100,000). The audit depends on the number of cells and not of
records, so it is timed apart; ten times the records may cost at most twelve times the rest.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path

MOST_RATIO = 12


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings.dev")
    import django

    django.setup()
    number = next((int(word) for word in sys.argv[1:] if word.isdigit()), 100_000)
    print(f"{'records':>10} {'make':>7} {'seal':>7} {'compute':>8} {'protect':>8} {'audit':>7}   passed")
    small, large = measure(number), measure(number * 10)
    ratio = large / small
    print(f"seal, compute and protect: {ratio:.1f} times the time for 10 times the records (at most {MOST_RATIO})")
    assert ratio <= MOST_RATIO


def measure(posts: int) -> float:
    from portal.pipelines.engine import connect
    from portal.pipelines.figures import audited_of, cells_of, protected_of
    from portal.pipelines.snapshots import write_snapshot
    from portal.pipelines.specification import specification_of
    from portal.pipelines.synthetic.anchors import ROLES
    from portal.pipelines.synthetic.tables import snapshot_table
    from portal.pipelines.synthetic.workforce import make_workforce

    specification = specification_of("oh-headcount")
    core = ", ".join(f"'{role.code}'" for role in ROLES if role.group in {"doctors", "nurses"})
    team = ", ".join(f"'{role.code}'" for role in ROLES if role.group != "support")
    predicates = {
        "D1": f"role_code IN ({core})",
        "D2": f"role_code IN ({team})",
        "D3": "TRUE",
        "D4": f"role_code IN ({core}) AND qualifications <> ''",
    }
    marks = [time.perf_counter()]
    with tempfile.TemporaryDirectory() as name, connect(Path(name)) as connection:
        folder = Path(name)
        connection.register("made", snapshot_table(make_workforce(posts=posts), 3))
        marks.append(time.perf_counter())
        write_snapshot(connection, "made", folder / "snapshot.parquet")
        connection.unregister("made")
        marks.append(time.perf_counter())
        cells = cells_of(connection, folder / "snapshot.parquet", specification, predicates)
        marks.append(time.perf_counter())
        protected = protected_of(
            specification, cells, period="2026-03", lists=lists_of(specification, cells), perspectives=list(predicates)
        )
        marks.append(time.perf_counter())
        outcome = audited_of(
            connection, specification, snapshot=folder / "snapshot.parquet", predicates=predicates, protected=protected
        )
        marks.append(time.perf_counter())
    spent = [after - before for before, after in pairwise(marks)]
    print(
        f"{posts:10,} {spent[0]:7.1f} {spent[1]:7.1f} {spent[2]:8.1f} {spent[3]:8.1f} {spent[4]:7.1f}   {outcome.passed}"
    )
    return sum(spent[1:4])


def lists_of(specification, cells) -> dict[str, list[str]]:
    """Return the codes that occur: the bench has no database to read the published ones from."""
    columns = {level.column for dimension in specification.dimensions for level in dimension.levels if level.column}
    return {column: sorted(set(cells[column].to_pylist()) - {"all"}) for column in columns}
