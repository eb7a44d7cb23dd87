"""Which version a request means, or why there is none, as answers of the API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import Http404
from rest_framework.exceptions import APIException, ValidationError

from portal.core.generation import Remembered
from portal.datasets import previews
from portal.datasets.api.parameters import MAX_BODY
from portal.datasets.generation import published
from portal.datasets.lookup import NotFoundError, WithdrawnError, served_version

if TYPE_CHECKING:
    from rest_framework.request import Request

    from portal.datasets.models import DatasetVersion

TOKEN = "X-Preview-Token"  # noqa: S105 - the name of a header
_versions: Remembered[DatasetVersion] = Remembered(published)


class GoneError(APIException):
    """The version is withdrawn."""

    status_code = 410
    default_code = "withdrawn"


class TooLargeError(APIException):
    """The request is larger than any query needs to be."""

    status_code = 413
    default_code = "too_large"
    default_detail = f"A query may have {MAX_BODY // 1024} kB."


class NoLengthError(APIException):
    """The request does not say how long it is."""

    status_code = 411
    default_code = "length_required"
    default_detail = "Send the query whole, with a Content-Length, not in chunks."


class TooHeavyError(APIException):
    """The query is well-formed, and more than one query may have."""

    status_code = 422
    default_code = "query_too_heavy"


class BusyError(APIException):
    """Every turn is taken and none came free."""

    status_code = 503
    default_code = "busy"
    wait = 5


def asked_version(request: Request, slug: str, wanted: str = "") -> DatasetVersion:
    """Return the version whose data answers the request: a published one, or the draft that a token shows."""
    wanted = "" if wanted == "latest" else wanted
    if token := request.headers.get(TOKEN):
        draft = previews.read(token=token[:200], slug=slug, wanted=wanted, path=request.path)
        if draft is None:
            raise Http404("The preview token shows no such draft: it may have ended or been revoked.")
        return draft
    return published_version(slug, wanted, request.query_params.get("as_of", "")[:40])


def published_version(slug: str, wanted: str = "", as_of: str = "") -> DatasetVersion:
    """Return the published version that is meant."""
    number = "" if wanted == "latest" else wanted
    try:
        return _versions.get((slug, number, as_of), lambda: served_version(slug, number, as_of))
    except WithdrawnError as error:
        raise GoneError(str(error)) from error
    except NotFoundError as error:
        raise Http404(str(error)) from error
    except ValueError as error:
        raise ValidationError({"as_of": [str(error)]}) from error
