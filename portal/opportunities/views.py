"""The readers' pages of opportunities."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.paginator import Paginator
from django.http import JsonResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from portal.opportunities import search
from portal.opportunities.boards import BOARDS
from portal.opportunities.forms import SearchForm
from portal.opportunities.models import Opportunity, PublishedDraw

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

PER_PAGE = 20
#: Choices that few make first: closed in the form until one of them is made.
FOLDED = ("age", "starts_after", "starts_before")


class CountedPaginator(Paginator):
    """Pages of a search whose number of results is known already."""

    def __init__(self, found: Any, per_page: int, total: int) -> None:
        super().__init__(found, per_page)
        self.count = total


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """List open opportunities, with search and facets; no sign-in."""
    form = SearchForm(request.GET or None)
    is_valid = not form.is_bound or form.is_valid()
    query = form.query()
    counts = search.count(query)
    found = search.ordered(search.find(query), query)
    page = CountedPaginator(found.values_list("pk", flat=True), PER_PAGE, counts.total).get_page(
        request.GET.get("page")
    )
    page.object_list = search.fetch(list(page.object_list), query)
    context = {
        "form": form,
        "has_more": any(request.GET.get(name) for name in FOLDED),
        "query": query,
        "page_obj": page,
        "facets": counts.facets,
        "asked": form.said(),
        "boards": counts.tiles if any(tile.count for tile in counts.tiles) or query["board"] else None,
        "wider": search.wider(query) if is_valid and not counts.at_a_place else [],
        "breadcrumbs": [("Home", "/")],
        "is_synthetic": any(item.is_synthetic for item in page.object_list),
    }
    return render(request, "opportunities/index.html", context, status=200 if is_valid else 422)


@require_safe
def detail(request: HttpRequest, reference: str) -> HttpResponse:
    """Show one listing, with its rule and the chance last time."""
    listing = get_object_or_404(
        Opportunity.objects.public().select_related("organisation", "draw"),
        reference=reference,
    )
    context = {
        "listing": listing,
        "draw": getattr(listing, "draw", None),
        "board": BOARDS[listing.icb_code][2] if listing.icb_code in BOARDS else "",
        "breadcrumbs": [("Home", "/"), ("Opportunities", "/opportunities/")],
        "is_synthetic": listing.is_synthetic,
    }
    return render(request, "opportunities/detail.html", context)


@require_safe
def draw(request: HttpRequest, reference: str) -> HttpResponse:
    """Show the public record of a draw, and how to check it."""
    published = _published_draw(reference)
    context = {
        "draw": published,
        "record": published.record,
        "listing": published.opportunity,
        "breadcrumbs": [
            ("Home", "/"),
            ("Opportunities", "/opportunities/"),
            (published.opportunity.title, published.opportunity.get_absolute_url()),
        ],
        "is_synthetic": published.opportunity.is_synthetic,
    }
    return render(request, "opportunities/draw.html", context)


@require_safe
def draw_record(request: HttpRequest, reference: str) -> JsonResponse:  # noqa: ARG001 - Django's signature
    """Return the public record of a draw as JSON, to be checked with any program."""
    return JsonResponse(_published_draw(reference).record, json_dumps_params={"ensure_ascii": False})


def _published_draw(reference: str) -> PublishedDraw:
    return get_object_or_404(
        PublishedDraw.objects.select_related("opportunity__organisation"),
        opportunity__reference=reference,
    )
