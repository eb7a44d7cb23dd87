"""What changed between two texts, word by word, for readers: words struck and words added."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

#: Words with the space after them; punctuation stands alone, so that a new comma strikes no word.
TOKEN = re.compile(r"\w+\s*|[^\w\s]\s*|\s+")
SAME, GONE, ADDED = "same", "gone", "added"


@dataclass(frozen=True)
class Piece:
    """A stretch of text that stayed, went or came."""

    kind: str
    text: str


def word_difference(before: str, after: str) -> list[Piece]:
    """Return the pieces of both texts in reading order, each marked same, gone or added.

    The pieces that are not added make up ``before``; those that are not gone make up ``after``.
    """
    old, new = TOKEN.findall(before), TOKEN.findall(after)
    matcher = SequenceMatcher(a=_keys(old), b=_keys(new), autojunk=False)
    return list(_joined(_pieces(matcher, old, new)))


def _keys(tokens: list[str]) -> list[str]:
    """Compare words without the space that follows them."""
    return [token.strip() for token in tokens]


def _pieces(matcher: SequenceMatcher[str], old: list[str], new: list[str]) -> Iterator[Piece]:
    for operation, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        if operation == "equal":
            for left, right in zip(old[old_from:old_to], new[new_from:new_to], strict=True):
                if left == right:
                    yield Piece(SAME, left)
                else:  # only the space after the word differs
                    yield Piece(GONE, left)
                    yield Piece(ADDED, right)
        else:
            yield Piece(GONE, "".join(old[old_from:old_to]))
            yield Piece(ADDED, "".join(new[new_from:new_to]))


def _joined(pieces: Iterator[Piece]) -> Iterator[Piece]:
    """Join neighbours of one kind and leave out empty pieces."""
    waiting: Piece | None = None
    for piece in pieces:
        if not piece.text:
            continue
        if waiting and waiting.kind == piece.kind:
            waiting = Piece(piece.kind, waiting.text + piece.text)
            continue
        if waiting:
            yield waiting
        waiting = piece
    if waiting:
        yield waiting


def has_changed(pieces: list[Piece]) -> bool:
    """Whether anything but the same words is there."""
    return any(piece.kind != SAME for piece in pieces)
