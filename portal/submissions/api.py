"""Returns by API: the same checks, the same messages and the same pages' actions, by token.

Only the service process has these addresses; the public one knows nothing of returns.
"""

# ruff: noqa: ARG002 - methods of a viewset take the request whether they look at it or not
from __future__ import annotations

import csv
import hashlib
import io
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, viewsets
from rest_framework.authentication import SessionAuthentication, TokenAuthentication
from rest_framework.decorators import action
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from portal.organisations.models import Organisation
from portal.submissions import documents
from portal.submissions.access import editable_return, readable_return
from portal.submissions.actions import discard_upload, keep_upload, readiness, receive_upload, submit_return
from portal.submissions.enums import CollectionState
from portal.submissions.errors import ActionRefused
from portal.submissions.forms import form_codes, load_form
from portal.submissions.models import IdempotencyKey, Return, RowIssue, Upload

MAX_JSON_RECORDS = 10_000
MAX_ISSUES = 1000
_IDEMPOTENCY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="The same key with the same request gets the same answer, and nothing is done twice.",
)


class Refusal(APIException):
    """The request is understood and cannot be done now."""

    status_code = 409
    default_code = "refused"


class IssueSerializer(serializers.ModelSerializer[RowIssue]):
    """A finding, with its place in the caller's own file."""

    class Meta:
        model = RowIssue
        fields = (
            "code",
            "severity",
            "line",
            "record_number",
            "cell",
            "column_name",
            "item",
            "value",
            "message",
            "reason",
        )


class UploadSerializer(serializers.ModelSerializer[Upload]):
    """An upload and what became of it."""

    class Meta:
        model = Upload
        fields = (
            "id",
            "state",
            "progress",
            "file_name",
            "sha256",
            "is_partial",
            "rows",
            "stored",
            "queried",
            "refused",
            "reading",
            "summary",
            "message",
            "created_at",
            "checked_at",
            "kept_at",
        )


class ReturnSerializer(serializers.ModelSerializer[Return]):
    """A return of an organisation of the caller."""

    collection = serializers.CharField(source="collection.code")
    version = serializers.IntegerField(source="submitted_version.number", default=None)
    reference = serializers.CharField(source="submitted_version.reference", default="")

    class Meta:
        model = Return
        fields = (
            "id",
            "collection",
            "organisation_code",
            "organisation_name",
            "state",
            "is_test",
            "revision",
            "submitted_at",
            "version",
            "reference",
        )


class RecordsSerializer(serializers.Serializer[Any]):
    """Records as JSON: item names of the form and their values as text."""

    records = serializers.ListField(
        child=serializers.DictField(child=serializers.CharField(allow_blank=True, max_length=4000)),
        min_length=1,
        max_length=MAX_JSON_RECORDS,
    )
    is_partial = serializers.BooleanField(default=False, help_text="Add to the draft instead of replacing it.")


class SubmitSerializer(serializers.Serializer[Any]):
    """Which revision of the return the caller has seen."""

    revision = serializers.IntegerField(required=False, min_value=0)


class _Signed(viewsets.GenericViewSet[Any]):
    """By token, or from the pages by session."""

    authentication_classes = (TokenAuthentication, SessionAuthentication)
    permission_classes = (IsAuthenticated,)
    lookup_value_regex = r"\d{1,18}"


def once(request: Request, do: Callable[[], tuple[int, dict[str, Any]]]) -> Response:
    """Do a request once for each ``Idempotency-Key``; the second time give the first answer again."""
    key = request.headers.get("Idempotency-Key", "")[:120]
    if not key:
        status, answer = do()
        return Response(answer, status=status)
    body = hashlib.sha256(request.path.encode())
    for part in sorted(request.FILES):
        body.update(request.FILES[part].read())
        request.FILES[part].seek(0)
    body.update(
        json.dumps(
            {name: request.data[name] for name in sorted(request.data) if name not in request.FILES}, default=str
        ).encode()
    )
    known = {"user_id": request.user.pk, "key": key}
    try:
        with transaction.atomic("submissions"):
            # The row is taken first: of two equal requests at once the second waits for the first.
            row, _is_new = IdempotencyKey.objects.get_or_create(
                **known, defaults={"request_sha256": body.hexdigest(), "status": 0, "answer": {}}
            )
            row = IdempotencyKey.objects.select_for_update().get(pk=row.pk)
            if row.request_sha256 != body.hexdigest():
                raise ValidationError({"Idempotency-Key": ["This key was used for another request."]})
            if row.status:
                return Response(row.answer, status=row.status, headers={"Idempotency-Replayed": "true"})
            row.status, row.answer = do()
            row.save(update_fields=["status", "answer"])
    except IntegrityError as error:
        raise Refusal("The same request is being done at this moment.") from error
    return Response(row.answer, status=row.status)


