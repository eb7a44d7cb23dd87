"""From rows to an answer: computed within the budget of one query, naming its version and what was left out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import orjson
import pyarrow.parquet as pq
from django.http import HttpResponse
from rest_framework.exceptions import ValidationError

from portal.core.http_ranges import not_modified
from portal.datasets import answers, grouping, limits, presentation
from portal.datasets.api.finding import BusyError, TooHeavyError
from portal.datasets.changes import Changes, NotComparableError
from portal.datasets.links import absolute, link_header

if TYPE_CHECKING:
    from collections.abc import Mapping

    from portal.datasets.api.reading import Asked
    from portal.datasets.limits import Budget
    from portal.datasets.models import DatasetVersion

Values = dict[str, list[Any]]


def answer(asked: Asked, version: DatasetVersion, headers: Mapping[str, str]) -> HttpResponse:
    """Answer a checked request, or say that the client has the answer already."""
    tag = asked.tag(version)
    if "If-None-Match" in headers and not_modified(headers, etag=tag, modified=0):
        return with_headers(HttpResponse(status=304), version, tag)
    try:
        with limits.allowed() as budget:
            query, page, values = _computed(asked, version, budget)
            body = _body(asked, version, query, page, values)
    except limits.OverBudgetError as error:
        raise (BusyError if error.code == "busy" else TooHeavyError)(str(error), error.code) from error
    except answers.CursorError as error:
        raise ValidationError({"cursor": [str(error)]}) from error
    response = HttpResponse(body, content_type=answers.FORMATS[asked.form])
    response["X-Total-Count"] = str(page.total)
    response["X-Complete"] = "false" if page.next_cursor or page.start else "true"
    if page.next_cursor:
        response["X-Next-Cursor"] = page.next_cursor
    return with_headers(response, version, tag)


def _computed(asked: Asked, version: DatasetVersion, budget: Budget) -> tuple[answers.Query, answers.Page, Values]:
    table, query = asked.table, asked.query
    rows = asked.where.rows(budget)
    if not query.group_by:
        page = answers.page_of(answers.sort_rows(table, rows, query.sort, budget), query, version.digest)
        return query, page, answers.cells(version, table, page.rows, query.columns, labels=query.labels)
    found = grouping.group(table, rows, query.group_by, query.aggregates, budget)
    page = answers.page_of(grouping.order_of(found, query.sort), query, version.digest)
    lists = answers.label_lists(version.meta) if query.labels else {}
    if {"sum", "mean"} & set(query.aggregates):
        query = replace(query, warnings=[*query.warnings, ADDED_UP])
    return query, page, grouping.cells(table, found, page.rows, lists)


ADDED_UP = {
    "code": "published_values_added_up",
    "path": "aggregates",
    "detail": "Sums and means are of published values, which are rounded and partly hidden (see hidden), and a total "
    "counts again what it contains. Where the publication has a figure of its own, use that figure.",
}


def _body(asked: Asked, version: DatasetVersion, query: answers.Query, page: answers.Page, values: Values) -> bytes:
    head = _head(version, query, page)
    if asked.form == "json":
        return answers.as_json(head, values)
    return answers.encode(answers.as_table(asked.table, values, head), asked.form)


def _head(version: DatasetVersion, query: answers.Query, page: answers.Page) -> dict[str, Any]:
    return {
        "dataset": version.dataset.slug,
        "version": version.number,
        "digest": version.digest,
        "citation": presentation.citation(version),
        "is_latest": version.dataset.latest_id == version.pk,
        "is_draft": version.is_open,
        "is_synthetic": version.is_synthetic,
        "total": page.total,
        "returned": len(page.rows),
        "complete": not page.next_cursor and not page.start,
        "next_cursor": page.next_cursor or None,
        "warnings": query.warnings,
    }


def answer_changes(new: DatasetVersion, old: DatasetVersion, asked: dict[str, Any]) -> HttpResponse:
    """Answer with the difference between two versions."""
    changes = Changes(old, new)
    try:
        if asked["format"] == "csv":
            body = answers.encode(pq.read_table(changes.path), "csv")
            return with_headers(HttpResponse(body, content_type=answers.FORMATS["csv"]), new, "")
        cells, counts, warnings = changes.largest(asked["limit"], asked["offset"]), changes.counts, []
    except NotComparableError as error:
        cells, counts, warnings = [], {}, [{"code": "not_comparable", "path": "from", "detail": str(error)}]
    changed = sum(counts.get(kind, 0) for kind in ("added", "removed", "changed"))
    body = orjson.dumps(
        {
            "dataset": new.dataset.slug,
            "from": old.number,
            "to": new.number,
            "from_digest": old.digest,
            "to_digest": new.digest,
            "citation": presentation.citation(new),
            "structure": [change.as_json() for change in changes.structure],
            "counts": counts,
            "complete": not asked["offset"] and len(cells) == changed,
            "warnings": warnings,
            "cells": cells,
        }
    )
    return with_headers(HttpResponse(body, content_type="application/json"), new, "")


def with_headers(response: HttpResponse, version: DatasetVersion, tag: str) -> HttpResponse:
    """Name the version in the headers; what shows a draft is kept by nobody."""
    if version.is_open:
        response["Cache-Control"] = "private, no-store"
        response["X-Robots-Tag"] = "noindex"
    elif tag:
        response["ETag"] = tag
        response["Cache-Control"] = "public, max-age=60"
    response["Vary"] = "Accept, X-Preview-Token"
    response["X-Dataset-Version"] = version.number
    response["X-Dataset-Digest"] = version.digest
    # For the forms that have no place for it: how to cite what was sent.
    response["Link"] = link_header([("cite-as", absolute(version.get_absolute_url()), "")])
    return response
