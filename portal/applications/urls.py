"""Addresses below ``/applications/``; the public process does not serve them."""

from django.urls import path

from portal.applications import views

app_name = "applications"
urlpatterns = [
    path("", views.tracker, name="tracker"),
    path("apply/<slug:reference>/", views.start, name="start"),
    path("apply/<slug:reference>/check/", views.check, name="check"),
    path("apply/<slug:reference>/<slug:step>/", views.step, name="step"),
    path("<slug:code>/", views.detail, name="detail"),
    path("<slug:code>/reply/", views.reply, name="reply"),
    path("<slug:code>/withdraw/", views.withdraw, name="withdraw"),
    path("<slug:code>/equality/", views.equality_questions, name="equality"),
]
