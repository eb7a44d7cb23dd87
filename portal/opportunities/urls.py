"""Addresses below ``/opportunities/``."""

from django.urls import path

from portal.opportunities import feeds, views

app_name = "opportunities"
urlpatterns = [
    path("", views.index, name="index"),
    path("feed.atom", feeds.OpportunitiesFeed(), name="feed"),
    path("<slug:reference>/", views.detail, name="detail"),
    path("<slug:reference>/draw/", views.draw, name="draw"),
    path("<slug:reference>/draw.json", views.draw_record, name="draw_record"),
]
