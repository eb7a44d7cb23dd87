"""Which encoding a text file has. Decoding is always strict: no character is ever replaced.

UTF-8 proves itself. Windows-1252 and MacRoman do not: every byte means something in both, so
the one in which the letters make words is taken, and the choice is shown and can be changed.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from portal.submissions.reading.errors import Refused

if TYPE_CHECKING:
    from pathlib import Path

#: What people may choose, by the name they see.
ENCODINGS = {
    "UTF-8": "utf-8",
    "UTF-8 with BOM": "utf-8-sig",
    "UTF-16": "utf-16",
    "UTF-16 LE": "utf-16-le",
    "UTF-16 BE": "utf-16-be",
    "Windows-1252": "cp1252",
    "MacRoman": "mac_roman",
}
CHUNK = 1 << 20
#: Below this average score of its letters, a file is in none of the encodings that are guessed.
LEAST_LIKELIHOOD = 0.0
_ASCII = 0x80
#: Encodings in which bytes of ASCII mean what they mean in ASCII, wherever they stand.
_OF_ASCII = {"utf-8", "utf-8-sig"}
LOST = "\ufffd"
_OPENING = "\u2018\u201c"
_CLOSING = "\u2019\u201d"
_WITHIN_WORDS = "\u2019\u2013"
_PUNCTUATION = (
    _WITHIN_WORDS + "\u201d\u2014\u2022\u2026\u20ac\u00a3\u00a7\u00b0\u00a0\u00bd\u00bc\u00be\u00b2\u00b3\u00b1\u00d7"
)
#: Every control character but tab, line breaks, and the few that old programs end files or cells with.
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x19\x1b]")
_MANY_NULS = 0.3


@dataclass(frozen=True)
class Encoding:
    """An encoding by the name people see, and whether the file proves it.

    ``lost_line`` is the first line that holds U+FFFD: another program lost a letter there.
    """

    name: str
    is_certain: bool
    lost_line: int = 0

    @property
    def codec(self) -> str:
        """Python's name of it."""
        return ENCODINGS[self.name]


def encoding_of(path: Path, chosen: str = "") -> Encoding:
    """Return the encoding of a text file, or refuse it saying which byte is in the way."""
    if chosen:
        encoding = Encoding(chosen, is_certain=True)
        return replace(encoding, lost_line=_decode_all(path, encoding))
    with path.open("rb") as file:
        head = file.read(CHUNK)
    if (marked := _by_mark(head)) is not None:
        return replace(marked, lost_line=_decode_all(path, marked))
    _refuse_binary(head)
    utf8 = Encoding("UTF-8", is_certain=True)
    try:
        return replace(utf8, lost_line=_decode_all(path, utf8))
    except Refused as not_utf8:
        return _single_byte(path, not_utf8)


def _by_mark(head: bytes) -> Encoding | None:
    if head.startswith(codecs.BOM_UTF8):
        return Encoding("UTF-8 with BOM", is_certain=True)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return Encoding("UTF-16", is_certain=True)
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if odd > _MANY_NULS * (len(head) / 2) and even == 0:
        return Encoding("UTF-16 LE", is_certain=False)
    if even > _MANY_NULS * (len(head) / 2) and odd == 0:
        return Encoding("UTF-16 BE", is_certain=False)
    return None


def _refuse_binary(head: bytes) -> None:
    if found := _CONTROLS.search(head):
        line = head.count(b"\n", 0, found.start()) + 1
        raise Refused(
            "F-010",
            f"The file is not text: byte {found[0][0]:#04x} at position {found.start():,} (line {line}) belongs to no character. "
            "A CSV, TSV, XLSX or ODS file was expected.",
            line=line,
        )


