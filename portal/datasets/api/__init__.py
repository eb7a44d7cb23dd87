"""Datasets, versions, files and observations in the API.

``views`` has the addresses, ``parameters`` what a request may say, ``finding`` which version it means,
``reading`` turns a request into rows, ``grouping`` into groups of rows, ``sending`` makes the answer.
"""

from __future__ import annotations

from typing import Any

from portal.datasets.api.views import DatasetViewSet, FileViewSet

__all__ = ["register"]


def register(router: Any) -> None:
    """Add the viewsets of this app to the API."""
    router.register("datasets", DatasetViewSet, basename="dataset")
    router.register("files", FileViewSet, basename="file")
