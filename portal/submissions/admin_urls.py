"""Addresses of the OH team, below /cms/collect/."""

from django.urls import path

from portal.submissions.views import desk, review, team, upkeep

app_name = "collections"

urlpatterns = [
    path("", team.collections, name="index"),
    path("registrations/", team.registrations, name="registrations"),
    path("registrations/<int:pk>/", team.decide, name="decide"),
    path("returns/<int:pk>/", review.return_view, name="return"),
    path("imports/<int:pk>/", team.import_issues, name="import_issues"),
    path("reads/", upkeep.reads, name="reads"),
    path("retention/", upkeep.retention, name="retention"),
    path("of/<slug:code>/", desk.dashboard, name="dashboard"),
    path("of/<slug:code>/import/", team.import_page, name="import"),
    path("of/<slug:code>/reminders/", desk.reminders, name="reminders"),
    path("of/<slug:code>/messages/", desk.message_log, name="messages"),
    path("of/<slug:code>/duplicates/", desk.duplicates, name="duplicates"),
    path("of/<slug:code>/<slug:name>.csv", desk.exported, name="export"),
]
