"""Returns by API: the same checks, the same messages and the same pages' actions, by token.

Only the service process has these addresses; the public one knows nothing of returns.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings

from portal.submissions.api.returns import ReturnViewSet
from portal.submissions.api.uploads import FormViewSet, UploadViewSet


def register(router: Any) -> None:
    """Add these addresses to the API, in the process that knows the submissions database."""
    if settings.PROCESS == "public":
        return
    router.register("returns", ReturnViewSet, basename="return")
    router.register("uploads", UploadViewSet, basename="upload")
    router.register("forms", FormViewSet, basename="form")
