"""What search finds, from every source, in a number of queries that does not grow with the site.

Each source reads what is published and nothing else: there is no copy that could hold more than
the public may see, or lag behind a withdrawal.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import reduce
from operator import add
from typing import TYPE_CHECKING, Any, Final

from django.contrib.contenttypes.models import ContentType
from django.contrib.postgres.search import SearchRank, SearchVector
from django.db.models import CharField, F, Q, Value
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from wagtail.models import Page, get_page_models
from wagtail.search.models import IndexEntry

from portal.datasets.models import Dataset
from portal.definitions.models import PerspectiveVersion, RoleVersion
from portal.opportunities.models import Opportunity
from search.enums import Kind
from search.words import CONFIG, normal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.contrib.postgres.search import SearchQuery

    from search.words import Query

MOST_OF_A_SOURCE: Final = 200
EXACT, BEGINS, IN_TITLE = 3.0, 1.0, 0.5
OLDER_EDITION: Final = -0.6
PAGE_KINDS: Final = {"publications": Kind.PUBLICATIONS, "home.newspage": Kind.NEWS}


@dataclass(frozen=True)
class Result:
    """One thing found."""

    kind: Kind
    title: str
    url: str
    summary: str = ""
    meta: str = ""
    score: float = 0.0
    also: tuple[str, ...] = field(default=())


def find(query: Query, search: SearchQuery | None, current: frozenset[int] = frozenset()) -> list[Result]:
    """Return everything published that matches, best first. ``current`` are the ids of the latest releases."""
    if search is None:
        return []
    found = [result for source in SOURCES for result in source.find(query, search)]
    found += _pages(query, search, current)
    return sorted(found, key=lambda result: (-result.score, result.title, result.url))


def _boost(query: Query, *titles: str) -> float:
    """Return what a title adds to the rank: most when it is what was typed."""
    typed = normal(query.text)
    wanted = {typed} | (set(query.groups[0]) if len(query.groups) == 1 else set())
    names = [normal(title) for title in titles]
    if wanted & set(names):
        return EXACT
    if any(name.startswith(typed) for name in names):
        return BEGINS
    return IN_TITLE if any(all(word in name.split() for word in typed.split()) for name in names) else 0.0


@dataclass(frozen=True)
class Source:
    """One kind of thing in a table of its own: where its rows are, the weight of its words, how one is shown."""

    rows: Callable[[], Any]
    words: tuple[tuple[str, str], ...]
    show: Callable[[Any], Result]
    titles: Callable[[Any], tuple[str, ...]]

    def find(self, query: Query, search: SearchQuery) -> Iterator[Result]:
        """Yield what matches; a name that was typed counts for more than words in a text."""
        vectors: list[Any] = [SearchVector(name, weight=weight, config=CONFIG) for name, weight in self.words]
        vector = reduce(add, vectors)
        matching = self.rows().annotate(vector=vector, rank=SearchRank(vector, search)).filter(vector=search)
        for row in matching[:MOST_OF_A_SOURCE]:
            yield replace(self.show(row), score=row.rank + _boost(query, *self.titles(row)))


def _role(row: Any) -> Result:
    return Result(
        kind=Kind.DEFINITIONS,
        title=row.title,
        url=f"/definitions/roles/{row.code}/",
        summary=row.summary,
        meta=_("Role · %(group)s") % {"group": row.get_group_display()},
        also=tuple(row.other_titles[:4]),
    )


def _perspective(row: Any) -> Result:
    meta = _("Perspective %(code)s") % {"code": row.code}
    return Result(Kind.DEFINITIONS, row.title, f"/definitions/perspectives/{row.code}/", row.summary, meta)


def _dataset(row: Any) -> Result:
    meta = _("Dataset · version %(number)s") % {"number": row.latest.number} if row.latest else _("Dataset")
    return Result(Kind.DATASETS, row.title, row.get_absolute_url(), row.summary, meta)


def _opportunity(row: Any) -> Result:
    # Many have the same title: where and until when tells them apart.
    meta = _("Opportunity · %(host)s") % {"host": row.organisation.name}
    if row.closes_at:
        meta = _("%(what)s · apply by %(day)s") % {
            "what": meta,
            "day": date_format(timezone.localtime(row.closes_at), "j F Y"),
        }
    return Result(Kind.OPPORTUNITIES, row.title, row.get_absolute_url(), row.summary, meta)


SOURCES: Final = (
    Source(
        lambda: RoleVersion.objects.latest_per_role().without_long_text(),
        (("title", "A"), ("other_titles", "B"), ("code", "B"), ("summary", "C")),
        _role,
        lambda row: (row.title, row.code, *row.other_titles),
    ),
    Source(
        lambda: PerspectiveVersion.objects.current().without_long_text(),
        (("title", "A"), ("code", "A"), ("summary", "C"), ("used_by", "D")),
        _perspective,
        lambda row: (row.title, row.code),
    ),
    Source(
        lambda: Dataset.objects.public().with_latest(),
        (("title", "A"), ("slug", "B"), ("keywords", "B"), ("summary", "C"), ("description", "D")),
        _dataset,
        lambda row: (row.title, row.slug),
    ),
    Source(
        # What is over stays at its address and in the figures; nobody can take it up any more.
        lambda: Opportunity.objects.open_now().select_related("organisation"),
        (("title", "A"), ("role_family", "B"), ("summary", "C")),
        _opportunity,
        lambda row: (row.title,),
    ),
)


def _pages(query: Query, search: SearchQuery, current: frozenset[int]) -> list[Result]:
    """Return live pages that need no password, by Wagtail's own index of their words."""
    types = ContentType.objects.get_for_models(*get_page_models(), for_concrete_models=False).values()
    public = Page.objects.live().public().annotate(as_text=Cast("pk", CharField()))
    entries = (
        IndexEntry.objects.filter(content_type__in=list(types), object_id__in=public.values("as_text"))
        .annotate(rank=SearchRank(F("title"), search) * Value(1.5) + SearchRank(F("body"), search))
        .filter(Q(title=search) | Q(body=search))
        .order_by("-rank", "object_id")
        .values_list("object_id", "rank")[:MOST_OF_A_SOURCE]
    )
    ranks = {int(key): rank for key, rank in entries}
    pages = Page.objects.filter(pk__in=ranks, depth__gt=2).specific(defer=False)
    return [_page(query, page, ranks[page.pk], current) for page in pages]


def _page(query: Query, page: Any, rank: float, current: frozenset[int]) -> Result:
    label = page._meta.label_lower
    kind = PAGE_KINDS.get(label, PAGE_KINDS.get(page._meta.app_label, Kind.GUIDANCE))
    older = OLDER_EDITION if label == "publications.releasepage" and page.pk not in current else 0.0
    published = page.first_published_at
    return Result(
        kind=kind,
        title=page.title,
        url=page.get_url() or "",
        summary=page.search_description or getattr(page, "summary", ""),
        meta=" · ".join(
            part
            for part in (
                str(page._meta.verbose_name).capitalize(),
                _("published %(date)s") % {"date": f"{published.day} {published:%B %Y}"}
                if kind in {Kind.PUBLICATIONS, Kind.NEWS} and published
                else "",
            )
            if part
        ),
        score=rank + _boost(query, page.title) + older,
    )
