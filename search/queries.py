"""A search from start to end, and suggestions while typing."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from wagtail.models import Page

from portal.datasets.models import Dataset
from portal.definitions.models import PerspectiveVersion, RoleVersion
from portal.publications.queries import latest_release_per_series
from search.answers import Answer, best_answer
from search.enums import Kind
from search.results import Result, find
from search.spelling import corrected
from search.words import Query, normal, parse, synonyms

if TYPE_CHECKING:
    from collections.abc import Iterable

    from portal.publications.models import ReleaseVersion

MOST_TITLES: Final = 3000
SUGGESTIONS: Final = 8
SHORTEST_SUGGESTED: Final = 2


@dataclass(frozen=True)
class Outcome:
    """What a search gave, and how: as typed, with corrected spelling, or with some of the words only."""

    query: Query
    results: list[Result]
    answer: Answer | None = None
    corrected: str = ""
    partial: bool = False

    @property
    def counts(self) -> dict[str, int]:
        """How many results there are of each kind."""
        return dict(Counter(result.kind.value for result in self.results))


@dataclass(frozen=True)
class Register:
    """Titles of the published roles and perspectives, read once for a search."""

    roles: tuple[tuple[str, str, tuple[str, ...]], ...]
    perspectives: tuple[tuple[str, str], ...]

    @classmethod
    def read(cls) -> Register:
        """Read both in two queries."""
        roles = RoleVersion.objects.latest_per_role().values_list("code", "title", "other_titles")
        perspectives = PerspectiveVersion.objects.current().values_list("code", "title")
        return cls(
            roles=tuple((code, title, tuple(others)) for code, title, others in roles),
            perspectives=tuple(perspectives),
        )

    @property
    def names(self) -> list[tuple[str, tuple[str, ...]]]:
        """Title and other titles of each role."""
        return [(title, others) for _code, title, others in self.roles]

    @property
    def titles(self) -> list[str]:
        """Every title and other title."""
        roles = [name for title, others in self.names for name in (title, *others)]
        return [*roles, *(title for _code, title in self.perspectives)]


def run(text: str) -> Outcome:
    """Search for what was typed; where that finds nothing, mend the spelling, then ask for less."""
    register = Register.read()
    same = synonyms(register.names)
    query = parse(text, same)
    releases = list(latest_release_per_series())
    current = frozenset(release.release_id for release in releases)
    answer = best_answer(query.text, releases, register.roles)
    results = find(query, query.strict(), current) or find(query, query.loose(), current)
    if results:
        return Outcome(query, results, answer)
    mended = corrected(query.words, [*register.titles, *_other_titles(), *_labels(releases)])
    again = parse(mended, same) if mended else query
    results = find(again, again.strict(), current) or find(again, again.loose(), current) if mended else []
    answer = answer or (best_answer(mended, releases, register.roles) if mended else None)
    partial = not results
    return Outcome(query, results or find(again, again.any(), current), answer, corrected=mended, partial=partial)


def _labels(releases: Iterable[ReleaseVersion]) -> list[str]:
    """Return what the latest figures are broken down by: places, groups."""
    return [
        label
        for release in releases
        for one in release.dataset_version.meta.by_id.values()
        for label in one.labels.values()
    ]


def _other_titles() -> list[str]:
    datasets = Dataset.objects.public().values_list("title", flat=True)
    pages = Page.objects.live().public().filter(depth__gt=2).values_list("title", flat=True)
    return [*datasets[:MOST_TITLES], *pages[:MOST_TITLES]]


@dataclass(frozen=True)
class Suggestion:
    """One line below the search box."""

    text: str
    url: str
    kind: str


def suggest(text: str) -> list[Suggestion]:
    """Return what somebody who typed this may mean: a figure first, then titles that have the words."""
    typed = normal(text)
    if len(typed) < SHORTEST_SUGGESTED:
        return []
    register = Register.read()
    answer = best_answer(text, latest_release_per_series(), register.roles)
    figure = (
        [Suggestion(f"{answer.label}: {answer.value} {answer.unit}, {answer.period}", answer.url, "figure")]
        if answer
        else []
    )
    candidates = [*_definitions(register), *_datasets(typed), *_pages(typed)]
    ranked = sorted(
        ((_nearness(typed, suggestion.text), suggestion) for suggestion in candidates),
        key=lambda pair: (-pair[0], len(pair[1].text), pair[1].text),
    )
    listed = [*figure, *(suggestion for nearness, suggestion in ranked if nearness)]
    return list({(item.text, item.url): item for item in listed}.values())[:SUGGESTIONS]


def _nearness(typed: str, title: str) -> int:
    """Return 2 when a title begins with what was typed, 1 when each word begins one of its words, else 0."""
    name = normal(title)
    if name.startswith(typed):
        return 2
    words = name.split()
    return int(all(any(word.startswith(part) for word in words) for part in typed.split()))


def _definitions(register: Register) -> Iterable[Suggestion]:
    for code, title, others in register.roles:
        for name in (title, *others):
            yield Suggestion(name, f"/definitions/roles/{code}/", Kind.DEFINITIONS)
    for code, title in register.perspectives:
        yield Suggestion(title, f"/definitions/perspectives/{code}/", Kind.DEFINITIONS)


def _datasets(typed: str) -> list[Suggestion]:
    rows = Dataset.objects.public().filter(title__icontains=typed.split(maxsplit=1)[0])[:50]
    return [Suggestion(row.title, row.get_absolute_url(), Kind.DATASETS) for row in rows]


def _pages(typed: str) -> list[Suggestion]:
    rows: Any = Page.objects.live().public().filter(depth__gt=2, title__icontains=typed.split(maxsplit=1)[0])[:50]
    return [Suggestion(row.title, row.get_url() or "", "page") for row in rows]
