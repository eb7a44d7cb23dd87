"""From a run's dataset version to the draft of the next release: figures, tables, charts, neutral sentences.

What the machine wrote is marked until a person accepts or rewrites it. The words are plain
templates; every figure in them is a reference.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.text import slugify

from portal.core.actions import record_event
from portal.publications.enums import ReleaseState, VersionReason
from portal.publications.errors import UnknownSeriesError, WrongStateError
from portal.publications.models import PublicationSeriesPage, ReleasePage, ReleaseVersion

if TYPE_CHECKING:
    from portal.datasets.models import DatasetVersion
    from portal.users.models import User

PERIOD = "time_period"
MOVEMENT = "{subject} {movement} in {period}."
# What the machine can say of a chart without taking sides. Its section’s heading says what it is about.
MOST_IN = "Most in {highest}, fewest in {lowest}"
LARGEST = "Largest: {highest}. Smallest: {lowest}"
# Of rates and the like nobody has “most”.
HIGHEST_IN = "Highest in {highest}, lowest in {lowest}"
HIGHEST = "Highest: {highest}. Lowest: {lowest}"
PEOPLE = "people"
FEWEST_HEADLINES = 2
MOST_HEADLINES = 6


@transaction.atomic
def draft_release(
    *,
    by: User | None,
    series: PublicationSeriesPage | str,
    dataset_version: DatasetVersion,
    run: Any | None = None,
    run_reference: str = "",
) -> ReleasePage:
    """Draft the release of the dataset version's latest period, or bind its open draft to newer data.

    A new release starts from the last one, with all figures renewed. A period that is published
    already gets a new version, a correction, whose notice an editor must write.
    """
    page = _series(series)
    reference = run_reference or (f"run {getattr(run, 'pk', run)}" if run is not None else "")
    release = ReleasePage.objects.child_of(page).filter(period=dataset_version.last_period).first()
    if release is None:
        release = _new_release(by, page, dataset_version)
        version = _new_version(by, page, release, dataset_version, reference)
    else:
        version = _rebound(by, page, release, dataset_version, reference)
    record_event(
        by=by,
        action="draft_release",
        obj=version,
        detail={"dataset_version": str(dataset_version), "data": dataset_version.digest, "run": reference},
    )
    return release


def _series(series: PublicationSeriesPage | str) -> PublicationSeriesPage:
    if isinstance(series, PublicationSeriesPage):
        return series
    found = PublicationSeriesPage.objects.filter(slug=series).first()
    if found is None:
        raise UnknownSeriesError(f"There is no publication “{series}”: an editor makes its page first.")
    return found


def _new_version(
    by: User | None, series: PublicationSeriesPage, release: ReleasePage, data: DatasetVersion, reference: str
) -> ReleaseVersion:
    numbers = release.versions.values_list("number", flat=True)
    return ReleaseVersion.objects.create(
        release=release,
        series=series,
        number=1 + max(numbers, default=0),
        period=release.period,
        reason=VersionReason.CORRECTION if release.live else VersionReason.FIRST,
        dataset_version=data,
        run_reference=reference,
        created_by=by,
    )


def _rebound(
    by: User | None, series: PublicationSeriesPage, release: ReleasePage, data: DatasetVersion, reference: str
) -> ReleaseVersion:
    """Bind the open draft of a release to newer data; its words are stale until someone accepts them again."""
    version = release.versions.open().select_for_update(of=("self",)).first()
    if version is None:
        return _new_version(by, series, release, data, reference)
    if version.state != ReleaseState.DRAFT:
        raise WrongStateError(
            f"{release} is {version.get_state_display().lower()}: send it back to draft before new data is bound to it."
        )
    version.dataset_version, version.run_reference = data, reference
    version.save(update_fields=["dataset_version", "run_reference"])
    return version


def _new_release(by: User | None, series: PublicationSeriesPage, data: DatasetVersion) -> ReleasePage:
    label = _period_label(data)
    release = ReleasePage(
        title=f"{series.title}, {data.dataset.spatial}, {label}",
        slug=slugify(label) or slugify(data.last_period),
        summary=f"{series.summary}".strip(),
        period=data.last_period,
        period_label=label,
        live=False,
        owner=by,
        **_content(series, data),
    )
    series.add_child(instance=release)
    release.save_revision(user=by, log_action=True)
    return release


def _period_label(data: DatasetVersion) -> str:
    dimension = data.meta.by_id.get(PERIOD)
    return dimension.labels.get(data.last_period, data.last_period) if dimension else data.last_period


def _content(series: PublicationSeriesPage, data: DatasetVersion) -> dict[str, Any]:
    """Return the content of a new draft: of the last release where there is one, else from the data's own plan."""
    described = data.metadata
    last = ReleasePage.objects.child_of(series).filter(period__lt=data.last_period).order_by("-period").first()
    sentences = _sentences(described)
    default = described.get("default_perspective", "")
    if last is None:
        return {
            "default_perspective": default,
            "headlines": _headlines(described),
            "main_points": sentences,
            "sections": _sections(described),
            "notes": _notes(described),
        }
    return {
        "default_perspective": last.default_perspective or default,
        "headlines": last.headlines.get_prep_value(),
        "main_points": sentences,
        "sections": _fresh(last.sections.get_prep_value()),
        "quality_note": last.quality_note,
        "notes": last.notes,
    }


