"""What readers get below /publications/: the latest release, its versions, figures as files, the calendar."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_safe
from wagtail.views import serve as wagtail_serve

from portal.core.cache import kept
from portal.publications import charts, downloads, page_cache
from portal.publications.enums import ReleaseState
from portal.publications.fragments import kept_content
from portal.publications.models import CalendarEntry, PublicationSeriesPage
from portal.publications.models.calendar import LONDON
from portal.publications.queries import public_versions, releases_of, version_numbered
from portal.publications.reading import (
    around,
    breadcrumbs,
    figure_of,
    known_perspectives,
    release_content,
    series_content,
)
from portal.publications.typesetting import pdf_of_release, png_of_svg

if TYPE_CHECKING:
    from django.http import HttpRequest

    from portal.publications.models import ReleaseVersion

DAY = 60 * 60 * 24
LONG = 60 * 60 * 24 * 365


@require_safe
def series_latest(request: HttpRequest, series: str) -> HttpResponse:
    """Lead to the latest release of a series; a series without one shows its own page."""
    page = PublicationSeriesPage.objects.live().filter(slug=series).first()
    if page is None:
        raise Http404
    releases = [version for version in releases_of(page.pk) if version.state == ReleaseState.PUBLISHED]
    if not releases:
        return series_releases(request, series)
    response = redirect(releases[0].get_absolute_url())
    patch_cache_control(response, no_cache=True)
    return response


@require_safe
def series_releases(request: HttpRequest, series: str) -> HttpResponse:
    """List every release of a series."""
    page = PublicationSeriesPage.objects.live().filter(slug=series).first()
    if page is None:
        raise Http404
    return render(request, "publications/series.html", {"page": page, **series_content(page)})


@require_safe
def release_page(request: HttpRequest, series: str, release: str) -> HttpResponse:
    """Show the current version of a release."""
    versions = public_versions(series, release)
    if not versions:  # a methodology page, or nothing: the page tree knows
        return wagtail_serve(request, request.path.lstrip("/"))
    return _shown(request, versions[0], versions)


@require_safe
def release_version(request: HttpRequest, series: str, release: str, number: int) -> HttpResponse:
    """Show one version of a release: this address never shows another."""
    versions = public_versions(series, release)
    version = next((one for one in versions if one.number == number), None)
    if version is None:
        raise Http404
    return _shown(request, version, versions, pinned=True)


def _shown(
    request: HttpRequest, version: ReleaseVersion, versions: list[ReleaseVersion], *, pinned: bool = False
) -> HttpResponse:
    """Render a version: what cannot change was made at its publication."""
    perspective = request.GET.get("perspective", "")[:20]
    address = version.permanent_address if pinned else version.get_absolute_url()
    context: dict[str, Any] = {"breadcrumbs": breadcrumbs(version.series), "pinned": pinned, "address": address}
    if version.state == ReleaseState.WITHDRAWN:
        context |= {"version": version, "series": version.series}
        response = render(request, "publications/withdrawn.html", context)
        return page_cache.finish(request, response, keep=not perspective)
    content = kept_content(version, perspective="", address=address)
    known = not perspective or perspective in content["known"]
    if perspective and known:
        content = kept_content(version, perspective=perspective, address=address)
    context |= {**around(version, versions), **content}
    return page_cache.finish(request, render(request, "publications/release.html", context), keep=known)


@require_safe
def figure_file(request: HttpRequest, series: str, release: str, number: int, name: str, kind: str) -> HttpResponse:
    """Return a figure of a version as a file. A version never changes, so neither does the file."""
    version = version_numbered(series, release, number)
    if version is None or version.state == ReleaseState.WITHDRAWN:
        raise Http404
    drawn, table = figure_of(version, name, request.GET.get("perspective", "")[:20])
    if kind == "svg" and drawn is not None:
        source = f"{version.title}, version {version.number}; {version.dataset_version}"
        response = HttpResponse(charts.render_standalone(drawn, source=source), content_type="image/svg+xml")
    elif kind == "png" and drawn is not None:
        source = f"{version.title}, version {version.number}; {version.dataset_version}"
        response = HttpResponse(png_of_svg(charts.render_standalone(drawn, source=source)), content_type="image/png")
    elif kind == "csv" and (drawn is not None or table is not None):
        text = downloads.csv_of_chart(drawn) if drawn is not None else downloads.csv_of_table(table or {})
        response = HttpResponse(text, content_type="text/csv; charset=utf-8")
    else:
        raise Http404
    response["Content-Disposition"] = f'attachment; filename="{series}-{release}-v{number}-{name}.{kind}"'
    patch_cache_control(response, public=True, max_age=LONG, immutable=True)
    return response


@require_safe
def release_pdf(request: HttpRequest, series: str, release: str, number: int) -> HttpResponse:
    """Return a version as PDF. It never changes: typeset once, then kept."""
    version = version_numbered(series, release, number)
    if version is None or version.state == ReleaseState.WITHDRAWN:
        raise Http404
    perspective = request.GET.get("perspective", "")[:20]
    perspective = perspective if perspective in known_perspectives(version) else ""
    content = release_content(version, perspective=perspective)
    # What stands around the figures may grow later, by a notice of a correction: the file is of this version.
    content["notices"] = [one for one in content["notices"] if one.number <= number]
    body = kept(f"release-pdf:{version.digest}:{perspective}", DAY, lambda: pdf_of_release(version, content))
    response = HttpResponse(body, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{series}-{release}-v{number}.pdf"'
    patch_cache_control(response, public=True, max_age=LONG, immutable=True)
    return response


@require_safe
def calendar(request: HttpRequest) -> HttpResponse:
    """Show what is coming, what came and what was cancelled, with every change of a confirmed date."""
    entries = CalendarEntry.objects.select_related("series", "release").prefetch_related("changes")
    context = {
        "upcoming": list(entries.upcoming()),
        "past": list(entries.past()[:50]),
        "breadcrumbs": breadcrumbs(),
    }
    return render(request, "publications/calendar.html", context)


@require_safe
def calendar_feed(request: HttpRequest) -> HttpResponse:
    """Return the calendar for calendar programs. A provisional entry lasts its whole month and is tentative."""
    from icalendar import Calendar, Event  # noqa: PLC0415 - only this view needs it

    feed = Calendar()
    feed.add("prodid", "-//Occupational health workforce data//Release calendar//EN")
    feed.add("version", "2.0")
    feed.add("x-wr-calname", "Occupational health workforce data: releases")
    for entry in CalendarEntry.objects.order_by("date", "pk"):
        event = Event()
        event.add("uid", f"release-{entry.pk}@{request.get_host()}")
        event.add("summary", entry.title)
        event.add("dtstamp", entry.updated_at)
        status = {"provisional": "TENTATIVE", "cancelled": "CANCELLED"}.get(entry.status, "CONFIRMED")
        event.add("status", status)
        event.add("description", entry.notice or entry.when)
        _add_time(event, entry)
        feed.add_component(event)
    response = HttpResponse(feed.to_ical(), content_type="text/calendar; charset=utf-8")
    patch_cache_control(response, public=True, max_age=300)
    return response


def _add_time(event: Any, entry: CalendarEntry) -> None:
    if entry.time is not None:
        event.add("dtstart", dt.datetime.combine(entry.date, entry.time, tzinfo=LONDON))
    elif entry.status == "provisional":
        first = entry.date.replace(day=1)
        event.add("dtstart", first)
        event.add("dtend", (first + dt.timedelta(days=32)).replace(day=1))
    else:
        event.add("dtstart", entry.date)
