"""How a text file separates and quotes its cells."""

from __future__ import annotations

import csv
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}
SAMPLE_LINES = 400
#: A file may hold one very long cell; the standard limit of 131,072 characters is too small.
csv.field_size_limit(16 * 1024 * 1024)


@dataclass(frozen=True)
class Dialect:
    """Delimiter, quotation mark and escape of a text file."""

    delimiter: str = ","
    quote: str = '"'
    escape: str | None = None
    #: A blank after the delimiter and before a quotation mark is no part of the cell.
    skips_blank: bool = False

    @property
    def name(self) -> str:
        """The delimiter in words."""
        return DELIMITERS.get(self.delimiter, self.delimiter)

    def reader(self, lines: Iterable[str]) -> Any:
        """Return a reader of rows; it counts lines of the file in ``line_num``."""
        return csv.reader(
            lines, delimiter=self.delimiter, quotechar=self.quote, escapechar=self.escape, doublequote=True
        )


def dialect_of(lines: list[str], chosen: str = "", vocabulary: frozenset[str] = frozenset()) -> Dialect:
    """Return the dialect in which the first lines of a file make the best table."""
    text = "".join(lines)
    escape = "\\" if re.search(r'\\"', text) and not re.search(r'[^,;\t|]""', text) else None
    marks = [chosen] if chosen else [mark for mark in DELIMITERS if mark in text] or [","]
    candidates = [
        Dialect(mark, _quote_of(text, mark), escape, skips_blank=mark != "\t" and _has_blank_before_quote(text, mark))
        for mark in marks
    ]
    if len(candidates) == 1:
        return candidates[0]
    return max(candidates, key=lambda dialect: _score(dialect, lines, vocabulary))


def _has_blank_before_quote(text: str, delimiter: str) -> bool:
    return bool(re.search(rf'{re.escape(delimiter)} +"', text))


def _quote_of(text: str, delimiter: str) -> str:
    """Return the quotation mark: the double one unless another plainly does its work."""
    if '"' in text:
        return '"'
    mark = re.escape(delimiter)
    for quote in ("'", "|"):
        edge = re.escape(quote)
        quoted = re.findall(rf"(?:^|{mark}){edge}[^\n{edge}]*{edge}(?={mark}|\r?\n|$)", text, re.MULTILINE)
        if quote != delimiter and len(quoted) >= text.count(quote) / 2 > 0:
            return quote
    return '"'


def _score(dialect: Dialect, lines: list[str], vocabulary: frozenset[str]) -> tuple[int, float]:
    """Rank a dialect: first by known headings it finds, then by how even the table is."""
    rows = list(_rows(dialect, lines))
    widths = Counter(len(row) for row in rows if any(row))
    if not widths:
        return 0, 0.0
    known = max((sum(cell.strip().casefold() in vocabulary for cell in row) for row in rows), default=0)
    # The commonest width above one: a preamble or notes below the table have one cell.
    width, count = max(widths.items(), key=lambda pair: (pair[0] > 1, pair[1], pair[0]))
    if width == 1:
        return known, 0.0
    share = count / sum(widths.values())
    return known, share * (1 + min(width, 20) / 20)


def _rows(dialect: Dialect, lines: list[str]) -> Iterator[list[str]]:
    reader = dialect.reader(lines)
    while True:
        try:
            yield next(reader)
        except (StopIteration, csv.Error):
            return
