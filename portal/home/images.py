"""Images of pages: sent to readers once a public page shows them, to the team before."""

from __future__ import annotations

import mimetypes
from typing import TYPE_CHECKING, Any

from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.http import FileResponse, Http404
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_safe
from wagtail.models import ReferenceIndex

from portal.media.models import PortalImage, PortalRendition
from portal.publications.media_access import is_shown

if TYPE_CHECKING:
    from django.http import HttpRequest
    from wagtail.models import Page

A_MINUTE = 60
#: The size that pages show (templates/home/blocks/picture.html).
PICTURE = "width-960|format-webp"


def make_sizes(instance: Page, **_signal: Any) -> None:
    """Make the images of a page that is published: the process of readers may not write them."""
    transaction.on_commit(lambda: _make_sizes(instance))


def _make_sizes(page: Page) -> None:
    images = ReferenceIndex.get_references_for_object(page).filter(
        to_content_type=ContentType.objects.get_for_model(PortalImage)
    )
    for picture in PortalImage.objects.filter(pk__in={int(one.to_object_id) for one in images}):
        picture.get_rendition(PICTURE)


@require_safe
def image(request: HttpRequest, name: str) -> FileResponse:
    """Send a size of an image, or to the team the image as it was uploaded. Names are looked up, never opened."""
    in_team = request.user.has_perm("wagtailadmin.access_admin")
    rendition = PortalRendition.objects.filter(file=name).select_related("image").first()
    original = PortalImage.objects.filter(file=name).first() if rendition is None and in_team else None
    found = rendition or original
    if found is None:
        raise Http404
    is_public = rendition is not None and is_shown(rendition.image)
    if not (is_public or in_team):
        raise Http404
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    response = FileResponse(found.file.open("rb"), content_type=kind)
    if is_public and not in_team:
        patch_cache_control(response, public=True, max_age=A_MINUTE)
    else:
        patch_cache_control(response, private=True, no_store=True)
    return response
