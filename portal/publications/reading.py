"""What the pages show, as plain values for templates. Figures come from the files of the bound version."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.template.loader import render_to_string
from django.utils.safestring import mark_safe
from django.utils.text import slugify

from portal.datasets.definition_split import change_words, split_for_readers
from portal.publications import charts
from portal.publications.binding import PERSPECTIVE, Binding, UnboundFigureError, bind
from portal.publications.figures import chart, headline, sentence, table, table_of_chart
from portal.publications.models import CalendarEntry, MethodologyPage, ReleasePage, ReleaseVersion
from portal.publications.parts import MORE_PARTS
from portal.publications.queries import latest_release_per_series, releases_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.utils.safestring import SafeString

    from portal.datasets.models import DatasetVersion
    from portal.publications.models import PublicationIndexPage, PublicationSeriesPage

KEPT_DRAWINGS = 32
# The templates of release.html that show nothing but a version: their markup is kept once it is published.
PARTS = ("figures", "contents", "sections", "quality", "files", "changes", "about")


def page_of(version: ReleaseVersion) -> ReleasePage:
    """Return the text of a public version: the row that cannot change, not the page that can."""
    page = ReleasePage.from_serializable_data(dict(version.content), check_fks=False, strict_fks=False)
    page.pk = version.release_id
    return page


def release_content(
    version: ReleaseVersion, *, perspective: str = "", page: ReleasePage | None = None
) -> dict[str, Any]:
    """Return everything that a release page shows under one perspective.

    Drawn once for a published version and perspective in each process: both can never change.
    """
    body = (
        drawn(version.pk, version.digest, perspective)
        if page is None and version.digest
        else draw(page or page_of(version), version.dataset_version, perspective)
    )
    return {**body, **_about(version)}


@lru_cache(maxsize=KEPT_DRAWINGS)
def drawn(version_pk: int, digest: str, perspective: str) -> dict[str, Any]:
    """Draw a published version. The digest is part of the key, so nothing stale can be found."""
    del digest
    version = ReleaseVersion.objects.with_everything().get(pk=version_pk)
    return draw(page_of(version), version.dataset_version, perspective)


def draw(page: ReleasePage, data: DatasetVersion, perspective: str) -> dict[str, Any]:
    """Return headline figures, main points and sections of a text with the figures of a dataset version."""
    binding = bind(data, perspective=perspective, default=page.default_perspective, period=page.period)
    sections = _number_notes([_section(block, index, binding) for index, block in enumerate(page.sections, start=1)])
    return {
        "text": {
            "title": page.title,
            "summary": page.summary,
            "period_label": page.period_label,
            "quality_note": page.quality_note,
            "notes": page.notes,
        },
        "perspective": binding.perspective,
        "perspective_label": binding.perspective_label,
        "perspectives": [
            {
                "code": code,
                "label": label,
                "chosen": code == binding.perspective,
                "url": _definition_url(data, "perspective", code),
            }
            for code, label in binding.perspectives.items()
        ],
        "headlines": [_headline(block, binding) for block in page.headlines],
        "main_points": [_point(block, binding) for block in page.main_points],
        "sections": sections,
        "contents": [{"id": section["id"], "title": section["heading"]} for section in sections],
        "is_synthetic": bool(data.metadata.get("synthetic")),
        "synthetic_text": data.metadata.get("label", ""),
        "coverage": _coverage(data),
        "definition_split": split_for_readers(data, perspective=binding.perspective),
    }


def parts_of(content: Mapping[str, Any]) -> dict[str, SafeString]:
    """Return as markup what of a release page comes from its version alone."""
    return {name: render_to_string(f"publications/_{name}.html", dict(content)) for name in PARTS}


def _headline(block: Any, binding: Binding) -> dict[str, Any]:
    tile = headline(block.value, binding)
    tile["split"] = change_words(binding.version, perspective=binding.perspective, label=tile["label"])
    tile["sparkline"] = mark_safe(tile["sparkline"])  # noqa: S308 - SVG that we drew; its text is escaped there
    return tile


def _point(block: Any, binding: Binding) -> dict[str, Any]:
    if block.block_type == "sentence":
        return {
            "kind": "sentence",
            "text": sentence(block.value, binding),
            "machine_written": block.value["machine_written"],
        }
    return {"kind": "text", "text": block.value}


def _section(block: Any, index: int, binding: Binding) -> dict[str, Any]:
    heading = block.value["heading"]
    blocks = [_said_once(_part(part, binding), heading) for part in block.value["body"]]
    return {
        "id": f"{slugify(heading)[:60] or 'section'}-{index}",
        "heading": heading,
        "machine_written": block.value["machine_written"],
        "blocks": blocks,
    }


def _said_once(part: dict[str, Any], heading: str) -> dict[str, Any]:
    """Part a figure's title where it begins with the heading above it: who looks at both needs it once only."""
    words = part["table"]["caption"] if part["kind"] == "table" else part.get("title", "")
    before = f"{heading}: "
    return {**part, "lead": before, "said": words.removeprefix(before)} if words.startswith(before) else part


