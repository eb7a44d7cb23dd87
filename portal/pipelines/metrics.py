"""Measures of runs: how long, how much, how much hidden, how close the audit was. For pages, JSON and monitoring."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Count

from portal.pipelines.enums import RunState
from portal.pipelines.models import PipelineRun
from portal.pipelines.specification import specifications

if TYPE_CHECKING:
    from collections.abc import Iterable

PREFIX = "portal_run"
HELP = {
    "seconds": "How long the last finished run took",
    "records": "Records that it read",
    "cells": "Cells with somebody in them",
    "values": "Values after protection",
    "suppressed_share": "Share of values hidden by protection and audit",
    "audit_margin": "Width of the narrowest interval that the published figures leave for a group of 1 to 4 people",
    "audit_failures": "Small groups that the audit found given away",
    "finished_timestamp": "When it ended, in seconds since 1970",
}


@dataclass(frozen=True)
class RunMeasures:
    """What is measured of one run; None where it did not get so far."""

    series: str
    run: int
    state: str
    seconds: float | None
    records: int | None
    cells: int | None
    values: int | None
    suppressed_share: float | None
    audit_margin: int | None
    audit_failures: int | None
    finished_timestamp: float | None


def measures_of(run: PipelineRun) -> RunMeasures:
    """Return the measures of a run from what its steps counted."""
    counts = run.counts
    values, hidden = counts.get("protecting", {}).get("values"), counts.get("protecting", {}).get("hidden")
    audit = counts.get("auditing", {})
    margins = [
        int(width.split()[0]) for width, number in run.lineage.get("audit", {}).get("margins", {}).items() if number
    ]
    return RunMeasures(
        series=run.series,
        run=run.number,
        state=run.state,
        seconds=run.seconds,
        records=counts.get("sealing", {}).get("records"),
        cells=counts.get("computing", {}).get("cells"),
        values=values,
        suppressed_share=round((hidden + audit.get("hidden_by_audit", 0)) / values, 4) if values else None,
        audit_margin=min(margins, default=None),
        audit_failures=audit.get("failures"),
        finished_timestamp=run.finished_at.timestamp() if run.finished_at else None,
    )


def latest_measures() -> list[RunMeasures]:
    """Return the measures of the last finished run of every series that has one."""
    last = [
        PipelineRun.objects.of_series(series).filter(state__in=[RunState.SUCCEEDED, RunState.FAILED]).first()
        for series in sorted(specifications())
    ]
    return [measures_of(run) for run in last if run is not None]


def as_json() -> dict[str, Any]:
    """Return the latest measures and how many runs stand in which state, as plain data."""
    return {"runs": run_states(), "latest": [asdict(item) for item in latest_measures()]}


def run_states() -> dict[str, int]:
    """Return how many runs there are in each state."""
    rows = PipelineRun.objects.order_by().values("state").annotate(number=Count("pk"))
    found = {row["state"]: row["number"] for row in rows}
    return {state: found.get(state, 0) for state in RunState.values}


def as_text() -> str:
    """Return the measures in the text format that monitoring systems read."""
    latest = latest_measures()
    lines = [f"# HELP {PREFIX}s Runs by state", f"# TYPE {PREFIX}s gauge"]
    lines += [f'{PREFIX}s{{state="{state}"}} {number}' for state, number in run_states().items()]
    lines += [f"# HELP {PREFIX}_succeeded Whether the last finished run succeeded", f"# TYPE {PREFIX}_succeeded gauge"]
    lines += _samples("succeeded", [(item.series, int(item.state == RunState.SUCCEEDED)) for item in latest])
    for name, text in HELP.items():
        lines += [f"# HELP {PREFIX}_{name} {text}", f"# TYPE {PREFIX}_{name} gauge"]
        lines += _samples(name, [(item.series, getattr(item, name)) for item in latest])
    return "\n".join(lines) + "\n"


def _samples(name: str, values: Iterable[tuple[str, float | None]]) -> list[str]:
    return [f'{PREFIX}_{name}{{series="{series}"}} {value}' for series, value in values if value is not None]
