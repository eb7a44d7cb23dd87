"""The table builder, its permalinks, downloads and the form for other sites to embed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from csp.decorators import csp_update
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_safe

from portal.datasets import presentation, table_files, table_layout, tables
from portal.datasets.criteria import TIME
from portal.datasets.enums import SHORTHAND
from portal.datasets.links import absolute
from portal.datasets.lookup import NotFoundError, WithdrawnError, served_version
from portal.datasets.queries import codes_in_use

if TYPE_CHECKING:
    from django.http import HttpRequest

    from portal.datasets.models import DatasetVersion

BARS = 60
MANY_OPTIONS = 12


def _version(slug: str, wanted: str) -> DatasetVersion:
    try:
        return served_version(slug, wanted)
    except (NotFoundError, WithdrawnError) as error:
        raise Http404(str(error)) from error


@require_safe
def builder(request: HttpRequest, slug: str) -> HttpResponse:
    """Let a reader choose what to lay out, and show it."""
    version = _version(slug, request.GET.get("version", "")[:24])
    choice = tables.choice_of(version, request.GET)
    context = _context(request, version, choice) | {"form": _form(version, choice)}
    return render(request, "datasets/table.html", context)


def _form(version: DatasetVersion, choice: tables.Choice) -> dict[str, Any]:
    meta = version.meta
    chosen = {name: (choice.filters.get(name) or ("",))[0] for name in tables.fixed_names(version, choice.laid_out)}
    axes = [(dimension.id, dimension.label) for dimension in meta.dimensions]
    if len(meta.measures) > 1:
        axes.append((tables.MEASURE, "Measure"))
    return {
        "measures": [(measure, measure.id in choice.measures) for measure in meta.measures],
        "axes": axes,
        "fixed": [{"dimension": meta.by_id[name], "chosen": code} for name, code in chosen.items()],
        "shown": [_shown(version, choice, name) for name in (choice.rows, choice.columns) if name in meta.by_id],
        "choice": choice,
    }


def _shown(version: DatasetVersion, choice: tables.Choice, name: str) -> dict[str, Any]:
    """Return the codes of what is laid out, to choose some of them."""
    dimension, chosen = version.meta.by_id[name], choice.filters.get(name, ())
    options = [(code, dimension.labels[code], code in chosen) for code in codes_in_use(version, name)]
    return {"dimension": dimension, "options": options, "chosen": len(chosen), "is_long": len(options) > MANY_OPTIONS}


def _context(request: HttpRequest, version: DatasetVersion, choice: tables.Choice) -> dict[str, Any]:
    dataset = version.dataset
    newer = dataset.latest if dataset.latest_id != version.pk else None
    context: dict[str, Any] = {
        "dataset": dataset,
        "version": version,
        "choice": choice,
        "table_id": choice.as_id(version),
        "newer": newer,
        "newer_query": urlencode([("version", newer.number if newer else ""), *choice.as_fields(version)]),
        "change_query": urlencode([("version", version.number), *choice.as_fields(version)]),
        "citation": presentation.citation(version),
        "is_synthetic": version.is_synthetic,
        "breadcrumbs": [("Home", "/"), ("Datasets", "/datasets/"), (dataset.title, dataset.get_absolute_url())],
    }
    try:
        table = table_layout.build(version, choice)
    except tables.TableError as error:
        return context | {"fault": str(error)}
    charted = request.GET.get("chart", "")
    return context | {
        "table": table,
        "symbols": [(f"[{word}]", meaning) for word, meaning in SHORTHAND.items() if word in table.statuses],
        "stub": _heading(choice, "label", table.stub),
        "headings": [_heading(choice, str(number), title) for number, title in enumerate(table.header)],
        "sort_base": _base(request, "sort"),
        "chart_base": _base(request, "chart"),
        "chart": _chart(table, int(charted) if charted.isdecimal() else _first_charted(table, choice)),
        "permalink": absolute(f"/tables/{choice.as_id(version)}/"),
    }


def _base(request: HttpRequest, name: str) -> str:
    """Return this address ready for one more parameter."""
    kept = request.GET.copy()
    kept.pop(name, None)
    return f"?{kept.urlencode()}&{name}=" if kept else f"?{name}="


def _heading(choice: tables.Choice, name: str, title: str) -> dict[str, str]:
    direction = {name: "ascending", f"-{name}": "descending"}.get(choice.sort, "none")
    return {"title": title, "direction": direction, "next": name if choice.sort == f"-{name}" else f"-{name}"}


def _first_charted(table: table_layout.BuiltTable, choice: tables.Choice) -> int:
    """Return the newest period where periods stand across; of anything else the first, which is mostly the whole."""
    return len(table.header) - 1 if choice.columns == TIME else 0


def _chart(table: table_layout.BuiltTable, wanted: int) -> dict[str, Any]:
    """Return one column as bars, when there are few rows and a value to draw."""
    place = min(wanted, len(table.header) - 1)
    values = [row["values"][place] for row in table.rows] if table.rows else []
    largest = max((value for value in values if value is not None), default=0)
    if largest <= 0 or len(values) > BARS or any(value is not None and value < 0 for value in values):
        return {}
    return {
        "place": place,
        "title": table.header[place],
        "columns": [*enumerate(table.header)],
        "is_long": len(table.header) > MANY_OPTIONS,
        "bars": [
            {"label": row["label"], "text": row["texts"][place], "width": round(100 * (value or 0) / largest, 1)}
            for row, value in zip(table.rows, values, strict=True)
        ],
    }


def _found(table_id: str, sort: str = "") -> tuple[DatasetVersion, tables.Choice]:
    try:
        slug, number, choice = tables.from_id(table_id)
    except tables.TableError as error:
        raise Http404(str(error)) from error
    return _version(slug, number), replace(choice, sort=sort[:80]) if sort else choice


@require_safe
def permalink(request: HttpRequest, table_id: str) -> HttpResponse:
    """Show a table as it was when its address was made."""
    context = _context(request, *_found(table_id, request.GET.get("sort", "")))
    return render(request, "datasets/table_permalink.html", context)


@require_safe
@xframe_options_exempt
@csp_update({"frame-ancestors": ["*"]})
def embed(request: HttpRequest, table_id: str) -> HttpResponse:
    """Show the table alone, for other sites to show in a frame."""
    return render(request, "datasets/table_embed.html", _context(request, *_found(table_id)) | {"sort_base": ""})


@require_safe
def download(_request: HttpRequest, table_id: str, form: str) -> HttpResponse:
    """Serve the table as CSV, ODS or XLSX."""
    version, choice = _found(table_id)
    try:
        table = table_layout.build(version, choice)
    except tables.TableError as error:
        raise Http404(str(error)) from error
    if form == "csv":
        response = HttpResponse(table_files.as_csv(version, table), content_type="text/csv; charset=utf-8")
    else:
        response = HttpResponse(table_files.as_book(version, table, form), content_type=table_files.BOOKS[form][1])
    response["Content-Disposition"] = f'attachment; filename="{version.stem}-table.{form}"'
    return response
