"""The split of a change into definition and real change, on any page that shows figures of a version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import template

from portal.datasets.definition_split import split_for_readers

if TYPE_CHECKING:
    from portal.datasets.models import DatasetVersion

register = template.Library()


@register.simple_tag
def definition_split(version: DatasetVersion | None, perspective: str = "") -> dict[str, Any] | None:
    """Return the split of a version, of one perspective or of all."""
    return split_for_readers(version, perspective=perspective) if version else None
