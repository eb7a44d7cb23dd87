"""What a change of a perspective's rule does to the last sealed snapshot, protected as any statistic."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pyarrow.parquet as pq

from portal.definitions.hooks import Effect
from portal.pipelines.engine import connect
from portal.pipelines.layouts import NOT_KNOWN, WORKFORCE
from portal.pipelines.models import Snapshot

THRESHOLD, BASE = 10, 5
COUNTS = """
SELECT count(DISTINCT worker_key) FILTER (WHERE was) AS before,
       count(DISTINCT worker_key) FILTER (WHERE is_now) AS after,
       count(DISTINCT worker_key) FILTER (WHERE is_now AND NOT was_person) AS entering,
       count(DISTINCT worker_key) FILTER (WHERE was AND NOT now_person) AS leaving
FROM (
    SELECT worker_key, coalesce(({before}), FALSE) AS was, coalesce(({after}), FALSE) AS is_now,
           bool_or(coalesce(({before}), FALSE)) OVER (PARTITION BY worker_key) AS was_person,
           bool_or(coalesce(({after}), FALSE)) OVER (PARTITION BY worker_key) AS now_person
    FROM (SELECT *{more} FROM read_parquet('{path}')) WHERE worker_key IS NOT NULL
)
"""


def effect_of_change(family: str, before: str, after: str) -> Effect | None:
    """Return how many people of the last sealed snapshot enter and leave; None where nothing was sealed.

    ``before`` and ``after`` are predicates that the rule language compiled; no text of a person's
    gets here.
    """
    snapshot = Snapshot.objects.of_family(family).order_by("-time_period", "-sealed_at", "-pk").first()
    if snapshot is None:
        return None
    with tempfile.TemporaryDirectory() as folder, connect(Path(folder)) as connection:
        question = COUNTS.format(before=before, after=after, path=snapshot.path, more=_columns_since(snapshot))
        row = connection.execute(question).fetchone()
    if row is None:
        return None
    was, is_now, entering, leaving = (protected(int(count)) for count in row)
    return Effect(
        snapshot=f"{snapshot.collection_code}, sealed {snapshot.sealed_at:%-d %B %Y}",
        before=was,
        after=is_now,
        entering=entering,
        leaving=leaving,
    )


def _columns_since(snapshot: Snapshot) -> str:
    """Return the columns that were added since a snapshot was sealed: of these nothing is known in it."""
    there = set(pq.read_schema(snapshot.path).names)
    return "".join(f", '{NOT_KNOWN}' AS {name}" for name in WORKFORCE.categories if name not in there)


def protected(count: int) -> str:
    """Return a count as it may be shown: fewer than ten is all that is said of a few, the rest to the nearest five."""
    if count < THRESHOLD:
        return f"fewer than {THRESHOLD}"
    return f"{BASE * ((count + BASE // 2) // BASE):,}"
