"""What makes a specification refuse to load: names that mean nothing, and figures that no table holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portal.pipelines.sources import SOURCES

if TYPE_CHECKING:
    from portal.pipelines.specification import Measure, Reference, Specification, Table


def problems_of(specification: Specification) -> list[str]:
    """Return every fault as ``path: what is wrong``."""
    if specification.source not in SOURCES:
        return [f"source: there is no source “{specification.source}”; known: {', '.join(sorted(SOURCES))}"]
    problems = [*_of_perspectives(specification), *_of_columns(specification)]
    for number, measure in enumerate(specification.measures):
        problems += [f"measures.{number}.{text}" for text in _of_measure(specification, measure)]
    problems += [f"estimation.{text}" for text in _of_estimation(specification)]
    problems += [
        f"headlines.{number}.subject: write what its sentence is about, such as “The number of nurses”"
        for number, headline in enumerate(specification.headlines)
        if not headline.subject
    ]
    for number, table in enumerate(specification.tables):
        problems += [f"tables.{number}.{text}" for text in _of_table(specification, table)]
    for kind in ("headlines", "charts", "release_tables"):
        for number, reference in enumerate(getattr(specification, kind)):
            problems += [f"{kind}.{number}.{text}" for text in _of_reference(specification, reference)]
    return problems


def _of_perspectives(specification: Specification) -> list[str]:
    default, known = specification.default_perspective, specification.perspectives
    if known and not SOURCES[specification.source].has_perspectives:
        return [f"perspectives: the rules of perspectives cannot be asked of records from “{specification.source}”"]
    if known and default not in known:
        return [f"default_perspective: “{default}” is not among the perspectives"]
    return [] if known or not default else ["default_perspective: the series has no perspectives"]


def _of_columns(specification: Specification) -> list[str]:
    categories = SOURCES[specification.source].layout.categories
    problems = []
    for number, dimension in enumerate(specification.dimensions):
        broken_down = {level.id for level in dimension.levels if level.column}
        for place, level in enumerate(dimension.levels):
            where = f"dimensions.{number}.levels.{place}"
            if level.column and level.column not in categories:
                problems.append(f"{where}.column: a snapshot has no column “{level.column}” to break down by")
            if level.within and (level.within not in broken_down - {level.id} or not level.column):
                problems.append(f"{where}.within: “{level.within}” is no other level of “{dimension.id}” with a column")
    return problems


def _of_measure(specification: Specification, measure: Measure) -> list[str]:
    categories = SOURCES[specification.source].layout.categories
    known = {other.id: other for other in specification.measures}
    problems = [f"where.{name}: a snapshot has no column “{name}”" for name in measure.where if name not in categories]
    problems += [f"of: no measure “{name}”" for name in measure.of if name not in known]
    worked = not (measure.is_counted or measure.is_estimated)
    problems += [
        f"of: “{name}” is neither counted from records nor the estimate of it, so nothing can be worked from it"
        for name in measure.of
        if name in known and not (known[name].is_counted or (worked and known[name].method == "estimate"))
    ]
    if len({known[name].is_estimated for name in measure.of if name in known}) > 1:
        problems.append("of: what is as returned and what is with estimates are not of the same providers")
    if measure.value and measure.value not in SOURCES[specification.source].layout.numbers:
        problems.append(f"value: a snapshot has no number “{measure.value}”")
    alike = [
        other.id
        for other in specification.measures
        if measure.is_counted
        and other.is_counted
        and (other.quantity, other.condition) == (measure.quantity, measure.condition)
    ]
    if len(alike) > 1:
        problems.append(f"method: {' and '.join(alike)} count the same")
    if measure.is_estimated and specification.estimation.method == "none":
        problems.append("method: the series estimates nothing; write [estimation] method")
    return problems


def _of_estimation(specification: Specification) -> list[str]:
    rule, kind = specification.estimation, SOURCES[specification.source]
    framed = SOURCES["response"].layout.categories
    problems = [
        f"{key}: the frame has no column “{name}”"
        for key in ("strata", "collapse", "rake")
        for name in getattr(rule, key)
        if name not in framed
    ]
    problems += [f"collapse: “{name}” is not among the strata" for name in rule.collapse if name not in rule.strata]
    problems += [
        f"items: nothing called “{name}” can be left out of records from “{specification.source}” and filled"
        for name in rule.items
        if name not in kind.items
    ]
    if rule.carried_months and not kind.items:
        problems.append(f"carried_months: records from “{specification.source}” are not carried forward")
    if not 0 < rule.stretch[0] <= 1 <= rule.stretch[1]:
        problems.append("stretch: the least is above 0 and at most 1, the largest at least 1")
    return problems


def _of_table(specification: Specification, table: Table) -> list[str]:
    problems = [f"levels: {text}" for text in _unknown_levels(specification, table)]
    problems += [
        f"perspectives: “{code}” is not among the perspectives"
        for code in table.perspectives
        if code not in specification.perspectives
    ]
    known = {measure.id: measure for measure in specification.measures}
    problems += [f"measures: no measure “{name}”" for name in table.measures if name not in known]
    problems += [
        f"measures: “{name}” is worked from “{part}”, which the table does not show"
        for name in table.measures
        if name in known
        for part in known[name].of
        if part not in table.measures
    ]
    return problems


def _unknown_levels(specification: Specification, table: Table) -> list[str]:
    dimensions = {dimension.id: {level.id for level in dimension.levels} for dimension in specification.dimensions}
    problems = [f"no dimension “{name}”" for name in table.levels if name not in dimensions]
    problems += [f"does not say the level of “{name}”" for name in dimensions if name not in table.levels]
    return problems + [
        f"“{name}” has no level “{level}”"
        for name, levels in table.levels.items()
        for level in levels
        if level not in dimensions.get(name, {level})
    ]


def _of_reference(specification: Specification, reference: Reference) -> list[str]:
    columns = set(specification.columns())
    problems = []
    if reference.measure not in {measure.id for measure in specification.measures}:
        problems.append(f"measure: no measure “{reference.measure}”")
    named = {"x": reference.x, "series": reference.series, "rows": reference.rows, "columns": reference.columns}
    problems += [f"{key}: no column “{name}”" for key, name in named.items() if name and name not in columns]
    problems += [f"filters.{name}: no column “{name}”" for name in reference.filters if name not in columns]
    if not problems and not _is_tabulated(specification, reference):
        problems.append(
            "filters: no table of this specification holds these figures, so the audit would never see them"
        )
    return problems


def _is_tabulated(specification: Specification, reference: Reference) -> bool:
    """Whether some table holds the levels and the measure that a headline, chart or release table asks for."""
    wanted = {name.removesuffix("_level"): code for name, code in reference.filters.items() if name.endswith("_level")}
    return any(
        (not table.measures or reference.measure in table.measures)
        and all(code in table.levels.get(name, ()) for name, code in wanted.items())
        for table in specification.tables
    )
