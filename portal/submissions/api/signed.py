"""Who may call, what is refused, and how a request is done once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

from django.db import IntegrityError, transaction
from drf_spectacular.utils import OpenApiParameter
from rest_framework import viewsets
from rest_framework.authentication import SessionAuthentication, TokenAuthentication
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from portal.submissions.errors import ActionRefused
from portal.submissions.models import IdempotencyKey

IDEMPOTENCY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="The same key with the same request gets the same answer, and nothing is done twice.",
)


class Refusal(APIException):
    """The request is understood and cannot be done now."""

    status_code = 409
    default_code = "refused"


class Signed(viewsets.GenericViewSet[Any]):
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


def refusing(do: Callable[..., Any], **arguments: Any) -> Any:
    """Do an action; a refusal in words is the answer 409."""
    try:
        return do(**arguments)
    except ActionRefused as refused:
        raise Refusal(str(refused)) from refused