class ReturnViewSet(_Signed):
    """Returns of the organisations that the caller acts for."""

    serializer_class = ReturnSerializer
    queryset = Return.objects.none()

    @extend_schema(responses=ReturnSerializer(many=True))
    def list(self, request: Request) -> Response:
        """List the returns, newest collection first."""
        codes = Organisation.objects.readable_by(request.user).values_list("code", flat=True)
        rows = (
            Return.objects.of_organisations(codes)
            .exclude(collection__state=CollectionState.SET_UP)
            .select_related("collection", "submitted_version")
            .order_by("-collection__reference_date", "organisation_code", "is_test")
        )
        page = self.paginate_queryset(rows)
        return self.get_paginated_response(ReturnSerializer(page, many=True).data)

    @extend_schema(responses=ReturnSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        """One return."""
        return Response(ReturnSerializer(readable_return(request.user, int(pk))).data)

    @extend_schema(request=RecordsSerializer, responses={202: UploadSerializer}, parameters=[_IDEMPOTENCY])
    @action(detail=True, methods=["post"], parser_classes=[JSONParser, MultiPartParser])
    def uploads(self, request: Request, pk: str) -> Response:
        """Send records, as JSON or as a file. They are checked in a dry run; nothing changes until ``keep``."""
        of_return = editable_return(request.user, int(pk))
        answer = once(request, lambda: (202, self._receive(request, of_return)))
        answer["Location"] = f"/api/v1/uploads/{answer.data['id']}"
        return answer

    def _receive(self, request: Request, of_return: Return) -> dict[str, Any]:
        with tempfile.NamedTemporaryFile() as saved:
            if file := request.FILES.get("file"):
                for chunk in file.chunks():
                    saved.write(chunk)
                name, is_partial = (
                    file.name or "file",
                    str(request.POST.get("is_partial", "")).lower() in {"1", "true", "yes"},
                )
            else:
                sent = RecordsSerializer(data=request.data)
                sent.is_valid(raise_exception=True)
                saved.write(_as_csv(of_return, sent.validated_data["records"]))
                name, is_partial = "records.json", sent.validated_data["is_partial"]
            saved.flush()
            try:
                upload = receive_upload(
                    by=request.user, of_return=of_return, path=Path(saved.name), file_name=name, is_partial=is_partial
                )
            except ActionRefused as refused:
                raise Refusal(str(refused)) from refused
        return json.loads(json.dumps(UploadSerializer(upload).data, default=str))

    @extend_schema(request=SubmitSerializer, responses={201: ReturnSerializer}, parameters=[_IDEMPOTENCY])
    @action(detail=True, methods=["post"])
    def submit(self, request: Request, pk: str) -> Response:
        """Submit the draft as it stands."""
        of_return = editable_return(request.user, int(pk))
        sent = SubmitSerializer(data=request.data)
        sent.is_valid(raise_exception=True)

        def do() -> tuple[int, dict[str, Any]]:
            try:
                version = submit_return(
                    by=request.user, of_return=of_return, revision=sent.validated_data.get("revision")
                )
            except ActionRefused as refused:
                raise Refusal(str(refused)) from refused
            return 201, {
                "id": of_return.pk,
                "version": version.number,
                "reference": version.reference,
                "records": version.rows,
                "digest": version.digest,
            }

        return once(request, do)

    @extend_schema(responses=IssueSerializer(many=True))
    @action(detail=True, methods=["get"])
    def readiness(self, request: Request, pk: str) -> Response:
        """What is left to settle before the return can be submitted."""
        of_return = editable_return(request.user, int(pk))
        ready = readiness(of_return)
        return Response(
            {
                "is_ready": ready.is_ready,
                "records": ready.records,
                "people": ready.people,
                "rows_with_errors": ready.held,
                "queries": IssueSerializer(ready.open_queries, many=True).data,
                "not_in_file": ready.absent,
                "questions": ready.asked,
            },
        )


def _as_csv(of_return: Return, records: list[dict[str, str]]) -> bytes:
    """Write JSON records as the file they would have been, so that one way of checking serves both."""
    form = load_form(of_return.collection.form_version)
    unknown = sorted({name for record in records for name in record} - form.by_name.keys())
    if unknown:
        raise ValidationError(
            {"records": [f"There is no item {', '.join(unknown[:5])}. See /api/v1/forms/{form.code}."]}
        )
    names = [item.name for item in form.items if any(item.name in record for record in records)]
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow(names)
    writer.writerows([record.get(name, "") for name in names] for record in records)
    return buffer.getvalue().encode()


class UploadViewSet(_Signed):
    """Uploads of the caller's organisations: state, findings, keeping."""

    serializer_class = UploadSerializer
    queryset = Upload.objects.none()

    def _mine(self, request: Request, pk: str) -> Upload:
        upload = Upload.objects.select_related("of_return__collection").filter(pk=int(pk)).first()
        if upload is None or upload.of_return_id is None:
            raise Http404
        editable_return(request.user, upload.of_return_id)
        return upload

    @extend_schema(responses=UploadSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        """How far an upload is, and its counts."""
        return Response(UploadSerializer(self._mine(request, pk)).data)

    @extend_schema(responses=IssueSerializer(many=True))
    @action(detail=True, methods=["get"])
    def issues(self, request: Request, pk: str) -> Response:
        """List what was found, errors first."""
        page = self.paginate_queryset(self._mine(request, pk).issues.order_by("severity", "line", "column", "pk"))
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
            upload = do(by=request.user, upload=self._mine(request, pk))
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


def register(router: Any) -> None:
    """Add these addresses to the API, in the process that knows the submissions database."""
    if settings.PROCESS == "public":
        return
    router.register("returns", ReturnViewSet, basename="return")
    router.register("uploads", UploadViewSet, basename="upload")
    router.register("forms", FormViewSet, basename="form")