def _block(kind: str, value: Any) -> dict[str, Any]:
    return {"type": kind, "value": value, "id": str(uuid.uuid4())}


def _selection(planned: dict[str, Any]) -> dict[str, Any]:
    return {
        "measure": planned["measure"],
        "filters": [
            {"dimension": dimension, "code": code} for dimension, code in (planned.get("filters") or {}).items()
        ],
        "perspective": "",
        "period": "",
    }


def _headlines(described: dict[str, Any]) -> list[dict[str, Any]]:
    planned = described.get("headlines", [])[:MOST_HEADLINES]
    if len(planned) < FEWEST_HEADLINES:
        return []
    return [_block("figure", {"label": one["label"], "cells": _selection(one), "compare": True}) for one in planned]


def _sentences(described: dict[str, Any]) -> list[dict[str, Any]]:
    units = _units(described)
    return [
        _block(
            "sentence",
            {
                "text": MOVEMENT,
                "subject": _subject(one["label"], units.get(one["measure"], "")),
                "cells": _selection(one),
                "machine_written": True,
            },
        )
        for one in described.get("headlines", [])
    ]


def _units(described: dict[str, Any]) -> dict[str, str]:
    return {measure["id"]: measure.get("unit", "") for measure in described["measures"]}


def _subject(label: str, unit: str) -> str:
    """Return the subject of a sentence: people are counted by number, other measures have a name of their own."""
    if unit != PEOPLE:
        return label
    return f"The number of {label[:1].lower()}{label[1:]}"


def _sections(described: dict[str, Any]) -> list[dict[str, Any]]:
    sections = []
    units = _units(described)
    for one in described.get("charts", []):
        chart = {
            "title": _finding(one, units.get(one["measure"], "")),
            "subtitle": one.get("subtitle") or one["title"],
            "kind": one["kind"],
            "cells": _selection(one),
            "x": one["x"],
            "series": one.get("series", ""),
            "largest_first": _by_size(one),
            "folded": one.get("folded", False),
            "description": "",
        }
        sections.append(_block("section", {"heading": one["title"], "body": [_block("chart", chart)]}))
    for one in described.get("tables", []):
        table = {
            "title": one["title"],
            "cells": _selection(one),
            "rows": one["rows"],
            "columns": one.get("columns", ""),
            "only_shown": one.get("only_shown", False),
            "folded": one.get("folded", False),
        }
        sections.append(_block("section", {"heading": one["title"], "body": [_block("table", table)]}))
    return sections


def _finding(planned: dict[str, Any], unit: str) -> str:
    """Return the title of a chart: what its data shows, as far as a machine may say it."""
    title, kind = planned["title"], planned["kind"]
    if kind == "stacked":
        return f"{title}: {{leading}}"
    if kind == "multiples" and planned["x"] == PERIOD:
        return f"{title}: {{directions}}"
    if planned.get("series") or kind not in {"bar", "tile_map", "line"}:
        return str(title)
    if planned["x"] == PERIOD:
        return f"{title}: {{movement}}"
    if unit == PEOPLE:
        return MOST_IN if planned["x"] == "geography_code" else LARGEST
    return HIGHEST_IN if planned["x"] == "geography_code" else HIGHEST


def _by_size(planned: dict[str, Any]) -> bool:
    """Whether bars stand in the order of their size: not where their categories have an order of their own."""
    listed = planned.get("order") == "listed" or planned["x"] in {"perspective", PERIOD}
    return planned["kind"] in {"bar", "stacked", "range"} and not listed


def _fresh(sections: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the sections of the last release with its commentary marked as not yet accepted."""
    for section in sections:
        for block in section["value"]["body"]:
            if block["type"] == "sentence":
                block["value"]["machine_written"] = True
    return sections


def _notes(described: dict[str, Any]) -> str:
    from django.utils.html import format_html, format_html_join  # noqa: PLC0415 - the one place that makes markup

    notes = described.get("notes", [])
    return format_html("<ul>{}</ul>", format_html_join("", "<li>{}</li>", ((note,) for note in notes))) if notes else ""
