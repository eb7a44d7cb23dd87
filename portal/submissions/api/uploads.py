"""Uploads and forms by API."""

# ruff: noqa: ARG002 - methods of a viewset take the request whether they look at it or not
from __future__ import annotations

from collections.abc import Callable

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from portal.submissions import documents
from portal.submissions.access import editable_return, record_read_of_others
from portal.submissions.actions import (
    discard_upload,
    keep_upload,
)
from portal.submissions.api.serializers import (
    IssueSerializer,
    UploadSerializer,
)
from portal.submissions.api.signed import Refusal, Signed
from portal.submissions.errors import ActionRefused
from portal.submissions.forms import form_codes, load_form
from portal.submissions.models import Return, Upload


class UploadViewSet(Signed):
    """Uploads of the caller's organisations: state, findings, keeping."""

    serializer_class = UploadSerializer
    queryset = Upload.objects.none()

    def _mine(self, request: Request, pk: str) -> tuple[Upload, Return]:
        upload = Upload.objects.select_related("of_return__collection").filter(pk=int(pk)).first()
        if upload is None or upload.of_return_id is None:
            raise Http404
        return upload, editable_return(request.user, upload.of_return_id)

    @extend_schema(responses=UploadSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        """How far an upload is, and its counts."""
        upload, _of_return = self._mine(request, pk)
        return Response(UploadSerializer(upload).data)

    @extend_schema(responses=IssueSerializer(many=True))
    @action(detail=True, methods=["get"])
    def issues(self, request: Request, pk: str) -> Response:
        """List what was found, errors first."""
        upload, of_return = self._mine(request, pk)
        record_read_of_others(by=request.user, of_return=of_return, fields=("findings",))
        page = self.paginate_queryset(upload.issues.order_by("severity", "line", "column", "pk"))
        return self.get_paginated_response(IssueSerializer(page, many=True).data)

    @extend_schema(request=None, responses={202: UploadSerializer})
    @action(detail=True, methods=["post"])
    def keep(self, request: Request, pk: str) -> Response:
        """Keep the good rows in the draft."""
        return self._act(keep_upload, request, pk)

    @extend_schema(request=None, responses={202: UploadSerializer})
    @action(detail=True, methods=["post"])
    def discard(self, request: Request, pk: str) -> Response:
        """Put the upload aside."""
        return self._act(discard_upload, request, pk)

    def _act(self, do: Callable[..., Upload], request: Request, pk: str) -> Response:
        try:
            upload, _of_return = self._mine(request, pk)
            upload = do(by=request.user, upload=upload)
        except ActionRefused as refused:
            raise Refusal(str(refused)) from refused
        return Response(UploadSerializer(upload).data, status=202)


class FormViewSet(viewsets.ViewSet):
    """Forms: items, allowed values and checks. Public."""

    permission_classes = (AllowAny,)
    authentication_classes = ()
    lookup_value_regex = r"[a-z][a-z-]*-\d+"

    @extend_schema(responses={200: dict})
    def list(self, request: Request) -> Response:
        """List the form versions."""
        return Response([{"form": code, "title": load_form(code).title} for code in form_codes()])

    @extend_schema(responses={200: dict})
    def retrieve(self, request: Request, pk: str) -> Response:
        """The data dictionary of a form version."""
        if pk not in form_codes():
            raise Http404
        return Response(documents.dictionary(load_form(pk)))
