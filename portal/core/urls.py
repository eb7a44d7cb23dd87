"""Addresses that load balancers ask."""

from django.urls import path

from portal.core import health

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
]
