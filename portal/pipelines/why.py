"""“Why did this figure change?” for any cell of two runs, in words that give no small group away."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq

from portal.core.storage import private_files
from portal.pipelines.definitions_used import populations_in
from portal.pipelines.derived import ESTIMATED
from portal.pipelines.engine import connect
from portal.pipelines.errors import PipelineError
from portal.pipelines.metadata import period_label
from portal.pipelines.reasons import NANO, REASONS, Side, explain
from portal.pipelines.specification import EVERYBODY, specification_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from portal.pipelines.models import PipelineRun, Snapshot
    from portal.pipelines.specification import Measure, Specification

SMALL, BASE = 10, 5


@dataclass(frozen=True)
class Why:
    """The change of one figure: as published, and what each reason moved, in words."""

    before: str
    after: str
    change: str
    rows: list[tuple[str, str]]
    note: str = ""
    period: str = ""
    #: Exact, before protection; never shown. Reason to number, adding up to ``exact_change``.
    exact: dict[str, float] = field(default_factory=dict, repr=False)
    exact_change: float = 0.0


def why(run: PipelineRun, earlier: PipelineRun, *, measure: str, cell: Mapping[str, str]) -> Why:
    """Explain the change of a figure between two runs of a series.

    ``cell`` names every column of an observation: period, level and code of each dimension, and
    the perspective where the series has them.
    """
    specification = specification_of(run.series)
    asked = _asked(specification, measure)
    published = [_published(one, measure, cell) for one in (earlier, run)]
    before, after = (_words_of(item) for item in published)
    if any(item[0] is None for item in published):
        return Why(
            before,
            after,
            "",
            [],
            "The figure is hidden in one of the two runs, so its change is not broken down.",
            period_label(cell["time_period"]),
        )
    period = cell["time_period"]
    sides = [_side(one, period) for one in (earlier, run)]
    acted = reasons_that_acted(run, earlier, period)
    parts = _parts(specification, asked, sides, cell)
    if asked.is_estimated:
        moved = [_estimate(one, specification, asked, cell) for one in (earlier, run)]
        parts["estimation"] = moved[1] - moved[0] - sum(parts.values())
    exact_change = sum(parts.values())
    shown = float(published[1][0] or 0) - float(published[0][0] or 0)
    parts["protection"] = shown - exact_change
    note = "" if acted else "Records and rules are the same."
    # That nothing acted at all is said of the whole period, which many returns make up; of one cell it is not.
    shown_names = [name for name in REASONS if name in parts and (name in acted or (acted and name == "protection"))]
    rows = [(REASONS[name], protected_words(parts[name])) for name in shown_names]
    return Why(before, after, _signed(shown), rows, note, period_label(period), parts, exact_change)


def reasons_that_acted(run: PipelineRun, earlier: PipelineRun, period: str) -> set[str]:
    """Return what differs between two runs in a period as a whole: returns, classification, rules, the frame."""
    sealed = [_sealed(one, period, specification_of(run.series).source) for one in (earlier, run)]
    acted = set()
    if sealed[0].digest != sealed[1].digest:
        acted = {"reclassified", *_returns_that_differ(*(item.inputs.get("return_versions", []) for item in sealed))}
    if populations_in(earlier.lineage["definitions"]) != populations_in(run.lineage["definitions"]):
        acted.add("definition")
    frames = [
        {item["time_period"]: item["sha256"] for item in one.lineage.get("frames", ())}.get(period)
        for one in (earlier, run)
    ]
    return acted | ({"estimation"} if acted or frames[0] != frames[1] else set())


def _sealed(run: PipelineRun, period: str, source: str) -> Snapshot:
    return run.snapshots.get(source=source, time_period=period)


def _returns_that_differ(before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]) -> set[str]:
    """Return which of added, withdrawn and corrected there are; all where a source does not name organisations."""
    if not all("organisation" in item for item in (*before, *after)):
        return {"added", "withdrawn", "corrected"}
    old, new = ({item["organisation"]: item["digest"] for item in items} for items in (before, after))
    found = {
        "added": new.keys() - old.keys(),
        "withdrawn": old.keys() - new.keys(),
        "corrected": {code for code in old.keys() & new.keys() if old[code] != new[code]},
    }
    return {name for name, codes in found.items() if codes}


def protected_words(number: float) -> str:
    """Return a part of a change as it may be shown: under ten is all that is said of a few, the rest to the nearest five."""
    if abs(number) < SMALL:
        return f"fewer than {SMALL} either way"
    return _signed(BASE * int((abs(number) + BASE / 2) // BASE) * (1 if number > 0 else -1))


def _signed(number: float) -> str:
    return "0" if number == 0 else f"{'+' if number > 0 else '−'}{abs(number):,.0f}"


def _asked(specification: Specification, name: str) -> Measure:
    known = {measure.id: measure for measure in specification.measures}
    if name not in known:
        raise PipelineError(f"There is no measure “{name}” in {specification.code}. Known: {', '.join(known)}.")
    measure = known[name]
    if not (measure.is_counted or measure.is_estimated):
        raise PipelineError(f"“{measure.label}” is worked from {', '.join(measure.of)}: ask about those.")
    return measure


def _published(run: PipelineRun, measure: str, cell: Mapping[str, str]) -> tuple[float | None, str]:
    digest = run.output("observations")
    if digest is None:
        raise PipelineError(f"{run} made no observations.")
    filters = [("measure", "==", measure), *((name, "==", code) for name, code in cell.items())]
    rows = pq.read_table(private_files.local_path(digest), filters=filters).to_pylist()
    if len(rows) != 1:
        named = ", ".join(f"{name} {code}" for name, code in cell.items())
        raise PipelineError(f"{run} has {len(rows) or 'no'} figures of {measure} for {named}.")
    return rows[0]["value"], rows[0]["status"]


def _words_of(found: tuple[float | None, str]) -> str:
    value, status = found
    marked = f" [{status}]" if status else ""
    return f"[{status}]" if value is None else f"{value:,.0f}{marked}"


def _side(run: PipelineRun, period: str) -> Side:
    digests = {item["time_period"]: item["sha256"] for item in run.lineage["snapshots"]}
    return Side(private_files.local_path(digests[period]), populations_in(run.lineage["definitions"]))


def _place(specification: Specification, cell: Mapping[str, str]) -> tuple[tuple[str, ...], dict[str, str]]:
    """Return the snapshot columns of a cell's breakdown, and the code of each."""
    codes = {"time_period": cell["time_period"]}
    for dimension in specification.dimensions:
        single = len(dimension.levels) == 1
        level = dimension.levels[0] if single else dimension.level(cell[f"{dimension.id}_level"])
        if level.column:
            codes[level.column] = cell[dimension.id if single else f"{dimension.id}_code"]
    return tuple(codes), codes


