"""A release as PDF: text that can be selected and searched, tagged for screen readers, charts with their words."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils import timezone
from django.utils.html import strip_tags

from portal.publications.typesetting.compiler import TEMPLATE, compiled, own_typeface
from portal.publications.typesetting.words import paragraphs

if TYPE_CHECKING:
    from portal.publications.models import ReleaseVersion


def pdf_of_release(version: ReleaseVersion, content: dict[str, Any]) -> bytes:
    """Return a published version, as ``release_content`` describes it, as PDF (PDF/UA-1)."""
    drawings: dict[str, bytes] = {}
    data = _described(version, content, drawings)
    files = {"main.typ": TEMPLATE.read_bytes(), "data.json": json.dumps(data).encode(), **drawings}
    moment = int(version.published_at.timestamp()) if version.published_at else 0
    return compiled(files, format="pdf", pdf_standards="ua-1", timestamp=moment)


def _described(version: ReleaseVersion, content: dict[str, Any], drawings: dict[str, bytes]) -> dict[str, Any]:
    text, series = content["text"], content["series"]
    published = timezone.localtime(version.published_at) if version.published_at else None
    return {
        "site": settings.WAGTAIL_SITE_NAME,
        "series": series.title,
        "status": series.statistics_status,
        "title": text["title"],
        "summary": text["summary"],
        "facts": [
            ["Published", f"{published:%-d %B %Y, %H:%M}" if published else ""],
            ["Version", str(version.number)],
            ["Counted as", content["perspective_label"]],
            ["Data", str(version.dataset_version)],
            ["Address", f"{settings.BASE_URL}{version.permanent_address}"],
        ],
        "synthetic": content["synthetic_text"] if content["is_synthetic"] else "",
        "headlines": [
            {
                key: str(tile.get(key) or "")
                for key in ("label", "value", "unit", "period", "change", "coverage", "quality")
            }
            for tile in content["headlines"]
        ],
        "points": [part for point in content["main_points"] for part in paragraphs(point["text"])],
        "sections": [
            {
                "heading": section["heading"],
                "blocks": [_block(block, drawings) for block in section["blocks"]],
            }
            for section in content["sections"]
        ],
        "quality": [*paragraphs(series.quality_summary), *paragraphs(text["quality_note"])],
        "coverage": content["coverage"],
        "notices": [
            {"title": f"Version {one.number}: {one.get_reason_display().lower()}", "text": one.notice}
            for one in content["notices"]
        ],
        "changes": content["changes"][:10],
        "notes": paragraphs(text["notes"]),
        "early": [f"{one['post']}, {one['organisation']}" for one in content["had_early_access"]],
        "contact": f"{series.contact_name}, {series.contact_email}",
    }


def _block(block: dict[str, Any], drawings: dict[str, bytes]) -> dict[str, Any]:
    kind = block["kind"]
    if kind == "chart":
        name = f"{block['id']}.svg"
        drawings[name] = own_typeface(str(block["wide"]))
        return {
            "kind": kind,
            "title": _said(block),
            "subtitle": block["subtitle"],
            "file": name,
            "alt": block["alternative"],
            "notes": block["notes"],
            # The finding stands above the drawing: its table says what is measured.
            "table": _table(block["table"]) | {"caption": block["subtitle"] or _said(block)},
        }
    if kind == "table":
        return {"kind": kind, "table": _table(block["table"])}
    if kind == "callout":
        return {"kind": kind, "title": block["value"]["title"], "parts": paragraphs(block["value"]["text"])}
    return {"kind": "text", "parts": paragraphs(_words(block))}


def _said(block: dict[str, Any]) -> str:
    """Return the title of a chart without what the heading above it says already."""
    said = str(block.get("said") or block["title"])
    return said[:1].upper() + said[1:]


def _words(block: dict[str, Any]) -> object:
    """Return what a block that is neither chart nor table says."""
    if block["kind"] == "sourced_figure":
        value = block["value"]
        return f"{value['figure']} {value['label']} (source: {value['source']}, {value['date']:%-d %B %Y})"
    if block["kind"] == "footnote":
        return f"[note {block['number']}] {strip_tags(str(block['text']))}"
    if block["kind"] == "download":
        return f"{block['title']}: {settings.BASE_URL}{block['url']}"
    if block["kind"] == "absent":
        return f"“{block['title']}” is not published under “{block['perspective']}”."
    if block["kind"] == "definition":
        return f"Definition: {block['label']} ({settings.BASE_URL}{block['url']})"
    return block.get("text") or ""


def _table(table: dict[str, Any]) -> dict[str, Any]:
    return {
        "caption": table["caption"],
        "head": [column["label"] for column in table["columns"]],
        "rows": [[row["header"], *(cell["text"] for cell in row["cells"])] for row in table["rows"]],
    }
