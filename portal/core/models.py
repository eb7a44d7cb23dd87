"""Abstract models that every app may build on, and the audit trail of the default database."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from wagtail.admin.panels import FieldPanel
from wagtail.models import Page

from portal.core.querysets import AuditEventQuerySet


class AbstractAuditEvent(models.Model):
    """One thing somebody did, written in the transaction that did it. Append only."""

    at = models.DateTimeField(auto_now_add=True, db_index=True)
    actor_id = models.BigIntegerField(null=True, blank=True)
    # The name as it was then: users can be renamed or erased, the trail must still read well.
    actor_label = models.CharField(max_length=255, default="system")
    action = models.CharField(max_length=100, db_index=True)
    object_type = models.CharField(max_length=100, blank=True)
    object_id = models.CharField(max_length=100, blank=True, db_index=True)
    object_label = models.CharField(max_length=255, blank=True)
    reason = models.TextField(blank=True)
    detail = models.JSONField(default=dict, blank=True)

    objects = AuditEventQuerySet.as_manager()

    class Meta:
        abstract = True
        ordering: ClassVar[list[str]] = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.action} by {self.actor_label}"

    @property
    def action_in_words(self) -> str:
        """What was done, as a person reads it."""
        return self.action.replace("_", " ").capitalize()


class AuditEvent(AbstractAuditEvent):
    """The audit trail of what is public or editorial."""


class BasePage(Page):
    """What every page of the site shares. Keep it small: a page type is not a dumping ground."""

    summary = models.TextField(
        blank=True,
        help_text="One or two sentences. Shown in lists, in search results and to search engines.",
    )

    content_panels: ClassVar[list[Any]] = [*Page.content_panels, FieldPanel("summary")]

    class Meta:
        abstract = True