def _counted(specification: Specification, measure: Measure) -> Measure:
    return specification.measure(measure.of[0]) if measure.is_estimated else measure


def _parts(
    specification: Specification, measure: Measure, sides: list[Side], cell: Mapping[str, str]
) -> dict[str, float]:
    counted = _counted(specification, measure)
    population = specification.population_of(cell.get("perspective", EVERYBODY), counted)
    only = [Side(side.snapshot, {population: side.populations.get(population, "FALSE")}) for side in sides]
    columns, codes = _place(specification, cell)
    with tempfile.TemporaryDirectory() as folder, connect(Path(folder)) as connection:
        found = explain(connection, *only, breakdowns=[columns], quantities=[counted.quantity])
    wanted = (population, ",".join(columns), *codes.values())
    explained = found.get((wanted, counted.quantity))
    unit = NANO if counted.quantity == "fte" else 1
    return {name: part / unit for name, part in explained.parts.items()} if explained else {}


def _estimate(run: PipelineRun, specification: Specification, measure: Measure, cell: Mapping[str, str]) -> float:
    counted = _counted(specification, measure)
    columns, codes = _place(specification, cell)
    path = private_files.local_path(run.output("estimates")[cell["time_period"]])  # type: ignore[index]  # a run with estimates has them by period
    filters: list[Any] = [
        ("breakdown", "==", ",".join(columns)),
        ("perspective", "==", specification.population_of(cell.get("perspective", EVERYBODY), counted)),
        ("quantity", "==", counted.quantity),
        *((name, "==", code) for name, code in codes.items()),
    ]
    rows = pq.read_table(path, filters=filters).to_pylist()
    return float(rows[0][ESTIMATED[measure.method]]) if rows else 0.0


def headline_reasons(run: PipelineRun, earlier: PipelineRun) -> list[tuple[str, Why]]:
    """Explain every headline that is counted or estimated, of the last period of both runs in which something differs."""
    specification = specification_of(run.series)
    shared = {item["time_period"] for item in run.lineage["snapshots"]} & {
        item["time_period"] for item in earlier.lineage["snapshots"]
    }
    if not shared:
        return []
    # The last period in which something acted says more than the last of all, which nobody may have touched.
    period = max(shared, key=lambda one: (bool(reasons_that_acted(run, earlier, one)), one))
    perspective = {"perspective": specification.default_perspective} if specification.perspectives else {}
    found = []
    for headline in specification.headlines:
        measure = specification.measure(headline.measure)
        if measure.is_counted or measure.is_estimated:
            cell = {"time_period": period, **perspective, **headline.filters}
            found.append((headline.label, why(run, earlier, measure=measure.id, cell=cell)))
    return found
