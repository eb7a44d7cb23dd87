"""Kinds of occupational health job."""

from __future__ import annotations

from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.urls import reverse
from wagtail.fields import StreamField

from portal.definitions import blocks
from portal.definitions.enums import GROUPS_OF_FAMILY, ROLE_CLASSES, ChangeClass, RoleGroup
from portal.definitions.models.base import Definition, DefinitionVersion
from portal.definitions.querysets import RoleVersionQuerySet
from portal.definitions.validators import validate_share


class Role(Definition):
    """The working text of a role."""

    group = models.CharField(max_length=40, choices=RoleGroup.choices)
    other_titles = models.TextField(
        "also called",
        blank=True,
        help_text="Other titles in use, one on each line. Uploads recognise them.",
    )
    description = StreamField(blocks.DescriptionBlock(), blank=True)
    inclusion = StreamField(blocks.CriteriaBlock(), blank=True, verbose_name="who counts")
    exclusion = StreamField(blocks.CriteriaBlock(), blank=True, verbose_name="who does not count")
    qualifications = StreamField(blocks.QualificationsBlock(), blank=True)
    registers = StreamField(blocks.RegistersBlock(), blank=True, verbose_name="registers that verify it")
    classifications = StreamField(blocks.ClassificationsBlock(), blank=True, verbose_name="other classifications")
    crosswalk = StreamField(
        blocks.CrosswalkBlock(),
        blank=True,
        help_text="From earlier versions to this one. Needed for every change but an editorial one.",
    )

    counted_before = models.CharField(
        "share counted before",
        max_length=20,
        blank=True,
        validators=[validate_share],
        help_text="Of the people this edition counts, the share that the version before counted too: 4/5, 0.8 or 80%. "
        "With it a change of the figures is split into definition and real change. Empty: nobody knows.",
    )
    counted_before_basis = models.CharField(
        "where that share comes from",
        max_length=500,
        blank=True,
        help_text="Public. For example a pilot, a survey, or a second coding of returns.",
    )

    class Meta(Definition.Meta):
        ordering: ClassVar[list[str]] = ["family", "code"]
        permissions: ClassVar[list[tuple[str, str]]] = [("publish_role", "Can approve and publish roles")]

    def clean(self) -> None:
        """Refuse a group of another family and a class of change that roles do not have."""
        super().clean()
        if self.group and self.group not in GROUPS_OF_FAMILY.get(self.family, ()):
            raise ValidationError({"group": "This group belongs to another family of roles."})
        if self.change_class not in ROLE_CLASSES:
            raise ValidationError({"change_class": "Only a perspective can be redefined in this sense."})
        if self.counted_before and not self.counted_before_basis.strip():
            raise ValidationError({"counted_before_basis": "Say where the share comes from."})
        if self.counted_before and self.change_class in {ChangeClass.EDITORIAL, ChangeClass.NEW}:
            raise ValidationError(
                {"counted_before": "An edition of this class counts nobody that another did not count."}
            )

    @property
    def titles_list(self) -> list[str]:
        """Other titles, cleaned, in the order written."""
        return [line.strip() for line in self.other_titles.splitlines() if line.strip()]


class RoleVersion(DefinitionVersion):
    """A published version of a role."""

    role = models.ForeignKey(Role, on_delete=models.PROTECT, related_name="versions")
    group = models.CharField(max_length=40, choices=RoleGroup.choices)
    other_titles = models.JSONField(default=list)

    objects = RoleVersionQuerySet.as_manager()

    class Meta(DefinitionVersion.Meta):
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["code", "number"], name="role_version_number_unique"),
            models.UniqueConstraint(fields=["role", "number"], name="role_version_of_role_unique"),
            models.CheckConstraint(condition=models.Q(number__gte=1), name="role_version_number_from_1"),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["family", "code", "-number"], name="role_version_newest"),
        ]

    def get_absolute_url(self) -> str:
        """Return the permanent address of this version."""
        return reverse("definitions:role-version", args=[self.code, self.number])

    @property
    def is_breaking(self) -> bool:
        """Whether figures before and after differ by meaning."""
        return self.change_class != ChangeClass.EDITORIAL
