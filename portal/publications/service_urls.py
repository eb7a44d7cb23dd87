"""Addresses that only the service process has: what opens before publication, to who holds a key."""

from __future__ import annotations

from django.urls import path

from portal.publications import early_views

urlpatterns = [
    path("pre-release/<slug:token>/", early_views.pre_release, name="pre_release"),
    path("api/content/drafts/<int:pk>/", early_views.draft_content, name="draft_content"),
]
