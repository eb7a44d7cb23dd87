"""Addresses of the OH team, below /cms/opportunities/."""

from django.urls import path

from portal.applications.views import team

app_name = "oversight"

urlpatterns = [
    path("", team.overview, name="index"),
    path("listings/<slug:reference>/", team.decide, name="decide"),
    path("concerns/<int:pk>/", team.settle, name="settle"),
]
