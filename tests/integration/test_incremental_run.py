"""After one corrected return only its month is computed and audited again, and the bytes are those of a full run.

`python -m bench rerun` runs this with more months and records, and holds it to a fifth of the full time.
"""

from __future__ import annotations

import os
import time

import pytest

from portal.datasets.models import DatasetVersion
from portal.pipelines import actions
from portal.pipelines.enums import RunState
from portal.pipelines.models import ComputedCells, PipelineRun
from portal.pipelines.runner import execute_run
from tests.factories.runs import SERIES, accepted_collection

pytestmark = [pytest.mark.django_db(databases=["default", "submissions"]), pytest.mark.slow]

MONTHS = int(os.environ.get("BENCH_MONTHS", "3"))
ROWS = int(os.environ.get("BENCH_ROWS", "300"))
AT_MOST = 0.2


def timed_run() -> tuple[PipelineRun, float]:
    started = time.perf_counter()
    run = actions.request_run(by=None, series=SERIES, send=False)
    execute_run(run.pk)
    spent = time.perf_counter() - started
    run.refresh_from_db()
    assert run.state == RunState.SUCCEEDED, run.failure
    return run, spent


def made(run: PipelineRun) -> dict[str, object]:
    """Return everything that a run made, by content."""
    version = DatasetVersion.objects.get(pk=run.dataset_version_id)
    steps = ("computing", "protecting", "auditing")
    outputs = {name: run.steps.get(name=name).outputs for name in steps}
    return {"outputs": outputs, "dataset": version.digest, "certificate": run.lineage["audit"]}


def test_one_corrected_return_costs_its_month_and_gives_the_bytes_of_a_full_run(tmp_path) -> None:
    periods = [f"{2022 + number // 12}-{number % 12 + 1:02d}" for number in range(MONTHS)]
    accepted_collection(tmp_path, period=periods[0], rows=ROWS, seed=1)
    timed_run()  # what only the first run of a process pays is not counted
    ComputedCells.objects.all().delete()
    for number, period in enumerate(periods[1:], start=1):
        accepted_collection(tmp_path, period=period, rows=ROWS, seed=number + 1)
    first, cold = timed_run()
    kept = set(ComputedCells.objects.values_list("key", flat=True))
    accepted_collection(tmp_path, period=periods[1], rows=ROWS + 1, seed=2)  # one network sends one record more
    again, warm = timed_run()
    assert again.counts["computing"]["periods_reused"] == MONTHS - 1
    fresh = ComputedCells.objects.exclude(key__in=kept)
    assert {item.snapshot.time_period for item in fresh} == {periods[1]}
    ComputedCells.objects.all().delete()
    full, _ = timed_run()
    assert full.counts["computing"]["periods_reused"] == 0
    assert made(again) == made(full)
    lines = [f"{MONTHS} months of {ROWS:,} records: full run {cold:.2f} s, after one corrected return {warm:.2f} s"]
    lines.append(f"{warm / cold:.2f} of the full time (at most {AT_MOST})")
    lines += [f"  {name:12s} {whole:7.2f} s and {part:7.2f} s" for name, whole, part in _steps(first, again)]
    print("", *lines, sep="\n")  # noqa: T201 - the bench of the same name shows it
    if "BENCH_MONTHS" in os.environ:
        assert warm <= AT_MOST * cold


def _steps(*runs: PipelineRun) -> list[tuple[str, float, float]]:
    """Return the steps with the seconds that each of two runs spent on them."""
    spent = [
        {step.name: (step.finished_at - step.started_at).total_seconds() for step in run.steps.all()} for run in runs
    ]
    return [(name, spent[0][name], spent[1][name]) for name in spent[0]]
