"""What roles and perspectives share: a working text (Wagtail snippet) and its published versions."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.http import HttpRequest
from django.utils import timezone
from wagtail.fields import StreamField
from wagtail.models import (
    DraftStateMixin,
    LockableMixin,
    PreviewableMixin,
    Revision,
    RevisionMixin,
    WorkflowMixin,
)

from portal.definitions.blocks import SourcesBlock
from portal.definitions.enums import ChangeClass, DefinitionState, Family
from portal.definitions.validators import code_validator


class Definition(WorkflowMixin, DraftStateMixin, LockableMixin, RevisionMixin, PreviewableMixin, models.Model):
    """The working text of a role or a perspective. What the public sees is its versions."""

    code = models.CharField(
        max_length=40,
        unique=True,
        validators=[code_validator],
        help_text="Stable for ever: returns, datasets and links use it. For example “nur-scphn” or “D1”.",
    )
    family = models.CharField(max_length=10, choices=Family.choices, default=Family.OH)
    title = models.CharField(max_length=160)
    summary = models.TextField(blank=True, help_text="One or two plain sentences.")
    effective_from = models.DateField(
        "in force from",
        null=True,
        blank=True,
        help_text="From this date the definition applies. It may differ from the day of publication.",
    )
    change_class = models.CharField(
        "class of change",
        max_length=20,
        choices=ChangeClass.choices,
        default=ChangeClass.NEW,
        help_text="What this edition does to the meaning. All but editorial changes need a mapping from the "
        "version before and make the next dataset version a major one.",
    )
    change_note = models.TextField(
        blank=True,
        help_text="Public: what changed since the version before, and why.",
    )
    sources = StreamField(SourcesBlock(), blank=True)

    class Meta:
        abstract = True
        constraints: ClassVar[list[Any]] = [
            # Wagtail would take an expired object off the site; a definition is withdrawn with a reason instead.
            models.CheckConstraint(condition=models.Q(expire_at__isnull=True), name="%(class)s_never_expires"),
        ]

    def __str__(self) -> str:
        return f"{self.title} ({self.code})"

    @property
    def latest_version(self) -> Any:
        """The newest published version, withdrawn or not; None before the first."""
        return self.versions.order_by("-number").first()

    @property
    def state(self) -> DefinitionState:
        """Where the working text stands."""
        if self.approved_schedule:
            return DefinitionState.SCHEDULED
        if self.workflow_in_progress:
            return DefinitionState.IN_REVIEW
        latest = self.latest_version
        if latest is None or self.has_unpublished_changes:
            return DefinitionState.DRAFT
        return latest.state

    def publish(self, revision: Revision, user: Any = None, **kwargs: Any) -> Any:
        """Publish a revision as a new immutable version. Every route ends here: page, workflow, schedule."""
        from portal.definitions import actions  # noqa: PLC0415 - actions build on models

        return actions.publish_revision(by=user, definition=self, revision=revision, **kwargs)

    def unpublish(self, *_args: Any, **_kwargs: Any) -> None:
        """Refuse: a published version stays; it is withdrawn with a public reason instead."""
        from portal.definitions.errors import DefinitionError  # noqa: PLC0415 - keeps the pair of imports apart

        raise DefinitionError("A published definition is not taken down. Withdraw the version, giving the reason.")

    def get_preview_template(self, request: HttpRequest, mode_name: str) -> str:  # noqa: ARG002 - Wagtail's signature
        """Preview on the public page's own template."""
        return f"definitions/{self._meta.model_name}.html"

    def get_preview_context(self, request: HttpRequest, mode_name: str) -> dict[str, Any]:  # noqa: ARG002 - the same
        """Show the working text as the version it would become."""
        from portal.definitions import pages  # noqa: PLC0415 - pages build on models

        return {**pages.preview(self), "request": request}


class DefinitionVersion(models.Model):
    """One published version. The database refuses to change or delete it, whoever asks."""

    number = models.PositiveIntegerField()
    code = models.CharField(max_length=40)
    family = models.CharField(max_length=10, choices=Family.choices)
    title = models.CharField(max_length=160)
    summary = models.TextField(blank=True)
    effective_from = models.DateField()
    change_class = models.CharField(max_length=20, choices=ChangeClass.choices)
    change_note = models.TextField(blank=True)
    #: The structured parts, as plain data: nothing outside the row is needed to read it.
    content = models.JSONField(default=dict)
    search_text = models.TextField(blank=True)
    revision_id = models.BigIntegerField(null=True, blank=True)
    published_at = models.DateTimeField(default=timezone.now)
    authors = models.JSONField(default=list, help_text="Who wrote it, by name as it was then.")
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="The second person. Empty only for starting content, which names its approver.",
    )
    approver_label = models.CharField(max_length=255)

    class Meta:
        abstract = True
        ordering: ClassVar[list[str]] = ["code", "-number"]

    def __str__(self) -> str:
        return f"{self.title} ({self.code}), version {self.number}"

    @property
    def reference(self) -> str:
        """How text and crosswalks name this version: ``tech v1``."""
        return f"{self.code} v{self.number}"

    @property
    def state(self) -> DefinitionState:
        """Published, superseded or withdrawn. Asks the database once unless ``newest`` is set."""
        if getattr(self, "withdrawal", None) is not None:
            return DefinitionState.WITHDRAWN
        newest = getattr(self, "newest_number", None) or self.newest_number_in_force()
        return DefinitionState.SUPERSEDED if newest > self.number else DefinitionState.PUBLISHED

    def newest_number_in_force(self) -> int:
        """Return the number of the newest version that has not been withdrawn."""
        rows = type(self)._default_manager.filter(code=self.code, withdrawal__isnull=True)
        return rows.aggregate(newest=models.Max("number"))["newest"] or self.number

    @property
    def is_upcoming(self) -> bool:
        """Whether it is published but not yet in force."""
        return self.effective_from > timezone.localdate()
