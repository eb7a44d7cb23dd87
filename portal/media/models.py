"""Custom image and document, so that fields can be added without moving every row later."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from wagtail.documents.models import AbstractDocument, Document
from wagtail.images.models import AbstractImage, AbstractRendition, Image


class PortalImage(AbstractImage):
    """An image with the text that a screen reader says."""

    alt_text = models.CharField(
        "text alternative",
        max_length=255,
        blank=True,
        help_text="What the image says to someone who cannot see it. Leave empty for decoration.",
    )
    admin_form_fields = (*Image.admin_form_fields, "alt_text")

    @property
    def default_alt_text(self) -> str:
        """The text alternative used where a block gives none."""
        return self.alt_text


class PortalRendition(AbstractRendition):
    """One size of an image."""

    image = models.ForeignKey(PortalImage, on_delete=models.CASCADE, related_name="renditions")

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=("image", "filter_spec", "focal_point_key"), name="media_rendition_unique"),
        ]

    @property
    def url(self) -> str:
        """Return our own address, wherever the file is stored: whether it is public is decided there."""
        return f"{settings.MEDIA_URL}{self.file.name}"


class PortalDocument(AbstractDocument):
    """An uploaded document."""

    admin_form_fields = Document.admin_form_fields
