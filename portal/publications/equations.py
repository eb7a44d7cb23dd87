"""Formulas: LaTeX from the editor, MathML for the page."""

from __future__ import annotations

import html
import re
from functools import lru_cache
from xml.etree.ElementTree import tostring

from django.core.exceptions import ValidationError
from django.utils.safestring import SafeString, mark_safe
from latex2mathml.converter import convert_to_element

# What could make the formula more than a formula is refused before the converter sees it.
COMMANDS = re.compile(r"\\(href|url|style|class|cssId|html|unicode|require|def|newcommand|let|input|include)\b")
REFUSED = "This is not a formula that can be set: {why}"


@lru_cache(maxsize=256)
def mathml(latex: str) -> SafeString:
    """Return a formula as MathML, or say why it cannot be set."""
    found = COMMANDS.search(latex)
    if found:
        raise ValidationError(REFUSED.format(why=f"{found[0]} is not allowed."), code="equation")
    if latex.count("{") != latex.count("}"):
        raise ValidationError(REFUSED.format(why="the braces do not match."), code="equation")
    try:
        made = convert_to_element(latex, display="block")
    except Exception as error:
        why = str(error) or type(error).__name__
        raise ValidationError(REFUSED.format(why=why), code="equation") from error
    for part in made.iter():  # the converter writes its signs as references; as letters they are escaped once, here
        part.text = html.unescape(part.text) if part.text else part.text
    return mark_safe(tostring(made, encoding="unicode"))  # noqa: S308 - serialised XML: every text in it is escaped
