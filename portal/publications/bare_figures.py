"""Numbers typed as words: rules and dates may be, statistics may not, and only a person can tell them apart.

What is surely a figure (1,330 or 3.1 or 12%) a release refuses, see ``validators``. Any other number of two digits
or more is named to the editor, who knows whether the data will ever change it. Nothing smaller can be a count of
people: those are hidden.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from django.utils.html import strip_tags
from wagtail import blocks
from wagtail.blocks.list_block import ListValue
from wagtail.rich_text import RichText

if TYPE_CHECKING:
    from collections.abc import Iterator

NUMBER: Final = re.compile(r"(?<![\w.,/:’'-])\d+(?:[.,]\d+)*(?:\s?%)?(?![\w/:-])")
MONTHS: Final = "January|February|March|April|May|June|July|August|September|October|November|December"
#: What numbers stand in that no data changes: days, years, and the names of things.
NO_FIGURE: Final = re.compile(
    rf"\b(?:\d{{1,2}}\s+)?(?:{MONTHS})\s+\d{{4}}\b|\b\d{{1,2}}\s+(?:{MONTHS})\b|\b(?:19|20)\d\d\b(?![,.]\d|\s?%)"
    r"|\b(?:version|section|note|table|chart|annex|page|article|regulation|schedule|level|SOC|ISO|RFC)\s+\d[\d.]*",
    re.IGNORECASE,
)
SMALLEST: Final = 10
#: Fields of blocks that name cells, carry their source, or set formulas and addresses.
NOT_PROSE: Final = frozenset(
    {"cells", "code", "x", "series", "rows", "columns", "kind", "latex", "url", "email", "language", "sourced_figure"}
)
#: What an editor is told beside the numbers.
BARE: Final = (
    "No data renews what is typed. A rule, such as “fewer than 10”, may stay; a statistic belongs in a sentence with "
    "figures, or in a sourced figure with its source and date."
)


def bare_figures(text: str) -> list[str]:
    """Return the numbers of a text that may be statistics, each once, in order."""
    plain = NO_FIGURE.sub(" ", strip_tags(re.sub(r"<(?:br|/p|/li)[^>]*>", " ", text)))
    found = (match[0].rstrip(".,") for match in NUMBER.finditer(plain))
    return list(dict.fromkeys(number for number in found if not number.isdigit() or int(number) >= SMALLEST))


def bare_figures_of(value: Any) -> list[str]:
    """Return those of a field of a page, with all that is inside it."""
    return list(dict.fromkeys(number for text in _texts(value) for number in bare_figures(text)))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, RichText):
        yield value.source
    elif isinstance(value, str):
        yield value
    else:
        for name, inside in _parts(value):
            if name not in NOT_PROSE:
                yield from _texts(inside)


def _parts(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield what a value is made of, by name: blocks of a stream, fields of a block, rows of a list or table."""
    if isinstance(value, blocks.StreamValue):
        yield from ((block.block_type, block.value) for block in value)
    elif isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, list | ListValue):
        yield from (("", inside) for inside in value)
