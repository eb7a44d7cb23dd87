"""Rows of a text file, each with the line of the file on which it starts."""

from __future__ import annotations

import codecs
import csv
import itertools
from typing import TYPE_CHECKING

from portal.submissions.reading.dialects import SAMPLE_LINES, Dialect, dialect_of
from portal.submissions.reading.encodings import Encoding, encoding_of
from portal.submissions.reading.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: Put after the last line: where it does not come out as a row of its own, a quotation mark is open.
SENTINEL = "\uf8ff\uf8fe end of file"


class DelimitedFile:
    """A CSV or TSV file: its encoding, its dialect and its rows."""

    def __init__(
        self, path: Path, *, encoding: str = "", delimiter: str = "", vocabulary: frozenset[str] = frozenset()
    ) -> None:
        self.path = path
        self.encoding: Encoding = encoding_of(path, encoding)
        sample = list(itertools.islice(self._lines(), SAMPLE_LINES))
        self.skips_first_line = bool(sample) and sample[0].lower().startswith("sep=")
        if self.skips_first_line and not delimiter:
            delimiter = sample[0][4:5] if sample[0][4:5].strip() or sample[0][4:5] == "\t" else ""
        self.dialect: Dialect = dialect_of(sample[int(self.skips_first_line) :], delimiter, vocabulary)

    def _lines(self) -> Iterator[str]:
        # newline="" leaves CR, LF and CRLF as they are and ends a line at each of them.
        with self.path.open(encoding=self.encoding.codec, newline="", errors="strict") as file:
            yield from file

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Yield (line of the file, cells); refuse a file whose last quotation mark is never closed."""
        reader = self.dialect.reader(itertools.chain(self._terminated(), [SENTINEL]))
        start = 1
        try:
            for cells in reader:
                if cells and SENTINEL in cells[-1]:
                    if len(cells) > 1 or cells[0] != SENTINEL:
                        raise Refused(
                            "F-020",
                            f"Line {start}: a quotation mark ({self.dialect.quote}) is opened and never closed, so the rest of "
                            "the file is one cell. The file may be cut off. Close the quotation mark, or save the file again.",
                            line=start,
                        )
                    return
                if not (start == 1 and self.skips_first_line):
                    yield start, cells
                start = reader.line_num + 1
        except csv.Error as error:
            raise Refused("F-021", f"Line {start}: the row cannot be read ({error}).", line=start) from error

    def _terminated(self) -> Iterator[str]:
        """Give the last line the line break it may lack, so that the sentinel stands alone."""
        for line in self._lines():
            yield line if line.endswith(("\n", "\r")) else line + "\n"

    def as_utf8(self) -> bytes:
        """Return the whole file as UTF-8 without a byte order mark."""
        data = self.path.read_bytes()
        if self.encoding.codec not in {"utf-8", "utf-8-sig"}:
            data = data.decode(self.encoding.codec).encode()
        return data.removeprefix(codecs.BOM_UTF8)

    def ends_with_line_break(self) -> bool:
        """Whether the last line is complete, as far as one can see."""
        size = self.path.stat().st_size
        with self.path.open("rb") as file:
            file.seek(max(0, size - 4))
            return b"\n" in (tail := file.read()) or b"\r" in tail
