"""Formulas, notes and downloads of a page, as plain values: the same for releases and for methodology."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from portal.publications.equations import mathml

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def equation(value: Mapping[str, Any]) -> dict[str, Any]:
    """Return a formula with its words."""
    return {"mathml": mathml(value["latex"]), "latex": value["latex"], "text": value["words"]}


def footnote(value: Mapping[str, Any]) -> dict[str, Any]:
    """Return a note; its number comes from its place on the page."""
    return {"text": value["text"], "number": 0}


def download(value: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document: title, kind, size, address. One that was deleted says so."""
    document = value["document"]
    if document is None:
        return {"title": _("The document is no longer here"), "url": "", "size": None, "form": "", "text": ""}
    return {
        "title": document.title,
        "url": document.url,
        "size": document.file_size,
        "form": document.file_extension.upper(),
        "text": value["description"],
    }


MORE_PARTS: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "equation": equation,
    "footnote": footnote,
    "download": download,
}