def _decode_all(path: Path, encoding: Encoding) -> int:
    """Decode the whole file strictly; refuse it at the first byte that does not fit.

    Return the first line with the sign that another program put in place of a lost letter, or 0.
    """
    decoder = codecs.getincrementaldecoder(encoding.codec)("strict")
    line, lost = 1, 0
    with path.open("rb") as file:
        while True:
            block = file.read(CHUNK)
            # Most files are ASCII throughout: nothing in it can be wrong or lost, and nothing needs decoding.
            if block and encoding.codec in _OF_ASCII and block.isascii() and not decoder.getstate()[0]:
                line += block.count(b"\n")
                continue
            try:
                text = decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                before = error.object[: error.start]
                line += before.count(b"\n") or (0 if b"\n" in block else before.count(b"\r"))
                byte = error.object[error.start]
                raise Refused(
                    "F-011",
                    f"Line {line}: byte {byte:#04x} is not {encoding.name}. Save the file as UTF-8, or choose its encoding.",
                    line=line,
                ) from error
            if not lost and (place := text.find(LOST)) >= 0:
                lost = line + text.count("\n", 0, place)
            if not block:
                return lost
            line += text.count("\n")


def _single_byte(path: Path, not_utf8: Refused) -> Encoding:
    """Choose between Windows-1252 and MacRoman, or refuse a file that mixes encodings."""
    data = path.read_bytes()
    _refuse_mixture(data, not_utf8)
    scores = {name: _score(data, ENCODINGS[name]) for name in ("Windows-1252", "MacRoman")}
    best = max(scores, key=lambda name: scores[name])
    foreign = sum(byte >= _ASCII for byte in data)
    if scores[best] < LEAST_LIKELIHOOD * foreign:
        raise Refused(
            "F-013",
            f"{not_utf8.message} As Windows-1252 or MacRoman its letters make no words either, so it was not guessed at.",
            line=not_utf8.line,
        )
    return Encoding(best, is_certain=False)


def _refuse_mixture(data: bytes, not_utf8: Refused) -> None:
    """UTF-8 letters in one line and Windows letters in another: no single encoding is right."""
    utf8_lines, other_lines = [], []
    for number, line in enumerate(data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n"), start=1):
        if line.isascii():
            continue
        try:
            line.decode()
        except UnicodeDecodeError:
            other_lines.append(number)
        else:
            utf8_lines.append(number)
    if utf8_lines and other_lines:
        raise Refused(
            "F-012",
            f"The file mixes encodings: line {utf8_lines[0]} is UTF-8 and line {other_lines[0]} is not. "
            "Open it, mend the letters that look wrong, and save all of it as UTF-8.",
            line=other_lines[0],
        ) from not_utf8


def _score(data: bytes, codec: str) -> float:
    """Say how much the bytes above 127 look like words in an encoding."""
    try:
        text = data.decode(codec)
    except UnicodeDecodeError:
        return -float("inf")
    score = 0.0
    for position, char in enumerate(text):
        if ord(char) >= _ASCII:
            before = text[position - 1] if position else " "
            after = text[position + 1] if position + 1 < len(text) else " "
            score += _fits(before, char, after)
    return score


def _fits(before: str, char: str, after: str) -> float:
    """Say how well a character fits between its neighbours: a letter into a word, a dash between words."""
    return _letter_fits(before, char, after) if char.isalpha() else _mark_fits(before, char, after)


def _letter_fits(before: str, char: str, after: str) -> float:
    if char.islower():
        if before.isupper() and not after.islower():
            return -1.0
        return 1.0 if before.isalpha() or after.isalpha() else -0.5
    if before.islower():
        return -1.0
    if before.isupper() or after.isupper():
        return 1.0
    return 0.5 if after.isalpha() else -0.5


def _mark_fits(before: str, char: str, after: str) -> float:
    if char in _OPENING:
        return -1.0 if before.isalpha() else 1.0
    if char in _CLOSING and not after.isalpha():
        return 1.0
    inside_word = before.isalpha() and after.isalpha()
    return 0.5 if char in _WITHIN_WORDS or (char in _PUNCTUATION and not inside_word) else -1.0
