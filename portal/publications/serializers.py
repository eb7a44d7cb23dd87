"""A published release as plain data, for the content API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rest_framework.fields import Field
from wagtail.rich_text import expand_db_html

from portal.publications.enums import ReleaseState

if TYPE_CHECKING:
    from portal.publications.models import ReleasePage, ReleaseVersion
# Texts of the release that carry markup; the others are plain.
MARKUP = frozenset({"quality_note", "notes"})
FIGURE = ("kind", "id", "title", "subtitle", "alternative", "notes", "folded")


class ReleaseContentField(Field):
    """A release as readers see it: the published version, its words with their figures, its charts as data."""

    def get_attribute(self, instance: ReleasePage) -> ReleasePage:
        """Take the whole page: the content is that of its published version."""
        return instance

    def to_representation(self, value: ReleasePage) -> dict[str, Any] | None:
        """Return the content under the perspective asked for."""
        version = value.versions.public().with_everything().order_by("-number").first()
        if version is None:
            return None
        if version.state == ReleaseState.WITHDRAWN:
            return {"state": version.state, "version": version.number, "reason": version.withdrawn_reason}
        request = self.context.get("request")
        return release_data(version, request.GET.get("perspective", "") if request else "")


def release_data(version: ReleaseVersion, perspective: str, *, page: ReleasePage | None = None) -> dict[str, Any]:
    """Return a version as plain data: as published, or with the text of a draft."""
    from portal.publications.reading import release_content  # noqa: PLC0415 - reading uses the models

    known = version.dataset_version.meta.by_id.get("perspective")
    chosen = perspective if known is not None and perspective in known.labels else ""
    content = release_content(version, perspective=chosen, page=page)
    base = version.permanent_address
    return {
        "state": version.state,
        "version": version.number,
        "digest": version.digest,
        "published_at": version.published_at,
        "address": version.get_absolute_url(),
        "permanent_address": base,
        "dataset": {
            "slug": version.dataset_version.dataset.slug,
            "version": version.dataset_version.number,
            "address": version.dataset_version.get_absolute_url(),
        },
        "status": version.series.statistics_status,
        "is_synthetic": content["is_synthetic"],
        "coverage": content["coverage"],
        "perspective": content["perspective"],
        "perspectives": [
            {"code": one["code"], "label": one["label"], "definition": one["url"]} for one in content["perspectives"]
        ],
        "text": {key: expand_db_html(words) if key in MARKUP else str(words) for key, words in content["text"].items()},
        "headlines": [
            {
                key: tile[key]
                for key in ("label", "value", "raw", "unit", "measure", "period", "change", "coverage", "quality")
            }
            for tile in content["headlines"]
        ],
        "main_points": [str(point["text"]) for point in content["main_points"]],
        "sections": [
            {
                "id": section["id"],
                "heading": section["heading"],
                "blocks": [_block(block, base, content["perspective"]) for block in section["blocks"]],
            }
            for section in content["sections"]
        ],
        "notices": [
            {"version": one.number, "reason": one.reason, "notice": one.notice, "published_at": one.published_at}
            for one in content["notices"]
        ],
        "changes": content["changes"],
        "change_note": content["change_note"],
        **_around(content, version),
    }


def _around(content: dict[str, Any], version: ReleaseVersion) -> dict[str, Any]:
    """Return what stands around the figures: quality, files, other versions, what comes next, whom to ask."""
    series, entry = version.series, content["next_entry"]
    from portal.publications.models import MethodologyPage  # noqa: PLC0415 - the models use this module

    pages = series.get_children().live().type(MethodologyPage).specific()
    return {
        "quality": {
            "summary": expand_db_html(series.quality_summary),
            "pages": [{"kind": page.kind, "title": page.title, "address": page.url} for page in pages],
        },
        "files": [
            {
                "name": file.name,
                "label": file.label,
                "media_type": file.media_type,
                "bytes": file.bytes,
                "sha256": file.sha256,
                "address": file.get_absolute_url(),
            }
            for file in content["files"]
        ],
        "versions": [
            {
                "version": one.number,
                "state": one.state,
                "published_at": one.published_at,
                "address": one.permanent_address,
            }
            for one in content["versions"]
        ],
        "next_release": None if entry is None else {"title": entry.title, "when": str(entry.when)},
        "pre_release_access": content["had_early_access"],
        "contact": {"name": series.contact_name, "email": series.contact_email},
    }


def _block(block: dict[str, Any], base: str, perspective: str) -> dict[str, Any]:
    kind = block["kind"]
    if kind in {"chart", "table"}:
        files = {"csv": f"{base}figures/{block['id']}.csv?perspective={perspective}"}
        if kind == "chart":
            files |= {form: f"{base}figures/{block['id']}.{form}?perspective={perspective}" for form in ("svg", "png")}
        shown = {key: block[key] for key in FIGURE if key in block}
        return {**shown, "table": block["table"], "files": files}
    if kind == "callout":
        return {"kind": kind, "title": block["value"]["title"], "text": str(block["value"]["text"])}
    if kind in {"equation", "footnote", "download"}:
        return {key: part if isinstance(part, int | None) else str(part) for key, part in block.items()}
    if kind == "sourced_figure":
        return {"kind": kind, **{key: str(part) for key, part in block["value"].items()}}
    return {key: part if isinstance(part, bool) else str(part) for key, part in block.items() if key != "value"}
