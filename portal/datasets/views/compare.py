"""The comparison of two versions, structure and cells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from portal.datasets.answers import label_lists
from portal.datasets.changes import Changes, NotComparableError
from portal.datasets.lookup import NotFoundError, public_dataset
from portal.datasets.presentation import decimals_of, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.http import HttpRequest

    from portal.datasets.models import Dataset, DatasetVersion

SHOWN = 50
WORDS = {"added": "Added", "removed": "Removed", "changed": "Changed"}
SYMBOL = "Symbol only"


@require_safe
def compare(request: HttpRequest, slug: str) -> HttpResponse:
    """Show what changed from one version to another, largest first."""
    try:
        dataset = public_dataset(slug)
    except NotFoundError as error:
        raise Http404(str(error)) from error
    versions = list(dataset.versions.served().newest_first().defer("metadata", "lineage"))
    by_number = {version.number: version for version in versions}
    new = by_number.get(request.GET.get("to", "")) or (versions[0] if versions else None)
    older = [version for version in versions if new and version.number_key < new.number_key]
    old = by_number.get(request.GET.get("from", "")) or (older[0] if older else None)
    context: dict[str, Any] = {
        "dataset": dataset,
        "versions": versions,
        "old": old,
        "new": new,
        "is_synthetic": dataset.is_synthetic,
        "breadcrumbs": [("Home", "/"), ("Datasets", "/datasets/"), (dataset.title, dataset.get_absolute_url())],
    }
    if old and new and old.pk != new.pk:
        context |= comparison(dataset, old, new, SHOWN)
    return render(request, "datasets/compare.html", context)


def comparison(dataset: Dataset, old: DatasetVersion, new: DatasetVersion, limit: int) -> dict[str, Any]:
    """Return the changes of structure and the largest changes of cells, for a page."""
    old.dataset = new.dataset = dataset
    changes = Changes(old, new)
    try:
        rows, counts, fault = _rows(changes, limit), changes.counts, ""
    except NotComparableError as error:
        rows, counts, fault = [], {}, str(error)
    titles = [new.meta.by_id[name].label for name in worth_showing([*new.meta.by_id])]
    return {"structure": changes.structure, "cells": rows, "counts": counts, "fault": fault, "titles": titles}


def worth_showing(names: Sequence[str]) -> list[str]:
    """Leave out the level of a code that stands beside it: the code's label says it."""
    return [name for name in names if not (name.endswith("_level") and f"{name.removesuffix('_level')}_code" in names)]


def _rows(changes: Changes, limit: int) -> list[dict[str, Any]]:
    before, after = label_lists(changes.old.meta), label_lists(changes.new.meta)
    decimals = {**decimals_of(changes.old.meta), **decimals_of(changes.new.meta)}
    names = [*worth_showing(changes.dimensions), "measure"]
    rows = []
    for cell in changes.largest(limit):
        places = decimals[cell["measure"]]
        percent, is_same = cell["percent"], cell["difference"] == 0
        rows.append(
            {
                "change": SYMBOL if is_same else WORDS[cell["change"]],
                "labels": [after[name].get(cell[name]) or before[name].get(cell[name], cell[name]) for name in names],
                "old": "" if cell["old_status"] is None else shown(cell["old_value"], cell["old_status"], places),
                "new": "" if cell["new_status"] is None else shown(cell["new_value"], cell["new_status"], places),
                "difference": "" if is_same or cell["difference"] is None else f"{cell['difference']:+,.{places}f}",
                "percent": "" if is_same or percent is None else f"{percent:+.1f}%",
            }
        )
    return rows
