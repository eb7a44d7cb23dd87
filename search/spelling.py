"""Spelling help: the nearest words that the site itself uses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rapidfuzz import fuzz, process

from search.words import stem, tokens

if TYPE_CHECKING:
    from collections.abc import Iterable

NEAR_ENOUGH: Final = 78.0
SHORTEST: Final = 4


def corrected(words: list[str], titles: Iterable[str]) -> str:
    """Return the words with unknown ones replaced by the nearest known, or nothing when none is near."""
    vocabulary = {word for title in titles for word in tokens(title) if len(word) >= SHORTEST}
    stems = {stem(word) for word in vocabulary}
    choices = sorted(vocabulary)
    mended = [_nearest(word, choices) if stem(word) not in stems else word for word in words]
    return "" if mended == words else " ".join(mended)


def _nearest(word: str, choices: list[str]) -> str:
    """Return the nearest word of the site; short words and numbers are left alone."""
    if len(word) < SHORTEST or word.isdigit():
        return word
    found = process.extractOne(word, choices, scorer=fuzz.ratio, score_cutoff=NEAR_ENOUGH)
    return str(found[0]) if found else word
