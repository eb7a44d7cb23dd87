"""Which links of live pages lead nowhere."""

from __future__ import annotations

import html
import re
import urllib.error
import urllib.request
from collections import defaultdict
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils import timezone
from wagtail.documents import get_document_model
from wagtail.models import Page

from portal.home.care import texts_of
from portal.home.models import BrokenLink

if TYPE_CHECKING:
    from collections.abc import Callable

TIMEOUT = 15
NOT_FOUND_FROM = 400
#: Answers of sites that turn programs away: the link may well work for people.
TURNED_AWAY = frozenset({401, 403, 405, 429, 503})
_HREF = re.compile(r'href=\\?["\']([^"\'\\]+)', re.IGNORECASE)
_ADDRESS = re.compile(r'["\'(\s](https?://[^"\'\\\s<>)]+)')
_PAGE = re.compile(r'<a[^>]*linktype=\\?"page\\?"[^>]*\bid=\\?"(\d+)|<a[^>]*\bid=\\?"(\d+)\\?"[^>]*linktype=\\?"page')
_DOCUMENT = re.compile(
    r'<a[^>]*linktype=\\?"document\\?"[^>]*\bid=\\?"(\d+)|<a[^>]*\bid=\\?"(\d+)\\?"[^>]*linktype=\\?"document'
)


class _Head(urllib.request.Request):
    """A request for the head of an answer alone."""

    def get_method(self) -> str:
        return "HEAD"


def try_address(address: str) -> str:
    """Return why an address leads nowhere; empty where it works, or turns programs away."""
    for request in (_Head(address, headers={"User-Agent": "link check"}), address):
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT):  # noqa: S310 - http(s) only, see addresses_of
                return ""
        except urllib.error.HTTPError as error:
            if error.code in TURNED_AWAY:
                # Some answer a request for the head so; then the whole is asked for, once.
                if request is address:
                    return ""
                continue
            if error.code >= NOT_FOUND_FROM:
                return f"It answers {error.code}."
        except (OSError, ValueError) as error:
            return f"It cannot be reached: {getattr(error, 'reason', error)}"[:300]
    return ""


def addresses_of(page: Page) -> set[str]:
    """Return the full addresses that a page links to by address."""
    found = set()
    for text in texts_of(page):
        found |= {html.unescape(address) for address in _HREF.findall(text) + _ADDRESS.findall(text)}
    full = {settings.BASE_URL.rstrip("/") + address if address.startswith("/") else address for address in found}
    return {address.split("#")[0] for address in full if address.startswith(("http://", "https://"))}


def _pages_and_documents(page: Page) -> dict[str, str]:
    """Return links by number to pages that are not published and documents that are gone."""
    texts = " ".join(texts_of(page))
    pages = {int(a or b) for a, b in _PAGE.findall(texts)}
    documents = {int(a or b) for a, b in _DOCUMENT.findall(texts)}
    live = set(Page.objects.live().filter(pk__in=pages).values_list("pk", flat=True))
    there = set(get_document_model().objects.filter(pk__in=documents).values_list("pk", flat=True))
    broken = {f"page {number}": "The page is not published, or gone." for number in pages - live}
    return broken | {f"document {number}": "The document is gone." for number in documents - there}


def check_links(attempt: Callable[[str], str] = try_address) -> dict[str, int]:
    """Try every link of every live page, each address once, and keep those that lead nowhere."""
    started = timezone.now()
    wanted: dict[str, set[int]] = defaultdict(set)
    found: dict[tuple[int, str], str] = {}
    pages = 0
    for page in Page.objects.live().specific().iterator(chunk_size=100):
        pages += 1
        for address in addresses_of(page):
            wanted[address].add(page.pk)
        found |= {(page.pk, link): reason for link, reason in _pages_and_documents(page).items()}
    for address, where in wanted.items():
        if reason := attempt(address):
            found |= {(pk, address): reason for pk in where}
    for (pk, address), reason in found.items():
        BrokenLink.objects.update_or_create(
            page_id=pk,
            address=address[:1000],
            defaults={"reason": reason[:300], "checked_at": started},
            create_defaults={"reason": reason[:300], "checked_at": started, "first_seen_at": started},
        )
    BrokenLink.objects.exclude(checked_at=started).delete()
    return {"pages": pages, "links": len(wanted), "broken": len(found)}
