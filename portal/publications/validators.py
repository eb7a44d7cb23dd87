"""Rules for what an editor writes."""

from __future__ import annotations

import re
from string import Formatter

from django.core.exceptions import ValidationError
from django.utils.html import strip_tags

PLACEHOLDERS = (
    "subject",
    "movement",
    "value",
    "previous",
    "change",
    "percent",
    "period",
    "previous_period",
    "perspective",
    "area",
)
TITLE_PLACEHOLDERS = ("highest", "lowest", "leading", "movement", "directions", "period")
# 1,330 or 3.1 or 12% or 40 per cent: figures. Years, section numbers and codes such as D1 are not.
TYPED_FIGURE = re.compile(r"(?<![\w.,/-])(\d{1,3}(?:,\d{3})+|\d+\.\d+|\d+(?:\.\d+)?\s?(?:%|per\s?cent))(?![\w])")


def refuse_typed_figures(text: str) -> None:
    """Refuse prose with a figure typed into it: figures are references, so that they follow the data."""
    found = TYPED_FIGURE.search(strip_tags(str(text)))
    if found:
        raise ValidationError(
            f"“{found[1]}” is typed in. Use a sentence with a figure, or a sourced figure, so that it is read "
            "from the data or carries its source and date.",
            code="typed_figure",
        )


def check_sentence(text: str, known: tuple[str, ...] = PLACEHOLDERS) -> None:
    """Refuse a sentence with an unknown placeholder or with a figure typed into it."""
    try:
        names = [name for _literal, name, _format, _conversion in Formatter().parse(text) if name is not None]
    except ValueError as error:
        raise ValidationError(f"The braces do not match: {error}.", code="braces") from error
    unknown = sorted(set(names) - set(known))
    if unknown:
        offered = ", ".join(f"{{{name}}}" for name in known)
        raise ValidationError(f"Unknown: {', '.join(unknown)}. You can use {offered}.", code="unknown_placeholder")
    refuse_typed_figures(Formatter().vformat(text, (), dict.fromkeys(names, "")))


def check_title(text: str) -> None:
    """Refuse a chart title with an unknown placeholder or with a figure typed into it."""
    check_sentence(text, TITLE_PLACEHOLDERS)
