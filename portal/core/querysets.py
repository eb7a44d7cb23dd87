"""Reading the audit trail."""

from __future__ import annotations

from typing import Any, Self

from django.db import models


class AuditEventQuerySet(models.QuerySet[Any]):
    """What was done."""

    def about(self, obj: models.Model) -> Self:
        """Those of one thing, as ``record_event`` names it."""
        return self.filter(object_type=obj._meta.label, object_id=str(obj.pk))
