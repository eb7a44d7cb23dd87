"""A term in running text, with its definition in place. Works without JavaScript."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.utils.html import escape, format_html
from django.utils.safestring import SafeString

from portal.definitions.models import PerspectiveVersion, RoleVersion


def find(code: str, number: int | None = None, kind: str = "") -> Any:
    """Return the version that a term means: the one pinned, or the newest published."""
    models = {"role": [RoleVersion], "perspective": [PerspectiveVersion]}.get(kind, [RoleVersion, PerspectiveVersion])
    for model in models:
        rows = model.objects.filter(code=code).without_long_text().order_by("-number")
        version = rows.filter(number=number).first() if number else rows.filter(withdrawal__isnull=True).first()
        if version is not None:
            return version
    return None


def in_place(code: str, *, text: str = "", number: int | None = None, kind: str = "") -> SafeString:
    """Return a term with its definition; plain text where the definition is not published."""
    version = find(code, number, kind)
    if version is None:
        return escape(text or code)
    return format_html("{}{}</a>", opening(version), text or version.title)


def opening(version: Any) -> SafeString:
    """Return everything of a defined term that comes before its words; "</a>" comes after them.

    The browser itself opens and closes the explanation (the popover attribute), so that it works
    without scripts, by keyboard and by touch; everything is allowed inside a paragraph.
    """
    name = f"definition-{uuid4().hex[:12]}"
    return format_html(
        '<button type="button" class="definition-term__button" popovertarget="{name}" '
        'aria-label="What “{title}” means here">?</button>'
        '<span class="definition-term__text" popover id="{name}"><strong>{title}</strong> '
        '<span>{summary}</span> <a class="govuk-link" href="{address}">Version {number}, in full</a></span>'
        '<a class="govuk-link definition-term" href="{address}">',
        name=name,
        title=version.title,
        summary=version.summary,
        address=version.get_absolute_url(),
        number=version.number,
    )