def _part(block: Any, binding: Binding) -> dict[str, Any]:
    """Return one block of a section; a figure that the perspective does not have says so."""
    kind, value = block.block_type, block.value
    name = figure_name(block)
    if kind == "chart":
        return _chart_part(value, name, binding)
    if kind == "table":
        found = table(value, binding, name=name)
        absent = {"kind": "absent", "id": name, "title": value["title"], "perspective": binding.perspective_label}
        folded = bool(value.get("folded"))
        shown = {"kind": "table", "id": name, "title": value["title"], "table": found, "folded": folded}
        return shown if found else absent
    if kind == "sentence":
        return _point(block, binding)
    if kind == "definition":
        return {"kind": "definition", **_definition(value, binding)}
    if kind in MORE_PARTS:
        return {"kind": kind, **MORE_PARTS[kind](value)}
    return {"kind": kind, "value": value, "text": value}


def _number_notes(sections: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Number the notes through the page."""
    notes = (block for section in sections for block in section["blocks"] if block["kind"] == "footnote")
    for number, block in enumerate(notes, start=1):
        block["number"] = number
    return sections


def prose_parts(body: Any) -> list[dict[str, Any]]:
    """Return the blocks of a methodology page as its template takes them."""
    parts = [
        {"kind": block.block_type, "value": block.value, **MORE_PARTS[block.block_type](block.value)}
        if block.block_type in MORE_PARTS
        else {"kind": block.block_type, "value": block.value}
        for block in body
    ]
    _number_notes([{"blocks": parts}])
    return parts


def figure_name(block: Any) -> str:
    """Return the name of a figure in addresses and anchors, from the block's own identifier."""
    return f"figure-{str(block.id or 'draft').split('-', maxsplit=1)[0]}"


def _chart_part(value: Mapping[str, Any], name: str, binding: Binding) -> dict[str, Any]:
    drawn = chart(value, binding)
    if drawn is None:
        return {"kind": "absent", "id": name, "title": value["subtitle"], "perspective": binding.perspective_label}
    wide = charts.render(drawn, name=f"{name}-w")
    narrow = charts.render(drawn, name=f"{name}-n", width=charts.NARROW)
    measure = binding.measure(value["cells"]["measure"])
    return {
        "kind": "chart",
        "id": name,
        "title": drawn.title,
        "subtitle": drawn.subtitle,
        "alternative": charts.text_alternative(drawn),
        "folded": bool(value.get("folded")),
        "wide": mark_safe(wide),  # noqa: S308 - SVG that we drew; its text is escaped there
        "narrow": mark_safe(narrow),  # noqa: S308 - the same
        "notes": [f"{symbol} {meaning}" for symbol, meaning in charts.symbols_used(drawn)],
        "table": table_of_chart(
            drawn,
            name=name,
            x_label=binding.version.meta.by_id[value["x"]].label,
            value_label=f"{measure.label} ({measure.unit})" if measure.unit else measure.label,
            by_label=binding.version.meta.by_id[value["series"]].label if value.get("series") else "",
        ),
    }


def _definition_url(data: DatasetVersion, kind: str, code: str) -> str:
    """Return the address of the version of a definition that the data was made with."""
    pinned = (data.meta.perspectives if kind == "perspective" else data.meta.roles).get(code)
    folder = "perspectives" if kind == "perspective" else "roles"
    return f"/definitions/{folder}/{code}/v/{pinned}/" if pinned else ""


def _definition(value: Mapping[str, Any], binding: Binding) -> dict[str, Any]:
    dimension = PERSPECTIVE if value["kind"] == "perspective" else "role_code"
    return {
        "label": binding.label(dimension, value["code"]),
        "url": _definition_url(binding.version, value["kind"], value["code"]),
        "code": value["code"],
    }


def _coverage(data: DatasetVersion) -> str:
    coverage = data.metadata.get("coverage") or {}
    received, expected = coverage.get("received"), coverage.get("expected")
    if received is None or not expected:
        return ""
    return f"{received:,} of {expected:,} organisations sent a return ({100 * received / expected:,.0f}%)"


def _about(version: ReleaseVersion) -> dict[str, Any]:
    """Return what stands around the figures: of the version itself, and of the other versions and the calendar now."""
    versions = (
        ReleaseVersion.objects.public()
        .filter(release_id=version.release_id)
        .only("number", "state", "reason", "notice", "published_at", "withdrawn_reason", "digest")
        .order_by("-number")
    )
    shown = {**about_version(version), **around(version, list(versions))}
    if version.is_open and version.notice:  # a correction on its way is looked at with its notice
        shown["notices"] = [version, *shown["notices"]]
    return shown


def about_version(version: ReleaseVersion) -> dict[str, Any]:
    """Return what a version says of itself and its data, which never changes once it is published."""
    data = version.dataset_version
    return {
        "data_version": data,
        "files": list(data.files.all()) if data.is_served else [],
        "changes": [reason["text"] for reason in data.reasons],
        "change_note": data.change_note,
        "had_early_access": version.content.get("pre_release_access", []) if version.content else [],
    }


def around(version: ReleaseVersion, versions: list[ReleaseVersion]) -> dict[str, Any]:
    """Return what may change around a published version: later versions with their notices, the next release."""
    for one in versions:
        one.release, one.series = version.release, version.series
    entries = CalendarEntry.objects.upcoming().filter(series=version.series_id).exclude(period=version.period)
    return {
        "version": version,
        "series": version.series,
        "data_version": version.dataset_version,
        "versions": versions,
        "notices": [one for one in versions if one.notice],
        "replaced_by": next((one for one in reversed(versions) if one.number > version.number), None),
        "next_entry": entries.first(),
    }


def known_perspectives(version: ReleaseVersion) -> set[str]:
    """Return the codes of the perspectives that readers of a published version can choose."""
    return {one["code"] for one in drawn(version.pk, version.digest, "")["perspectives"]}


def preview_content(page: ReleasePage, parameters: Mapping[str, str]) -> dict[str, Any]:
    """Return a draft as readers would see it, with the data of the version on its way."""
    version = page.open_version or page.versions.public().with_everything().first()
    if version is None:
        return {"unbound": True, "is_draft": True}
    try:
        content = release_content(version, perspective=parameters.get("perspective", ""), page=page)
    except UnboundFigureError as error:
        return {"unbound": str(error), "is_draft": True}
    content |= {"is_draft": True, "breadcrumbs": breadcrumbs(version.series)}
    return {**content, "parts": parts_of(content)}


def breadcrumbs(series: PublicationSeriesPage | None = None) -> list[tuple[str, str]]:
    """Return the way down to a release."""
    crumbs = [("Home", "/"), ("Publications", "/publications/")]
    return [*crumbs, (series.title, f"/publications/{series.slug}/releases/")] if series else crumbs


def index_content(page: PublicationIndexPage) -> dict[str, Any]:
    """Return every live series with its latest release."""
    from portal.publications.models import PublicationSeriesPage  # noqa: PLC0415 - only here

    latest = {version.series_id: version for version in latest_release_per_series()}
    series = PublicationSeriesPage.objects.child_of(page).live().order_by("path")
    return {
        "series_list": [{"page": one, "latest": latest.get(one.pk)} for one in series],
        "upcoming": list(CalendarEntry.objects.upcoming()[:5]),
        "breadcrumbs": [("Home", "/")],
    }


def series_content(page: PublicationSeriesPage) -> dict[str, Any]:
    """Return every release of a series, how it is made and what is coming."""
    return {
        "releases": releases_of(page.pk),
        "methodology": list(MethodologyPage.objects.child_of(page).live().only("title", "url_path", "slug", "summary")),
        "upcoming": list(CalendarEntry.objects.upcoming().filter(series=page)),
        "breadcrumbs": breadcrumbs(),
    }


def figure_of(
    version: ReleaseVersion, name: str, perspective: str
) -> tuple[charts.Chart | None, dict[str, Any] | None]:
    """Return a figure of a public version by its name: as a chart, or as a table."""
    page = page_of(version)
    binding = bind(
        version.dataset_version, perspective=perspective, default=page.default_perspective, period=page.period
    )
    for section in page.sections:
        for block in section.value["body"]:
            if block.block_type not in {"chart", "table"} or figure_name(block) != name:
                continue
            if block.block_type == "chart":
                return chart(block.value, binding), None
            return None, table(block.value, binding, name=name)
    return None, None
