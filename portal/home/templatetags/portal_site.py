"""What the frame of every page needs: navigation, breadcrumbs, language links, figures in words."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django import template
from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from portal.core.context_processors import site

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.utils.safestring import SafeString

register = template.Library()

NAVIGATION = (
    ("/", _("Home")),
    ("/publications/", _("Publications")),
    ("/definitions/", _("Definitions")),
    ("/datasets/", _("Datasets")),
    ("/opportunities/", _("Opportunities")),
    ("/guidance/", _("Guidance")),
    ("/search/", _("Search")),
)
LANGUAGE_NAMES = {"en-gb": "English", "cy": "Cymraeg"}


@register.simple_tag
def unchanging(template_name: str, place: str = "") -> SafeString:
    """Include a template that shows the same to everyone: rendered once by each process for a language and a place."""
    facts = tuple(sorted(site(None).items()))
    render = _rendered_once.__wrapped__ if settings.DEBUG else _rendered_once
    return render(template_name, place, translation.get_language(), facts)


@lru_cache(maxsize=256)
def _rendered_once(
    template_name: str, place: str, language: str | None, facts: tuple[tuple[str, Any], ...]
) -> SafeString:
    del language  # part of the key
    return render_to_string(template_name, {**dict(facts), "place": place})


@register.filter
def part_of_site(request: HttpRequest | None) -> str:
    """Return where the reader is: the address of a part of the site itself, or with ``…`` of something within it."""
    path = getattr(request, "path", "")
    for url, _title in NAVIGATION:
        if path == url:
            return url
        if url != "/" and path.startswith(url):
            return f"{url}…"
    return ""


@register.filter
def navigation_items(place: str) -> list[dict[str, Any]]:
    """Return the navigation with the part of the site that the reader is in marked."""
    return [
        {"url": url, "title": title, "current": place == url, "active": place in {url, f"{url}…"}}
        for url, title in NAVIGATION
    ]


@register.filter
def language_links(request: HttpRequest | None) -> list[dict[str, str]]:
    """Return a link for each language of the interface but the present one."""
    path = getattr(request, "path", "/")
    present = translation.get_language()
    return [
        {"code": code, "name": LANGUAGE_NAMES[code], "url": f"/language/{code}/?{urlencode({'next': path})}"}
        for code, _name in settings.LANGUAGES
        if code != present
    ]


@register.inclusion_tag("includes/breadcrumbs.html", takes_context=True)
def site_breadcrumbs(context: dict[str, Any]) -> dict[str, Any]:
    """Show ``breadcrumbs`` of the context, or the ancestors of the page where there are none.

    ``breadcrumbs`` is a list of ``(title, url)`` pairs from the home page down, without the page
    that is shown.
    """
    pairs = context.get("breadcrumbs")
    if pairs is None:
        pairs = _ancestors(context.get("page"), context.get("request"))
    return {"items": [{"title": title, "url": url} for title, url in pairs]}


def _ancestors(page: Any, request: HttpRequest | None) -> list[tuple[str, str]]:
    """Return the published ancestors of a Wagtail page below the root, in one query."""
    if page is None or not hasattr(page, "get_ancestors"):
        return []
    ancestors = page.get_ancestors().filter(depth__gt=1, live=True).defer_streamfields()
    return [(ancestor.title, ancestor.get_url(request) or "/") for ancestor in ancestors]


@register.filter
def page_numbers(page_obj: Any) -> list[int | str]:
    """Return the page numbers to link to, with an ellipsis where some are left out."""
    return list(page_obj.paginator.get_elided_page_range(page_obj.number, on_each_side=1, on_ends=1))


@register.simple_tag(takes_context=True)
def page_address(context: dict[str, Any], number: int) -> str:
    """Return the address of another page of this list; every other query parameter is kept."""
    parameter = context.get("page_parameter") or "page"
    query = context["request"].GET.copy()
    query[parameter] = str(number)
    return f"?{query.urlencode()}"
