"""The table builder, its permalinks, downloads and the form for other sites to embed."""

from __future__ import annotations

import csv
import io
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from csp.decorators import csp_update
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_safe

from portal.datasets import presentation, tables
from portal.datasets.enums import SHORTHAND
from portal.datasets.files import ods, xlsx
from portal.datasets.files.sheets import Properties, Sheet
from portal.datasets.links import absolute
from portal.datasets.lookup import NotFoundError, WithdrawnError, served_version

if TYPE_CHECKING:
    from django.http import HttpRequest

    from portal.datasets.models import DatasetVersion

BARS = 30
BOOKS = {"ods": (ods.write_book, ods.MEDIA_TYPE), "xlsx": (xlsx.write_book, xlsx.MEDIA_TYPE)}


def _version(slug: str, wanted: str) -> DatasetVersion:
    try:
        return served_version(slug, wanted)
    except (NotFoundError, WithdrawnError) as error:
        raise Http404(str(error)) from error


@require_safe
def builder(request: HttpRequest, slug: str) -> HttpResponse:
    """Let a reader choose what to lay out, and show it."""
    version = _version(slug, request.GET.get("version", "")[:24])
    choice = tables.choice_of(version, request.GET.dict())
    context = _context(version, choice) | {"form": _form(version, choice)}
    return render(request, "datasets/table.html", context)


def _form(version: DatasetVersion, choice: tables.Choice) -> dict[str, Any]:
    meta = version.meta
    fixed = [dimension for dimension in meta.dimensions if dimension.id not in {choice.rows, choice.columns}]
    return {
        "measures": meta.measures,
        "dimensions": meta.dimensions,
        "fixed": [{"dimension": dimension, "chosen": choice.filters.get(dimension.id, "")} for dimension in fixed],
        "choice": choice,
    }


def _context(version: DatasetVersion, choice: tables.Choice) -> dict[str, Any]:
    dataset = version.dataset
    context: dict[str, Any] = {
        "dataset": dataset,
        "version": version,
        "choice": choice,
        "table_id": choice.as_id(version),
        "newer": dataset.latest if dataset.latest_id != version.pk else None,
        "citation": presentation.citation(version),
        "is_synthetic": dataset.is_synthetic,
        "breadcrumbs": [("Home", "/"), ("Datasets", "/datasets/"), (dataset.title, dataset.get_absolute_url())],
    }
    try:
        table = tables.build(version, choice)
    except tables.TableError as error:
        return context | {"fault": str(error)}
    symbols = [(f"[{word}]", meaning) for word, meaning in SHORTHAND.items() if word in table.statuses]
    headings = [_heading(choice, str(number), title) for number, title in enumerate(table.header)]
    return context | {
        "table": table,
        "symbols": symbols,
        "stub": _heading(choice, "label", table.stub),
        "headings": headings,
        "bars": _bars(table),
        "permalink": absolute(f"/tables/{choice.as_id(version)}/"),
    }


def _heading(choice: tables.Choice, name: str, title: str) -> dict[str, str]:
    direction = {name: "ascending", f"-{name}": "descending"}.get(choice.sort, "none")
    return {"title": title, "direction": direction, "next": name if choice.sort == f"-{name}" else f"-{name}"}


def _bars(table: tables.BuiltTable) -> list[dict[str, Any]]:
    """Return the last column as bars, when there are few rows and a value to draw."""
    rows = table.rows[:BARS]
    values = [row["values"][-1] for row in rows if row["values"]]
    largest = max((value for value in values if value is not None), default=0)
    if largest <= 0 or len(table.rows) > BARS or any(value is not None and value < 0 for value in values):
        return []
    return [
        {"label": row["label"], "text": row["texts"][-1], "width": round(100 * (row["values"][-1] or 0) / largest, 1)}
        for row in rows
    ]


def _found(table_id: str, sort: str = "") -> tuple[DatasetVersion, tables.Choice]:
    try:
        slug, number, choice = tables.from_id(table_id)
    except tables.TableError as error:
        raise Http404(str(error)) from error
    if sort:
        choice = tables.Choice(choice.measure, choice.rows, choice.columns, choice.filters, sort[:80])
    return _version(slug, number), choice


@require_safe
def permalink(request: HttpRequest, table_id: str) -> HttpResponse:
    """Show a table as it was when its address was made."""
    return render(request, "datasets/table_permalink.html", _context(*_found(table_id, request.GET.get("sort", ""))))


@require_safe
@xframe_options_exempt
@csp_update({"frame-ancestors": ["*"]})
def embed(request: HttpRequest, table_id: str) -> HttpResponse:
    """Show the table alone, for other sites to show in a frame."""
    return render(request, "datasets/table_embed.html", _context(*_found(table_id)))


@require_safe
def download(_request: HttpRequest, table_id: str, form: str) -> HttpResponse:
    """Serve the table as CSV, ODS or XLSX."""
    version, choice = _found(table_id)
    try:
        table = tables.build(version, choice)
    except tables.TableError as error:
        raise Http404(str(error)) from error
    if form == "csv":
        response = HttpResponse(_csv(version, table), content_type="text/csv; charset=utf-8")
    else:
        response = HttpResponse(_book(version, table, form), content_type=BOOKS[form][1])
    response["Content-Disposition"] = f'attachment; filename="{version.stem}-table.{form}"'
    return response


def _csv(version: DatasetVersion, table: tables.BuiltTable) -> str:
    """Return the table as CSV: values as numbers, a symbol in place of a value that is not there."""
    sink = io.StringIO()
    writer = csv.writer(sink, lineterminator="\r\n")
    writer.writerow(["dataset", "version", "code", table.stub, *table.header])
    for row in table.rows:
        cells = [text if value is None else value for value, text in zip(row["values"], row["texts"], strict=True)]
        writer.writerow([version.dataset.slug, version.number, row["code"], row["label"], *cells])
    return sink.getvalue()


def _book(version: DatasetVersion, table: tables.BuiltTable, form: str) -> bytes:
    symbols = "; ".join(f"[{word}] {meaning}" for word, meaning in SHORTHAND.items() if word in table.statuses)
    lines = (
        "This sheet has one table.",
        f"Source: {presentation.citation(version)}",
        *([f"Symbols: {symbols}."] if symbols else []),
        *(["Synthetic data: do not quote these figures."] if version.dataset.is_synthetic else []),
    )
    header = (table.stub, *table.header)
    unique = tuple(name if name not in header[:place] else f"{name} ({place})" for place, name in enumerate(header))
    rows = tuple(
        (
            row["label"],
            *[text if value is None else value for value, text in zip(row["values"], row["texts"], strict=True)],
        )
        for row in table.rows
    )
    sheet = Sheet("Table", table.title, lines, unique, rows, (40, *[16] * len(table.header)))
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "table"
        BOOKS[form][0]([sheet], Properties(table.title, version.dataset.publisher), target)
        return target.read_bytes()
