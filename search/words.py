"""From what a reader types to what is looked for: tokens, abbreviations, titles of the register."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import reduce
from itertools import pairwise
from operator import and_, or_
from typing import TYPE_CHECKING, Final

from django.contrib.postgres.search import SearchQuery

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

CONFIG: Final = "english"
LONGEST_QUERY: Final = 200
LONGEST_PHRASE: Final = 5
SHORTEST_PREFIX: Final = 3
WORD: Final = re.compile(r"[a-z0-9]+(?:'[a-z]+)?")

#: Words of a question that no page has to have. PostgreSQL leaves out "how", "in" and the like by itself.
ASKING: Final = frozenset({"many", "much"})
#: Ways to write the same thing. The register adds the other titles of every role.
SAME: Final = (
    ("oh", "occupational health"),
    ("ohn", "oh nurse", "occupational health nurse"),
    ("oha", "oh adviser", "oh advisor", "occupational health adviser", "occupational health advisor"),
    ("oht", "oh technician", "occupational health technician"),
    ("ohp", "oh physician", "occupational health physician", "occupational physician"),
    ("fte", "wte", "full time equivalent", "whole time equivalent"),
    ("headcount", "head count"),
    ("icb", "integrated care board"),
    ("pcn", "primary care network"),
    ("gp", "general practitioner"),
    ("ot", "occupational therapist"),
    ("hse", "health and safety executive"),
    ("nmc", "nursing and midwifery council"),
    ("gmc", "general medical council"),
    ("adviser", "advisor"),
    ("physio", "physiotherapist"),
)


def normal(text: str) -> str:
    """Return the words of a text as they are compared: plain letters, lower case, one space between."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return " ".join(WORD.findall(plain))


def tokens(text: str) -> list[str]:
    """Return the words of a text."""
    return normal(text).split()


def stem(word: str) -> str:
    """Return a word without its plural ending; enough to compare short labels."""
    if len(word) > 4 and word.endswith("ies"):  # noqa: PLR2004 - "ties" stays as it is
        return f"{word[:-3]}y"
    if len(word) > 3 and word.endswith("s") and not word.endswith("ss"):  # noqa: PLR2004 - "gas", "bus"
        return word[:-1]
    return word


def synonyms(register: Iterable[tuple[str, Iterable[str]]] = ()) -> dict[str, set[str]]:
    """Return for each phrase the phrases that mean the same.

    ``register`` has the title of each role with its other titles: whoever types another title also
    finds what is written under the title.
    """
    found: dict[str, set[str]] = {}
    for group in SAME:
        for phrase in group:
            found.setdefault(phrase, set()).update(group)
    for title, others in register:
        for other in others:
            key = normal(other)
            if key:
                found.setdefault(key, {key}).add(normal(title))
    return found


@dataclass(frozen=True)
class Query:
    """A search as groups of alternatives: every group must match, by any of its phrases."""

    text: str
    groups: tuple[tuple[str, ...], ...]

    @property
    def words(self) -> list[str]:
        """The words as typed, compared form."""
        return tokens(self.text)

    def strict(self) -> SearchQuery | None:
        """Return what must match in full: each group as a phrase."""
        return _all(_phrases(group) for group in self.groups)

    def loose(self) -> SearchQuery | None:
        """Return the same where words may be unfinished: “physio” finds physiotherapists."""
        return _all(_phrases(group) | _beginnings(group) for group in self.groups)

    def any(self) -> SearchQuery | None:
        """Return what matches when at least one group does."""
        parts = [_phrases(group) for group in self.groups]
        return reduce(or_, parts) if parts else None


def parse(text: str, same: Mapping[str, set[str]]) -> Query:
    """Return the query of what was typed; the longest known phrases are taken first."""
    text = text.replace("\x00", " ").strip()[:LONGEST_QUERY]
    words = [word for word in tokens(text) if word not in ASKING] or tokens(text)
    groups: list[tuple[str, ...]] = []
    start = 0
    while start < len(words):
        length = next(
            (
                size
                for size in range(min(LONGEST_PHRASE, len(words) - start), 0, -1)
                if " ".join(words[start : start + size]) in same
            ),
            1,
        )
        phrase = " ".join(words[start : start + length])
        others = sorted(same.get(phrase, set()) - {phrase})
        groups.append((phrase, *others))
        start += length
    return Query(text=text, groups=tuple(groups))


def _phrases(group: tuple[str, ...]) -> SearchQuery:
    return reduce(or_, (SearchQuery(phrase, config=CONFIG, search_type="phrase") for phrase in group))


def _beginnings(group: tuple[str, ...]) -> SearchQuery:
    """Return a query for words that begin so. Only letters and digits are in it: nothing can be smuggled."""
    words = [word for word in group[0].split() if len(word) >= SHORTEST_PREFIX and word.isalnum()]
    if not words:
        return _phrases(group)
    return SearchQuery(" & ".join(f"{word}:*" for word in words), config=CONFIG, search_type="raw")


def _all(parts: Iterable[SearchQuery]) -> SearchQuery | None:
    listed = list(parts)
    return reduce(and_, listed) if listed else None


def mentions(words: list[str], phrase: str) -> bool:
    """Whether the words of a phrase stand one after the other in ``words``."""
    wanted = [stem(word) for word in phrase.split()]
    given = [stem(word) for word in words]
    if len(wanted) == 1:
        return wanted[0] in given
    neighbours = set(pairwise(given))
    return all(pair in neighbours for pair in pairwise(wanted))
