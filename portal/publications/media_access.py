"""Which images and documents are public: those that a live page, or a version that was public, shows.

Without this a document of a draft could be fetched, or found in the content API, before its release.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import CharField, Exists, OuterRef
from django.db.models.functions import Cast
from wagtail.models import Page, ReferenceIndex

from portal.publications.models import ReleaseVersion

if TYPE_CHECKING:
    from django.db.models import Model, QuerySet


def shown(queryset: QuerySet[Any]) -> QuerySet[Any]:
    """Return those of a queryset of images or documents that a live page shows."""
    live = Page.objects.live().public().annotate(key=Cast("pk", CharField())).filter(key=OuterRef("object_id"))
    types = ContentType.objects.get_for_models(queryset.model, Page)
    references = ReferenceIndex.objects.filter(
        to_content_type=types[queryset.model], base_content_type=types[Page], to_object_id=OuterRef("key")
    ).filter(Exists(live))
    return queryset.annotate(key=Cast("pk", CharField())).filter(Exists(references))


def is_shown(thing: Model) -> bool:
    """Whether an image or document is public."""
    manager: Any = type(thing)._default_manager
    if shown(manager.filter(pk=thing.pk)).exists():
        return True
    # Of a version that was replaced, its own files stay readable.
    named = rf'"document": {int(thing.pk)}[,}}]'
    return ReleaseVersion.objects.public().filter(content__sections__iregex=named).exists()
