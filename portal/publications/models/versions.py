"""Release versions: once published, a row that the database refuses to change."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from portal.core.constraints import by_needs_at
from portal.publications.enums import OPEN_STATES, PUBLIC_STATES, ReleaseState, VersionReason
from portal.publications.querysets import ReleaseVersionQuerySet

PUBLIC = sorted(PUBLIC_STATES)


def _person() -> models.ForeignKey:
    return models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )


class ReleaseVersion(models.Model):
    """One version of a release: its text, bound to one dataset version, and how it came out."""

    public_rows = "state IN ('published', 'superseded', 'withdrawn')"

    release = models.ForeignKey("publications.ReleasePage", on_delete=models.PROTECT, related_name="versions")
    series = models.ForeignKey("publications.PublicationSeriesPage", on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    period = models.CharField(max_length=20)
    state = models.CharField(max_length=12, choices=ReleaseState.choices, default=ReleaseState.DRAFT, db_index=True)
    reason = models.CharField(max_length=12, choices=VersionReason.choices, default=VersionReason.FIRST)
    notice = models.TextField("notice for readers", blank=True, help_text="What was wrong, what changed, and where.")
    dataset_version = models.ForeignKey("datasets.DatasetVersion", on_delete=models.PROTECT, related_name="releases")
    run_reference = models.CharField(max_length=80, blank=True)
    # Digest of the data that the words were last checked against: other data makes them stale.
    text_checked_digest = models.CharField(max_length=64, blank=True)
    content = models.JSONField(default=dict, blank=True)
    digest = models.CharField("SHA-256 of text, data and notice", max_length=64, blank=True)

    created_at = models.DateTimeField(auto_now_add=True)
    created_by = _person()
    submitted_at = models.DateTimeField(null=True, blank=True)
    submitted_by = _person()
    approved_at = models.DateTimeField(null=True, blank=True)
    approved_by = _person()
    approved_revision = models.ForeignKey(
        "wagtailcore.Revision", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    scheduled_for = models.DateTimeField(null=True, blank=True, db_index=True)
    publish_failure = models.TextField(blank=True)
    published_at = models.DateTimeField(null=True, blank=True, db_index=True)
    published_by = _person()
    superseded_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = _person()
    withdrawn_reason = models.TextField(blank=True)

    objects = ReleaseVersionQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-period", "-number"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["release", "number"], name="publications_version_number"),
            models.UniqueConstraint(
                fields=["release"], condition=Q(state__in=sorted(OPEN_STATES)), name="publications_version_one_open"
            ),
            models.UniqueConstraint(
                fields=["release"], condition=Q(state="published"), name="publications_version_one_current"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=PUBLIC) | (Q(published_at__isnull=False) & ~Q(digest="")),
                name="publications_version_public_is_whole",
            ),
            models.CheckConstraint(
                condition=~Q(state="scheduled") | Q(scheduled_for__isnull=False),
                name="publications_version_scheduled_has_time",
            ),
            models.CheckConstraint(
                condition=~Q(state="withdrawn") | (Q(withdrawn_at__isnull=False) & ~Q(withdrawn_reason="")),
                name="publications_version_withdrawn_has_reason",
            ),
            *[
                by_needs_at(event, name=f"publications_version_{event}_pair")
                for event in ("created", "submitted", "approved", "published", "withdrawn")
            ],
        ]

    def __str__(self) -> str:
        return f"{self.release.title} (version {self.number})"

    def get_absolute_url(self) -> str:
        """Return the address of the release, which always shows its latest version."""
        return f"/publications/{self.series.slug}/{self.release.slug}/"

    @property
    def is_open(self) -> bool:
        """Whether it is still on its way."""
        return self.state in OPEN_STATES

    @property
    def title(self) -> str:
        """Return the title as it was published; of an open version, as it is now."""
        return self.content.get("title") or self.release.title

    @property
    def summary(self) -> str:
        """Return the summary as it was published; of an open version, as it is now."""
        return str(self.content.get("summary", "")) if self.content else self.release.summary

    @property
    def period_label(self) -> str:
        """Return the period in words."""
        return self.content.get("period_label") or self.release.period_label

    @property
    def permanent_address(self) -> str:
        """Return the address of this version, which never shows another."""
        return f"{self.get_absolute_url()}versions/{self.number}/"
