"""What a request for observations may say in its address, as the OpenAPI tells it."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter

from portal.datasets import answers

MAX_BODY = 256 * 1024
RESERVED = frozenset(
    {
        "measure", "columns", "sort", "page_size", "cursor", "labels", "format", "as_of", "time_from", "time_to",
        "group_by", "aggregates",
    }
)  # fmt: skip
# Where a client would take any of them, the first is sent.
ACCEPTED = {
    "application/json": "json",
    "text/csv": "csv",
    "application/vnd.apache.parquet": "parquet",
    "application/vnd.apache.arrow.stream": "arrow",
}
SLUG = r"[-a-zA-Z0-9_]{1,80}"
VERSION = r"latest|[0-9.*]{1,24}"


def text(name: str, description: str, **more: Any) -> OpenApiParameter:
    """Return a parameter that is a text."""
    return OpenApiParameter(name, OpenApiTypes.STR, OpenApiParameter.QUERY, description=description, **more)


PREVIEW = OpenApiParameter(
    "X-Preview-Token",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="A token that shows one draft version, given out by its team for at most seven days",
)
OBSERVATION_PARAMETERS = [
    OpenApiParameter(
        "filters",
        {"type": "object", "additionalProperties": {"type": "string"}},
        OpenApiParameter.QUERY,
        style="form",
        explode=True,
        description="Any dimension of the version by its name, with one code or several separated by commas.",
    ),
    text("measure", "Measures, separated by commas"),
    text("time_from", "First time period"),
    text("time_to", "Last time period"),
    text("columns", "Columns of the answer, separated by commas; all when left out"),
    text("sort", "Columns to sort by, separated by commas; - for descending"),
    text("group_by", "Dimensions to gather the observations by, separated by commas; each measure on its own"),
    text("aggregates", "What to say of each group, separated by commas: count, hidden, sum, mean, min, max"),
    OpenApiParameter(
        "page_size", {"type": "integer", "minimum": 1, "maximum": answers.MAX_ROWS, "default": answers.DEFAULT_ROWS}
    ),
    text("cursor", "next_cursor of the page before"),
    OpenApiParameter("labels", OpenApiTypes.BOOL, description="Labels beside codes"),
    text("format", "Form of the answer; the Accept header is heard too", enum=list(answers.FORMATS)),
    text("as_of", "The version that was current on this date or at this time"),
]
