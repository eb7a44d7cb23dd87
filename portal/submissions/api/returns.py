"""Returns by API."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from pathlib import Path
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from portal.organisations.models import Organisation
from portal.submissions.access import editable_return, readable_return, record_read_of_others
from portal.submissions.actions import (
    FlowValues,
    readiness,
    receive_upload,
    save_details,
    save_totals,
    submit_return,
)
from portal.submissions.aggregates import aggregate_form, check_lines
from portal.submissions.api.serializers import (
    DetailsSerializer,
    IssueSerializer,
    RecordsSerializer,
    ReturnSerializer,
    SubmitSerializer,
    TotalsSerializer,
    UploadSerializer,
)
from portal.submissions.api.signed import IDEMPOTENCY, Refusal, Signed, once, refusing
from portal.submissions.enums import CollectionState
from portal.submissions.errors import ActionRefused
from portal.submissions.flows import answered
from portal.submissions.forms import load_form
from portal.submissions.models import Return


class ReturnViewSet(Signed):
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

    @extend_schema(request=RecordsSerializer, responses={202: UploadSerializer}, parameters=[IDEMPOTENCY])
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

    @extend_schema(request=TotalsSerializer, responses={200: dict, 422: dict}, parameters=[IDEMPOTENCY])
    @action(detail=True, methods=["put"])
    def totals(self, request: Request, pk: str) -> Response:
        """Send totals instead of records: all lines at once. They take the place of what the draft holds."""
        of_return = editable_return(request.user, int(pk))
        sent = TotalsSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        form = aggregate_form(of_return.collection)
        lines = sent.validated_data["lines"]
        if unknown := sorted({name for line in lines for name in line} - form.by_name.keys()):
            raise ValidationError(
                {"lines": [f"There is no item {', '.join(unknown[:5])}. See /api/v1/forms/{form.code}."]}
            )

        def do() -> tuple[int, dict[str, Any]]:
            values, findings = check_lines(of_return.collection, enumerate(lines, start=1))
            if findings:
                found = [
                    {"line": one.line, "code": one.code, "item": one.item, "message": one.message} for one in findings
                ]
                return 422, {"errors": found}
            if not sent.validated_data["dry_run"]:
                refusing(
                    save_totals,
                    by=request.user,
                    of_return=of_return,
                    lines=values,
                    revision=sent.validated_data.get("revision"),
                )
            return 200, {"lines": len(values), "people": sum(value.weight_count for value in values)}

        return once(request, do)

    @extend_schema(request=DetailsSerializer, responses={200: ReturnSerializer}, parameters=[IDEMPOTENCY])
    @action(detail=True, methods=["put"])
    def details(self, request: Request, pk: str) -> Response:
        """Say headcount, vacancies, starters and leavers; what was said before is replaced."""
        of_return = editable_return(request.user, int(pk))
        sent = DetailsSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        flows = [FlowValues(**flow) for flow in sent.validated_data["flows"]]

        def do() -> tuple[int, dict[str, Any]]:
            refusing(
                save_details,
                by=request.user,
                of_return=of_return,
                declared_headcount=sent.validated_data.get("declared_headcount"),
                items=answered(flows),
                flows=flows,
                revision=sent.validated_data.get("revision"),
            )
            return 200, dict(ReturnSerializer(Return.objects.get(pk=of_return.pk)).data)

        return once(request, do)

    @extend_schema(request=SubmitSerializer, responses={201: ReturnSerializer}, parameters=[IDEMPOTENCY])
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
        record_read_of_others(by=request.user, of_return=of_return, fields=("worker_ref", "findings"))
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
