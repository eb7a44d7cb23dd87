"""The search page, suggestions while typing and the description for browsers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.paginator import Paginator
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from search.enums import Kind
from search.queries import run, suggest
from search.words import LONGEST_QUERY

if TYPE_CHECKING:
    from django.http import HttpRequest

    from search.queries import Outcome

RESULTS_ON_A_PAGE = 20


@require_safe
def results(request: HttpRequest) -> HttpResponse:
    """Show the box and, when something was typed, what was found."""
    text = request.GET.get("q", "").replace("\x00", "").strip()[:LONGEST_QUERY]
    context: dict[str, Any] = {"q": text, "breadcrumbs": [(_("Home"), "/")]}
    if text:
        outcome = run(text)
        context |= _shown(request, outcome)
    return render(request, "search/results.html", context)


def _shown(request: HttpRequest, outcome: Outcome) -> dict[str, Any]:
    chosen = request.GET.get("kind", "")
    chosen = chosen if chosen in Kind.values else ""
    listed = [result for result in outcome.results if not chosen or result.kind == chosen]
    counts = outcome.counts
    return {
        "outcome": outcome,
        "answer": outcome.answer if not chosen else None,
        "is_synthetic": bool(outcome.answer and outcome.answer.is_synthetic and not chosen),
        "page_obj": Paginator(listed, RESULTS_ON_A_PAGE).get_page(request.GET.get("page")),
        "kind": chosen,
        "kind_label": Kind(chosen).label if chosen else "",
        "facets": [(kind.value, kind.label, counts[kind.value]) for kind in Kind if counts.get(kind.value)],
        "total": len(outcome.results),
    }


@require_safe
@cache_control(public=True, max_age=60)
def suggestions(request: HttpRequest) -> JsonResponse:
    """Return suggestions as JSON; as OpenSearch asks for them when ``format=opensearch``."""
    text = request.GET.get("q", "").replace("\x00", "").strip()[:LONGEST_QUERY]
    found = suggest(text)
    if request.GET.get("format") == "opensearch":
        columns = [
            [item.text for item in found],
            [item.kind for item in found],
            [_absolute(request, i.url) for i in found],
        ]
        return JsonResponse([text, *columns], safe=False, content_type="application/x-suggestions+json")
    return JsonResponse({"query": text, "suggestions": [vars(item) for item in found]})


def _absolute(request: HttpRequest, url: str) -> str:
    return request.build_absolute_uri(url)


@require_safe
@cache_control(public=True, max_age=86400)
def opensearch(request: HttpRequest) -> HttpResponse:
    """Describe the search to browsers and programs."""
    return render(request, "search/opensearch.xml", content_type="application/opensearchdescription+xml; charset=utf-8")
