"""Addresses of the home app that are not pages: language, feedback, and what programs ask for."""

from django.contrib.sitemaps.views import sitemap
from django.urls import path

from portal.home import images, views
from portal.home.sitemaps import SITEMAPS

app_name = "home"
urlpatterns = [
    path("language/<slug:code>/", views.choose_language, name="language"),
    path("feedback/", views.feedback, name="feedback"),
    path("sitemap.xml", sitemap, {"sitemaps": SITEMAPS}, name="sitemap"),
    path("robots.txt", views.robots, name="robots"),
    path("favicon.ico", views.icon, name="icon"),
    path("media/<path:name>", images.image, name="image"),
    path("feedback/thank-you/", views.feedback_received, name="feedback-received"),
]
