"""Addresses of runs, below the CMS."""

from django.urls import path

from portal.pipelines import views

app_name = "pipelines"
urlpatterns = [
    path("", views.run_list, name="runs"),
    path("start/<slug:series>/", views.start_run, name="start"),
    path("<int:pk>/", views.run_page, name="run"),
    path("<int:pk>/progress/", views.run_progress, name="progress"),
    path("<int:pk>/cancel/", views.cancel_run, name="cancel"),
    path("<int:pk>/retry/", views.retry_run, name="retry"),
]
