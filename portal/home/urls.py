"""Addresses of the home app that are not pages: language and feedback."""

from django.urls import path

from portal.home import views

app_name = "home"
urlpatterns = [
    path("language/<slug:code>/", views.choose_language, name="language"),
    path("feedback/", views.feedback, name="feedback"),
    path("feedback/thank-you/", views.feedback_received, name="feedback-received"),
]
