"""Small words of the pages of datasets."""

from __future__ import annotations

from django import template

register = template.Library()


@register.filter
def cut_stop(text: str) -> str:
    """Leave out the full stop at the end of a text that goes on in a sentence."""
    return text.rstrip().removesuffix(".")
