"""Addresses of runs, below the CMS."""

from django.urls import path

from portal.pipelines import views

app_name = "pipelines"
urlpatterns = [
    path("", views.run_list, name="runs"),
    path("measures/", views.run_measures, name="measures"),
    path("measures.json", views.run_measures, {"form": "json"}, name="measures-json"),
    path("metrics", views.run_measures, {"form": "text"}, name="metrics"),
    path("start/<slug:series>/", views.start_run, name="start"),
    path("<int:pk>/", views.run_page, name="run"),
    path("<int:pk>/changes/", views.run_changes, name="changes"),
    path("<int:pk>/progress/", views.run_progress, name="progress"),
    path("<int:pk>/cancel/", views.cancel_run, name="cancel"),
    path("<int:pk>/retry/", views.retry_run, name="retry"),
]
