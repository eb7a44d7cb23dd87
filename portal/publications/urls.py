"""Addresses below /publications/. The index, and pages that are not releases, are the page tree's."""

from __future__ import annotations

from django.urls import path, re_path

from portal.publications import feeds, subscription_views, views

urlpatterns = [
    path("calendar/", views.calendar, name="release_calendar"),
    path("calendar.ics", views.calendar_feed, name="release_calendar_feed"),
    path("subscribe/", subscription_views.subscribe, name="subscribe"),
    path("subscribe/thank-you/", subscription_views.subscribed, name="subscribed"),
    path("subscribe/<str:token>/confirm/", subscription_views.confirm, name="subscription_confirm"),
    path("subscribe/<str:token>/leave/", subscription_views.leave, name="subscription_leave"),
    path("releases.atom", feeds.releases, name="releases_feed"),
    path("<slug:series>/releases.atom", feeds.releases, name="series_feed"),
    path("<slug:series>/", views.series_latest, name="series_latest"),
    path("<slug:series>/releases/", views.series_releases, name="series_releases"),
    path("<slug:series>/<slug:release>/", views.release_page, name="release"),
    path("<slug:series>/<slug:release>/versions/<int:number>/", views.release_version, name="release_version"),
    path("<slug:series>/<slug:release>/versions/<int:number>/release.pdf", views.release_pdf, name="release_pdf"),
    re_path(
        r"^(?P<series>[-\w]+)/(?P<release>[-\w]+)/versions/(?P<number>\d+)/figures/(?P<name>figure-\w+)\.(?P<kind>svg|png|csv)$",
        views.figure_file,
        name="release_figure",
    ),
]
