"""The best answer: when a reader asks for a figure that a release has, the figure itself.

“How many OH nurses are there in London” names a role, a place and, by default, headcount. The cell
is read from the latest release’s own data. When words are left over that we cannot place, we say
nothing: a figure for something else than was asked is worse than none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from portal.datasets.queries import UnknownColumnError, observations
from portal.home.figures import change_in_words, coverage_in_words, default_perspective
from portal.publications.charts import format_value
from search.words import stem, tokens

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from portal.datasets.models import DatasetVersion
    from portal.datasets.queries import Observation

#: Words of a question that ask for no particular figure.
FILLERS: Final = frozenset(
    map(
        stem,
        [
            "a",
            "all",
            "and",
            "are",
            "at",
            "by",
            "count",
            "counted",
            "do",
            "does",
            "england",
            "english",
            "figure",
            "for",
            "have",
            "how",
            "in",
            "is",
            "many",
            "me",
            "much",
            "no",
            "nr",
            "number",
            "of",
            "on",
            "people",
            "person",
            "show",
            "size",
            "staff",
            "statistic",
            "statistics",
            "the",
            "there",
            "total",
            "us",
            "was",
            "we",
            "were",
            "what",
            "which",
            "who",
            "work",
            "worker",
            "working",
            "workforce",
            "works",
            "latest",
            "currently",
            "now",
            "uk",
        ],
    )
)
FIELD: Final = frozenset({"oh", "occupational", "health"})
#: Words that belong to the names of places but tell none from another.
PLACE_NOISE: Final = frozenset({"nhs", "integrated", "care", "board", "region", "the", "and"})
EVERYBODY: Final = "all"
PEOPLE: Final = "people"
MEASURES: Final[dict[str, tuple[str, ...]]] = {
    "fte": ("fte", "wte", "full time equivalent", "whole time equivalent", "time equivalent"),
    "posts": ("post", "job"),
    "vacancies": ("vacancy", "vacant post"),
    "headcount": ("headcount", "head count"),
}


@dataclass(frozen=True)
class Answer:
    """One published figure with what it is about and where it stands."""

    label: str
    value: str
    unit: str
    period: str
    perspective: str
    change: str
    coverage: str
    release_title: str
    url: str
    perspective_url: str
    is_synthetic: bool


def best_answer(
    text: str, releases: Iterable[Any], register: Iterable[tuple[str, str, Iterable[str]]]
) -> Answer | None:
    """Return the figure that was asked for, or None.

    ``releases`` are the latest of each series; ``register`` has code, title and other titles of roles.
    """
    words = _expanded(text)
    if not words:
        return None
    known = {code: [title, *others] for code, title, others in register}
    answers = (_answer_from(release, words, known) for release in releases)
    return max((answer for answer in answers if answer), key=lambda pair: pair[0], default=((0, False), None))[1]


def _expanded(text: str) -> frozenset[str]:
    """Return the stems of the words, with abbreviations written out."""
    words = tokens(text)
    written_out = {"ohn": "oh nurse", "oha": "oh adviser", "oht": "oh technician", "ohp": "oh physician"}
    long = " ".join(written_out.get(word, word) for word in words).replace("advisor", "adviser")
    return frozenset(stem(word) for word in long.split())


def _answer_from(
    release: Any, words: frozenset[str], register: Mapping[str, list[str]]
) -> tuple[tuple[int, bool], Answer] | None:
    version: DatasetVersion = release.dataset_version
    dimensions = version.meta.by_id
    if not {"geography_code", "time_period"} <= set(dimensions):
        return None
    title = frozenset(map(stem, tokens(release.series.title))) - FILLERS
    left = words - FILLERS
    named, left = _measure(left, version)
    place, left = _named(left, _place_names(dimensions["geography_code"].labels))
    role, left = _named(left - FIELD, _role_names(_labels(version, "role_code"), register))
    left -= title
    asked_for_all = not role and bool(named or (words & title) - FILLERS)
    if left or not (role or asked_for_all):
        return None
    cell = {"role_code": role, "geography_code": place or _country(version)}
    answer = _read(release, version, named or _first(version), {key: code for key, code in cell.items() if code})
    # Who asks for nurses asks for people: posts and hours only where the words say so.
    return ((len(words & title) + 2 * bool(role), answer.unit == PEOPLE), answer) if answer else None


def _measure(left: frozenset[str], version: DatasetVersion) -> tuple[str, frozenset[str]]:
    """Return the measure that the words name, if they name one, and what remains."""
    meta = version.meta
    names = [(item.id, frozenset(map(stem, tokens(item.label))) - FILLERS) for item in meta.measures]
    names += [
        (measure, frozenset(map(stem, phrase.split())))
        for measure, phrases in MEASURES.items()
        for phrase in phrases
        if measure in meta.measure_labels
    ]
    return _named(left, names)


def _first(version: DatasetVersion) -> str:
    """Return the measure that the publication puts first."""
    headlines = version.metadata.get("headlines") or [{"measure": version.meta.measures[0].id}]
    return str(headlines[0]["measure"])


def _labels(version: DatasetVersion, dimension: str) -> Mapping[str, str]:
    """Return the labels of a dimension, none where the version does not have it."""
    found = version.meta.by_id.get(dimension)
    return found.labels if found else {}


def _named(left: frozenset[str], names: Iterable[tuple[str, frozenset[str]]]) -> tuple[str, frozenset[str]]:
    """Return the code whose name is wholly in ``left``, the longest name first, and what remains."""
    fitting = [(len(name), code, name) for code, name in names if name and name <= left]
    if not fitting:
        return "", left
    _length, code, name = max(fitting, key=lambda item: item[0])
    return code, left - name


def _place_names(labels: Mapping[str, str]) -> Iterable[tuple[str, frozenset[str]]]:
    for code, label in labels.items():
        yield code, frozenset(map(stem, tokens(label))) - PLACE_NOISE - FILLERS


def _role_names(labels: Mapping[str, str], register: Mapping[str, list[str]]) -> Iterable[tuple[str, frozenset[str]]]:
    """Return names of groups and roles. Groups come first in a dimension, so they win among equals."""
    for code, label in labels.items():
        for name in (label, *register.get(code, [])):
            yield code, frozenset(map(stem, tokens(name))) - FIELD - FILLERS


def _country(version: DatasetVersion) -> str:
    """Return the code of the whole country: the first of the geography dimension."""
    return next(iter(version.meta.by_id["geography_code"].labels), "")


def _read(release: Any, version: DatasetVersion, measure: str, cell: dict[str, str]) -> Answer | None:
    chosen = default_perspective(version)
    # Of what was not asked about, the total.
    totals = {name: EVERYBODY for name, known in version.meta.by_id.items() if EVERYBODY in known.labels}
    totals = {name: code for name, code in totals.items() if name.endswith("_code")}
    filters: dict[str, Any] = {**totals, **cell, **({"perspective": chosen} if chosen else {})}
    try:
        found = observations(version, measure=measure, **filters)
    except UnknownColumnError:
        return None
    by_period: dict[str, Observation] = {row["time_period"]: row for row in found}
    if not by_period or len(by_period) != len(found):
        return None
    return _worded(release, version, measure, cell, sorted(by_period.items()))


def _worded(
    release: Any, version: DatasetVersion, measure: str, cell: dict[str, str], series: list[tuple[str, Observation]]
) -> Answer:
    dimensions, meta = version.meta.by_id, version.meta
    described = next(item for item in meta.measures if item.id == measure)
    chosen = default_perspective(version)
    labels = dimensions["time_period"].labels
    period, last = series[-1]
    role = _labels(version, "role_code").get(cell.get("role_code", EVERYBODY), "")
    what = "" if described.unit == PEOPLE else f"{described.label}: "
    where = dimensions["geography_code"].labels[cell["geography_code"]]
    return Answer(
        label=f"{what}{role}, {where}" if role else f"{what}{where}",
        value=format_value(last.value, status=last.status, decimals=described.decimals),
        unit=described.unit or described.label,
        period=labels[period],
        perspective=dimensions["perspective"].labels.get(chosen, "") if "perspective" in dimensions else "",
        change=change_in_words(series, labels, described.decimals, described.unit),
        coverage=coverage_in_words(last),
        release_title=release.title,
        url=release.get_absolute_url(),
        perspective_url=f"/definitions/perspectives/{chosen}/" if chosen else "",
        is_synthetic=bool(version.metadata.get("synthetic")),
    )
