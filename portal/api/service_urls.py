"""Addresses that only the service process has: keys are made where the database may be written."""

from django.urls import path

from portal.api import key_views

urlpatterns = [
    path("api-keys/", key_views.ask, name="api_keys"),
    path("api-keys/sent/", key_views.asked, name="api_keys_asked"),
    path("api-keys/<str:token>/", key_views.keys, name="api_keys_of"),
]
