"""Named rules that say who belongs to the workforce."""

from __future__ import annotations

from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.urls import reverse
from wagtail.fields import StreamField

from portal.definitions import blocks
from portal.definitions.enums import PERSPECTIVE_CLASSES, ChangeClass
from portal.definitions.models.base import Definition, DefinitionVersion
from portal.definitions.querysets import PerspectiveVersionQuerySet


class Perspective(Definition):
    """The working text of a perspective: its rule is built from blocks, without code."""

    used_by = models.CharField(max_length=255, blank=True, help_text="Who typically counts in this way.")
    rule = StreamField(
        blocks.RuleBlock(),
        blank=True,
        help_text="A post counts when at least one of these conditions holds. Use “All of these” to combine.",
    )
    decisions = StreamField(
        blocks.DecisionsBlock(), blank=True, verbose_name="contested cases and how they are decided"
    )

    class Meta(Definition.Meta):
        ordering: ClassVar[list[str]] = ["family", "code"]
        permissions: ClassVar[list[tuple[str, str]]] = [("publish_perspective", "Can approve and publish perspectives")]

    @property
    def rule_data(self) -> dict[str, Any]:
        """The rule as data; an empty builder gives an empty group, which validation refuses."""
        return blocks.rule_of(list(self.rule.get_prep_value()))

    def clean(self) -> None:
        """Refuse a rule that cannot be used, with every reason."""
        super().clean()
        from portal.definitions import vocabulary  # noqa: PLC0415 - vocabulary reads published versions

        if self.change_class not in PERSPECTIVE_CLASSES:
            raise ValidationError({"change_class": "A perspective is neither split nor merged."})
        if faults := vocabulary.faults_of(self):
            raise ValidationError({"rule": [str(fault) for fault in faults]})


class PerspectiveVersion(DefinitionVersion):
    """A published version of a perspective. It pins what it was written against."""

    perspective = models.ForeignKey(Perspective, on_delete=models.PROTECT, related_name="versions")
    used_by = models.CharField(max_length=255, blank=True)
    #: As the editor built it, and with groups and perspectives replaced by what they meant that day.
    rule = models.JSONField()
    resolved_rule = models.JSONField()
    predicate_sql = models.TextField(help_text="The one predicate that every engine uses.")
    sentences = models.JSONField(default=list)
    #: role code to version number, and perspective code to version number
    pins = models.JSONField(default=dict)
    perspective_pins = models.JSONField(default=dict)
    #: role code to {"verdict": always | never | depends, "sentences": [...]}
    membership = models.JSONField(default=dict)

    objects = PerspectiveVersionQuerySet.as_manager()

    class Meta(DefinitionVersion.Meta):
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["code", "number"], name="perspective_version_number_unique"),
            models.UniqueConstraint(fields=["perspective", "number"], name="perspective_version_of_one_unique"),
            models.CheckConstraint(condition=models.Q(number__gte=1), name="perspective_version_number_from_1"),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["family", "code", "-number"], name="perspective_version_newest"),
        ]

    def get_absolute_url(self) -> str:
        """Return the permanent address of this version."""
        return reverse("definitions:perspective-version", args=[self.code, self.number])

    @property
    def is_breaking(self) -> bool:
        """Whether figures before and after differ by meaning."""
        return self.change_class != ChangeClass.EDITORIAL
