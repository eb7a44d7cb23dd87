"""Datasets, versions, files and observations in the API."""

# ruff: noqa: ARG002 - methods of a viewset take the request whether they look at it or not
from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson
import pyarrow.parquet as pq
from django.http import Http404, HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import APIException, ParseError, ValidationError
from rest_framework.parsers import JSONParser
from rest_framework.response import Response

from portal.core.http_ranges import not_modified
from portal.datasets import answers, presentation
from portal.datasets.changes import Changes, NotComparableError
from portal.datasets.criteria import MAX_CODES, CriteriaError, Parser
from portal.datasets.lookup import NotFoundError, WithdrawnError, public_dataset, public_version, served_version
from portal.datasets.models import Dataset, DatasetVersion
from portal.datasets.queries import UnknownColumnError, columns_of, select
from portal.datasets.querysets import NUMBER
from portal.datasets.serializers import (
    AnswerSerializer,
    ChangesQuerySerializer,
    ChangesSerializer,
    DatasetSerializer,
    FileSerializer,
    QuerySerializer,
    VersionSerializer,
    VersionSummarySerializer,
)

if TYPE_CHECKING:
    from rest_framework.request import Request

    from portal.datasets.columns import Columns

MAX_BODY = 256 * 1024
RESERVED = frozenset(
    {"measure", "columns", "sort", "page_size", "cursor", "labels", "format", "as_of", "time_from", "time_to"}
)
ACCEPTED = {
    "text/csv": "csv",
    "application/vnd.apache.parquet": "parquet",
    "application/vnd.apache.arrow.stream": "arrow",
}
SLUG = r"[-a-zA-Z0-9_]{1,80}"
VERSION = r"latest|[0-9.*]{1,24}"


class GoneError(APIException):
    """The version is withdrawn."""

    status_code = 410
    default_code = "withdrawn"


class TooLargeError(APIException):
    """The request is larger than any query needs to be."""

    status_code = 413
    default_code = "too_large"
    default_detail = f"A query may have {MAX_BODY // 1024} kB."


def _served(slug: str, request: str, as_of: str = "") -> DatasetVersion:
    try:
        return served_version(slug, "" if request == "latest" else request, as_of)
    except WithdrawnError as error:
        raise GoneError(str(error)) from error
    except NotFoundError as error:
        raise Http404(str(error)) from error
    except ValueError as error:
        raise ValidationError({"as_of": [str(error)]}) from error


def _text(name: str, description: str, **more: Any) -> OpenApiParameter:
    return OpenApiParameter(name, OpenApiTypes.STR, OpenApiParameter.QUERY, description=description, **more)


OBSERVATION_PARAMETERS = [
    OpenApiParameter(
        "filters",
        {"type": "object", "additionalProperties": {"type": "string"}},
        OpenApiParameter.QUERY,
        style="form",
        explode=True,
        description="Any dimension of the version by its name, with one code or several separated by commas.",
    ),
    _text("measure", "Measures, separated by commas"),
    _text("time_from", "First time period"),
    _text("time_to", "Last time period"),
    _text("columns", "Columns of the answer, separated by commas; all when left out"),
    _text("sort", "Columns to sort by, separated by commas; - for descending"),
    OpenApiParameter(
        "page_size", {"type": "integer", "minimum": 1, "maximum": answers.MAX_ROWS, "default": answers.DEFAULT_ROWS}
    ),
    _text("cursor", "next_cursor of the page before"),
    OpenApiParameter("labels", OpenApiTypes.BOOL, description="Labels beside codes"),
    _text("format", "Form of the answer; the Accept header is heard too", enum=list(answers.FORMATS)),
    _text("as_of", "The version that was current on this date or at this time"),
]


class DatasetViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Datasets and everything below them. Only what is published."""

    serializer_class = DatasetSerializer
    parser_classes = (JSONParser,)
    lookup_field = "slug"
    lookup_value_regex = SLUG
    filterset_fields = ("family", "theme", "update_frequency")

    def get_queryset(self) -> Any:
        """Return the public datasets with their current version."""
        return Dataset.objects.public().with_latest().select_related("latest__superseded_by").order_by("slug")

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """Answer in JSON; the observations choose their form themselves."""
        renderer = self.get_renderers()[0]
        return renderer, renderer.media_type

    @extend_schema(operation_id="datasets_versions", responses=VersionSummarySerializer(many=True))
    @action(detail=True, pagination_class=None, filterset_fields=None)
    def versions(self, request: Request, slug: str = "") -> Response:
        """List every public version of a dataset, newest first."""
        try:
            dataset = public_dataset(slug)
        except NotFoundError as error:
            raise Http404(str(error)) from error
        versions = list(
            dataset.versions.public().newest_first().select_related("superseded_by").defer("metadata", "lineage")
        )
        for version in versions:
            version.dataset = dataset
        return Response(VersionSummarySerializer(versions, many=True).data)

    @extend_schema(operation_id="datasets_version", responses=VersionSerializer)
    @action(detail=True, url_path=f"versions/(?P<version>{VERSION})", url_name="version")
    def version(self, request: Request, slug: str = "", version: str = "") -> Response:
        """Show one version: its description, definitions, lineage and files."""
        return Response(VersionSerializer(self._described(slug, version)).data)

    @extend_schema(operation_id="datasets_files", responses=FileSerializer(many=True))
    @action(detail=True, url_path=f"versions/(?P<version>{VERSION})/files", url_name="files", pagination_class=None)
    def files(self, request: Request, slug: str = "", version: str = "") -> Response:
        """List the files of a version with their hashes."""
        found = _served(slug, version)
        files = list(found.files.all())
        for file in files:
            file.version = found
        return Response(FileSerializer(files, many=True).data)

    @extend_schema(
        operation_id="datasets_changes",
        parameters=[
            _text("from", "The version to compare with; the one before when left out"),
            OpenApiParameter("offset", {"type": "integer", "minimum": 0, "default": 0}),
            OpenApiParameter("limit", {"type": "integer", "minimum": 1, "maximum": answers.MAX_ROWS, "default": 100}),
            _text("format", "Form of the answer: CSV has every changed cell", enum=["json", "csv"]),
        ],
        responses=ChangesSerializer,
    )
    @action(detail=True, url_path=f"versions/(?P<version>{VERSION})/changes", url_name="changes")
    def changes(self, request: Request, slug: str = "", version: str = "") -> HttpResponse:
        """Say what changed since another version: structure, and cells with the largest change first."""
        new = _served(slug, version)
        asked = ChangesQuerySerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        return answer_changes(new, _older(new, request.query_params.get("from", "")[:24]), asked.validated_data)

    def _described(self, slug: str, version: str) -> DatasetVersion:
        if not NUMBER.match(version):
            return _served(slug, version)
        try:
            return public_version(slug, version)
        except NotFoundError as error:
            raise Http404(str(error)) from error

    @extend_schema(
        operation_id="datasets_observations_latest",
        parameters=OBSERVATION_PARAMETERS,
        responses={200: AnswerSerializer, 304: OpenApiResponse(description="Not modified")},
    )
    @action(detail=True, url_path="observations", url_name="observations-latest")
    def observations_latest(self, request: Request, slug: str = "") -> HttpResponse:
        """Answer with observations of the current version, or of the one current at ``as_of``."""
        return answer_get(request, _served(slug, "", request.query_params.get("as_of", "")[:40]))

    @extend_schema(
        operation_id="datasets_observations",
        parameters=OBSERVATION_PARAMETERS,
        responses={200: AnswerSerializer, 304: OpenApiResponse(description="Not modified")},
    )
    @action(detail=True, url_path=f"versions/(?P<version>{VERSION})/observations", url_name="observations")
    def observations(self, request: Request, slug: str = "", version: str = "") -> HttpResponse:
        """Answer with observations of a version."""
        return answer_get(request, _served(slug, version, request.query_params.get("as_of", "")[:40]))

    @extend_schema(operation_id="datasets_query_latest", request=QuerySerializer, responses=AnswerSerializer)
    @action(detail=True, methods=["post"], url_path="query", url_name="query-latest")
    def query_latest(self, request: Request, slug: str = "") -> HttpResponse:
        """Answer a query with criteria over the current version."""
        return answer_post(request, _served(slug, ""))

    @extend_schema(operation_id="datasets_query", request=QuerySerializer, responses=AnswerSerializer)
    @action(detail=True, methods=["post"], url_path=f"versions/(?P<version>{VERSION})/query", url_name="query")
    def query(self, request: Request, slug: str = "", version: str = "") -> HttpResponse:
        """Answer a query with criteria over a version."""
        return answer_post(request, _served(slug, version))


def _older(new: DatasetVersion, number: str) -> DatasetVersion:
    """Return the version to compare with: the one named, else the one before."""
    if number:
        return _served(new.dataset.slug, number)
    for other in new.dataset.versions.served().newest_first().select_related("dataset"):
        if other.number_key < new.number_key:
            return other
    raise Http404("There is no earlier version to compare with.")


def answer_changes(new: DatasetVersion, old: DatasetVersion, asked: dict[str, Any]) -> HttpResponse:
    """Answer with the difference between two versions."""
    changes = Changes(old, new)
    try:
        if asked["format"] == "csv":
            response = HttpResponse(
                answers.encode(pq.read_table(changes.path), "csv"), content_type=answers.FORMATS["csv"]
            )
            return _with_headers(response, new, "")
        cells, counts, warnings = changes.largest(asked["limit"], asked["offset"]), changes.counts, []
    except NotComparableError as error:
        cells, counts, warnings = [], {}, [{"code": "not_comparable", "path": "from", "detail": str(error)}]
    body = {
        "dataset": new.dataset.slug,
        "from": old.number,
        "to": new.number,
        "from_digest": old.digest,
        "to_digest": new.digest,
        "structure": [change.as_json() for change in changes.structure],
        "counts": counts,
        "complete": not asked["offset"]
        and len(cells) == sum(counts.get(kind, 0) for kind in ("added", "removed", "changed")),
        "warnings": warnings,
        "cells": cells,
    }
    return _with_headers(HttpResponse(orjson.dumps(body), content_type="application/json"), new, "")


def answer_get(request: Request, version: DatasetVersion) -> HttpResponse:
    """Answer a request whose criteria are in its address."""
    given = request.query_params
    table = columns_of(version)
    filters = {name: _listed(given.getlist(name)) for name in given if name not in RESERVED}
    if "measure" in given:
        filters["measure"] = _listed(given.getlist("measure"))
    _check_filters(table, filters)
    form = given.get("format") or _accepted(request)
    options = {name: given[name] for name in ("page_size", "cursor", "labels") if name in given}
    lists = {name: _listed(given.getlist(name)) for name in ("columns", "sort") if given.get(name)}
    checked = QuerySerializer(data={**options, **lists, "format": form})
    checked.is_valid(raise_exception=True)
    key = orjson.dumps([filters, given.get("time_from"), given.get("time_to")], option=orjson.OPT_SORT_KEYS).decode()
    tag = f'"{hashlib.sha256(f"{version.digest}{version.number}{key}{checked.validated_data}".encode()).hexdigest()[:40]}"'
    if not_modified(request.headers, etag=tag, modified=0) and "If-None-Match" in request.headers:
        return _with_headers(HttpResponse(status=304), version, tag)
    rows = _between(table, _selected(table, filters), given.get("time_from"), given.get("time_to"))
    warnings = [
        {"code": "matches_nothing", "path": name, "detail": f"No observation has {name} {code}."}
        for name, codes in filters.items()
        for code in codes
        if code not in table.codes[name].positions
    ]
    query = _query(table, rows, key, checked.validated_data, warnings)
    return _with_headers(_answer(version, table, query, form), version, tag)


def _listed(values: list[str]) -> list[str]:
    return [code.strip() for value in values for code in value.split(",") if code.strip()]


def _check_filters(table: Columns, filters: dict[str, list[str]]) -> None:
    faults = {
        name[:60]: [f"There is no such column or parameter. Columns: {', '.join(table.codes)}."]
        for name in filters
        if name not in table.codes
    }
    faults |= {
        name: [f"Give one code or several separated by commas, at most {MAX_CODES:,}."]
        for name, codes in filters.items()
        if not 0 < len(codes) <= MAX_CODES
    }
    if faults:
        raise ValidationError(faults)


def _selected(table: Columns, filters: dict[str, list[str]]) -> np.ndarray:
    try:
        return select(table, filters)
    except UnknownColumnError as error:
        raise ValidationError({str(error): ["There is no such column."]}) from error


def _between(table: Columns, rows: np.ndarray, first: str | None, last: str | None) -> np.ndarray:
    if not first and not last:
        return rows
    column = table.codes.get("time_period")
    if column is None:
        raise ValidationError({"time_from": ["This version has no time period."]})
    fits = [
        number
        for number, code in enumerate(column.values)
        if (not first or code >= first) and (not last or code <= last)
    ]
    lookup = np.zeros(len(column.values), bool)
    lookup[fits] = True
    return rows[lookup[column.ids[rows]]]


def _accepted(request: Request) -> str:
    wanted = request.headers.get("Accept", "").split(",")[0].split(";")[0].strip()
    return ACCEPTED.get(wanted, "json")


def answer_post(request: Request, version: DatasetVersion) -> HttpResponse:
    """Answer a request whose criteria are in its body."""
    if int(request.headers.get("Content-Length") or 0) > MAX_BODY:
        raise TooLargeError
    try:
        body = request.data
    except RecursionError as error:
        raise ParseError("The query is nested too deep to be read.") from error
    checked = QuerySerializer(data=body)
    checked.is_valid(raise_exception=True)
    if unknown := set(body) - set(checked.fields):
        raise ValidationError({name[:60]: ["There is no such part of a query."] for name in sorted(map(str, unknown))})
    asked = checked.validated_data
    table = columns_of(version)
    parser = Parser(table)
    rows = _fitting(table, parser, asked)
    key = orjson.dumps([asked.get("where"), asked.get("measures")], option=orjson.OPT_SORT_KEYS).decode()
    response = _answer(version, table, _query(table, rows, key, asked, parser.warnings), asked["format"])
    return _with_headers(response, version, "")


def _fitting(table: Columns, parser: Parser, asked: dict[str, Any]) -> np.ndarray:
    criteria = [asked["where"]] if asked.get("where") else []
    if asked.get("measures"):
        criteria.append({"measure": {"in": asked["measures"]}})
    if not criteria:
        return select(table, {})
    try:
        node = parser.parse({"and": criteria} if len(criteria) > 1 else criteria[0])
    except CriteriaError as error:
        raise _criteria_fault(error) from error
    return node.mask(table).nonzero()[0]


def _criteria_fault(error: CriteriaError) -> ValidationError:
    fault: Any = ValidationError(str(error), code=error.code)
    fault.path = error.path
    return fault


def _query(
    table: Columns, rows: np.ndarray, key: str, asked: dict[str, Any], warnings: list[dict[str, str]]
) -> answers.Query:
    names = set(table.names)
    for part in ("columns", "sort"):
        for name in asked.get(part, []):
            if name.removeprefix("-" if part == "sort" else "") not in names:
                raise ValidationError({part: [f"There is no column {name}. Columns: {', '.join(table.names)}."]})
    return answers.Query(
        rows=rows,
        key=key,
        sort=tuple(asked.get("sort", [])),
        columns=tuple(dict.fromkeys(asked.get("columns", []))) or tuple(table.names),
        size=asked["page_size"],
        cursor=asked["cursor"],
        labels=asked["labels"],
        warnings=warnings[:50],
    )


def _answer(version: DatasetVersion, table: Columns, query: answers.Query, form: str) -> HttpResponse:
    try:
        page = answers.page_of(table, query, version.digest)
    except answers.CursorError as error:
        raise ValidationError({"cursor": [str(error)]}) from error
    values = answers.cells(version, table, page.rows, query.columns, labels=query.labels)
    head = _head(version, query, page)
    if form == "json":
        body = answers.as_json(head, values)
    else:
        body = answers.encode(answers.as_table(table, values, head), form)
    response = HttpResponse(body, content_type=answers.FORMATS[form])
    response["X-Total-Count"] = str(page.total)
    response["X-Complete"] = "false" if page.next_cursor or page.start else "true"
    if page.next_cursor:
        response["X-Next-Cursor"] = page.next_cursor
    return response


def _head(version: DatasetVersion, query: answers.Query, page: answers.Page) -> dict[str, Any]:
    latest = version.dataset.latest_id
    return {
        "dataset": version.dataset.slug,
        "version": version.number,
        "digest": version.digest,
        "citation": presentation.citation(version),
        "is_latest": latest == version.pk,
        "is_synthetic": version.dataset.is_synthetic,
        "total": page.total,
        "returned": len(page.rows),
        "complete": not page.next_cursor and not page.start,
        "next_cursor": page.next_cursor or None,
        "warnings": query.warnings,
    }


def _with_headers(response: HttpResponse, version: DatasetVersion, tag: str) -> HttpResponse:
    if tag:
        response["ETag"] = tag
        response["Cache-Control"] = "public, max-age=60"
    response["Vary"] = "Accept"
    response["X-Dataset-Version"] = version.number
    response["X-Dataset-Digest"] = version.digest
    return response


def register(router: Any) -> None:
    """Add the viewsets of this app to the API."""
    router.register("datasets", DatasetViewSet, basename="dataset")
