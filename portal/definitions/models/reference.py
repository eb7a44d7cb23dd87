"""Reference lists of others, each edition kept: SOC 2020, NHS job roles, registers, qualifications."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import OuterRef, Subquery

from portal.definitions.enums import ListSlug


class ReferenceList(models.Model):
    """One edition of a reference list. A new edition is a new row; old ones stay."""

    slug = models.CharField(max_length=40, choices=ListSlug.choices)
    version = models.CharField(max_length=20, help_text="The edition as its publisher names it.")
    edition = models.PositiveIntegerField(default=1, help_text="Counts our copies: the highest is the newest.")
    title = models.CharField(max_length=160)
    source = models.CharField(max_length=500, blank=True)
    note = models.TextField(blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["slug", "-edition"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["slug", "edition"], name="reference_list_edition_unique"),
            models.UniqueConstraint(fields=["slug", "version"], name="reference_list_version_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.title}, {self.version}"


class ReferenceEntryQuerySet(models.QuerySet["ReferenceEntry"]):
    """Entries of reference lists."""

    def newest(self, *slugs: str) -> models.QuerySet[ReferenceEntry]:
        """Return the entries of the newest edition of each list, in the list's order."""
        newest = ReferenceList.objects.filter(slug=OuterRef("list__slug")).order_by("-edition").values("pk")[:1]
        return (
            self.filter(list__slug__in=slugs, list=Subquery(newest))
            .select_related("list")
            .order_by("list__slug", "order", "code")
        )


class ReferenceEntry(models.Model):
    """One code of one edition of a reference list."""

    list = models.ForeignKey(ReferenceList, on_delete=models.PROTECT, related_name="entries")
    code = models.CharField(max_length=60)
    title = models.CharField(max_length=255)
    parent = models.CharField(max_length=60, blank=True)
    note = models.CharField(max_length=500, blank=True)
    order = models.PositiveIntegerField(default=0)

    objects = ReferenceEntryQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["list", "order", "code"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["list", "code", "title"], name="reference_entry_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"

    @property
    def address(self) -> str:
        """List and code in one: ``soc-2020:2233``."""
        return f"{self.list.slug}:{self.code}"
