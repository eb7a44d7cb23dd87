"""Releases as Atom: an entry for each version of a release that came out, with the reason of a correction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.http import Http404, HttpResponse
from django.utils.feedgenerator import Atom1Feed
from django.views.decorators.http import require_safe

from portal.datasets.links import absolute
from portal.datasets.views.machines import ATOM, ENTRIES, tagged
from portal.publications.models import PublicationSeriesPage
from portal.publications.news import entry_of, newest

if TYPE_CHECKING:
    from django.http import HttpRequest


@require_safe
def releases(request: HttpRequest, series: str = "") -> HttpResponse:
    """Serve what came out of one publication, or of all: releases, revisions, corrections and withdrawals."""
    title, page, versions = "Releases", "/publications/", newest()
    if series:
        found = PublicationSeriesPage.objects.live().filter(slug=series).first()
        if found is None:
            raise Http404
        title, page, versions = found.title, f"/publications/{series}/releases/", versions.filter(series=found)
    feed = Atom1Feed(
        title=f"{title} – {settings.WAGTAIL_SITE_NAME}",
        link=absolute(page),
        description="Releases, revisions and corrections, each with its reason",
        feed_url=absolute(request.path),
        language="en-gb",
    )
    for version in versions[:ENTRIES]:
        feed.add_item(**entry_of(version))
    return tagged(request, feed.writeString("utf-8").encode(), ATOM)
