"""Rules as lines, shares in words, and links from a term to its definition."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from django import template
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from portal.definitions import links, lookup

register = template.Library()


@register.simple_tag
def rule_lines(sentences: list[str]) -> SafeString:
    """Show the sentences of a rule, each set in as deep as its number says."""
    if not sentences:
        return SafeString("")
    lines = [
        (sentence.partition(". ")[0].count(".") + 1 if sentence[:1].isdigit() else 0, sentence)
        for sentence in sentences
    ]
    return format_html(
        '<ul class="govuk-list definitions-rule">{}</ul>',
        format_html_join(
            "",
            '<li class="definitions-rule__line definitions-rule__line--{}">{}</li>',
            lines,
        ),
    )


@register.filter
def share_words(share: Fraction) -> str:
    """Show a share: all, 60%, or 1/3."""
    return lookup.share_words(share)


@register.simple_tag
def role_link(item: dict[str, Any]) -> SafeString:
    """Link to the version of a role that a perspective pins."""
    if item["number"]:
        address = reverse("definitions:role-version", args=[item["code"], item["number"]])
    else:
        address = reverse("definitions:role", args=[item["code"]])
    return format_html('<a class="govuk-link" href="{}">{}</a>', address, item["title"])


@register.simple_tag
def definition(code: str, text: str = "", number: int | None = None) -> SafeString:
    """Show a term with its definition in place; ``number`` pins the version."""
    return links.in_place(code, text=text, number=number)
