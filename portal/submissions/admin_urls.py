"""Addresses of the OH team, below /cms/collect/."""

from django.urls import path

from portal.submissions.views import team

app_name = "collections"

urlpatterns = [
    path("", team.collections, name="index"),
    path("registrations/", team.registrations, name="registrations"),
    path("registrations/<int:pk>/", team.decide, name="decide"),
    path("returns/<int:pk>/", team.return_view, name="return"),
    path("imports/<int:pk>/", team.import_issues, name="import_issues"),
    path("<slug:code>/", team.dashboard, name="dashboard"),
    path("<slug:code>/import/", team.import_page, name="import"),
]
