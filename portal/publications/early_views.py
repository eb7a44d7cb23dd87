"""What opens before publication, each to its own key: a named person's page, another front end's draft."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from portal.publications.actions.early import look_early
from portal.publications.binding import UnboundFigureError
from portal.publications.enums import EarlyKind
from portal.publications.models import EarlyAccess
from portal.publications.models.early import digest_of
from portal.publications.reading import parts_of, release_content
from portal.publications.serializers import release_data

if TYPE_CHECKING:
    from django.http import HttpRequest

    from portal.publications.models import ReleasePage, ReleaseVersion

PRIVATE = cache_control(private=True, no_store=True)


def page_as_approved(version: ReleaseVersion) -> ReleasePage:
    """Return the text on its way: what was approved, else what was saved last."""
    revision = version.approved_revision
    page: ReleasePage = revision.as_object() if revision else version.release.get_latest_revision_as_object()
    return page


@require_safe
@PRIVATE
def pre_release(request: HttpRequest, token: str) -> HttpResponse:
    """Show a release to a named person within their window: read-only, watermarked, written down."""
    access = look_early(token=token, kind=EarlyKind.PRE_RELEASE, address=request.get_full_path())
    if access is None:
        return _closed(request, token)
    version = access.version
    perspective = request.GET.get("perspective", "")[:20]
    context = release_content(version, perspective=perspective, page=page_as_approved(version))
    context |= {"is_draft": True, "access": access, "address": request.path, "breadcrumbs": []}
    context["parts"] = parts_of(context)
    response = render(request, "publications/pre_release.html", context)
    response["X-Robots-Tag"] = "noindex"
    return response


def _closed(request: HttpRequest, token: str) -> HttpResponse:
    """Say to the holder of a real link why it does not open; to anyone else nothing at all."""
    access = (
        EarlyAccess.objects.select_related("version__release", "version__series")
        .filter(digest=digest_of(token), kind=EarlyKind.PRE_RELEASE, revoked_at__isnull=True)
        .first()
    )
    if access is None:
        raise Http404
    if access.version.published_at is not None:
        return redirect(access.version.get_absolute_url())
    window = access.window()
    context = {"access": access, "opens": window[0] if window else None, "breadcrumbs": []}
    return render(request, "publications/pre_release_closed.html", context, status=403)


@require_safe
@PRIVATE
def draft_content(request: HttpRequest, pk: int) -> JsonResponse:
    """Return a draft as the content API will return it, to a front end with a token of its own."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    access = (
        look_early(token=token.strip(), kind=EarlyKind.FRONT_END, address=request.get_full_path())
        if scheme.lower() == "bearer"
        else None
    )
    if access is None or access.version.release_id != pk:
        return _problem(401, "A token is needed", "Send a valid preview token: Authorization: Bearer … ")
    version = access.version
    try:
        release = release_data(version, request.GET.get("perspective", "")[:20], page=page_as_approved(version))
    except UnboundFigureError as error:
        return _problem(409, "The draft is not whole yet", str(error))
    page: dict[str, Any] = {"id": pk, "meta": {"type": "publications.ReleasePage", "slug": version.release.slug}}
    return JsonResponse({**page, "title": version.release.draft_title, "draft": True, "release": release})


def _problem(status: int, title: str, detail: str) -> JsonResponse:
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    response = JsonResponse(body, status=status, content_type="application/problem+json")
    if status == 401:  # noqa: PLR2004 - HTTP's own number
        response["WWW-Authenticate"] = 'Bearer realm="draft previews"'
    return response
