"""What a file is, by its content: its name is not believed."""

from __future__ import annotations

import re
import zipfile
from enum import StrEnum
from typing import TYPE_CHECKING

from portal.submissions.reading.errors import Refused

if TYPE_CHECKING:
    from pathlib import Path

MAX_BYTES = 100 * 1024 * 1024
MAX_EXPANSION = 10
#: A small spreadsheet may shrink by more than ten times; only what is also large is a danger.
EXPANSION_FLOOR = MAX_BYTES
HEAD = 4096


class Kind(StrEnum):
    """Kinds of table that are read."""

    TEXT = "text"
    XLSX = "XLSX"
    ODS = "ODS"


_EXPECTED = "Send a CSV, TSV, XLSX or ODS file."
_FOREIGN = (
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel workbook (.xls) or one with a password", "Save it as .xlsx without a password."),
    (b"%PDF", "a PDF document", _EXPECTED),
    (b"\x1f\x8b", "a compressed file (gzip)", "Send the file itself."),
    (b"7z\xbc\xaf", "a compressed file (7-Zip)", "Send the file itself."),
    (b"\x89PNG", "a picture (PNG)", _EXPECTED),
    (b"\xff\xd8\xff", "a picture (JPEG)", _EXPECTED),
    (b"GIF8", "a picture (GIF)", _EXPECTED),
    (b"{\\rtf", "a text document (RTF)", _EXPECTED),
    (b"\x7fELF", "a program", _EXPECTED),
    (b"MZ", "a program", _EXPECTED),
    (b"SQLite format 3", "a database (SQLite)", _EXPECTED),
    (b"PAR1", "a Parquet file", _EXPECTED),
)  # fmt: skip


def kind_of(path: Path) -> Kind:
    """Return what the file is, or refuse it saying what it is instead."""
    size = path.stat().st_size
    if size == 0:
        raise Refused("F-001", "The file is empty: it has 0 bytes. A table with a row of headings was expected.")
    if size > MAX_BYTES:
        raise Refused(
            "F-002", f"The file has {size / 1024 / 1024:,.1f} MB; at most 100 MB are taken. Send it in parts."
        )
    with path.open("rb") as file:
        head = file.read(HEAD)
    if head.startswith(b"PK\x03\x04"):
        return _kind_of_archive(path)
    for magic, name, advice in _FOREIGN:
        if head.startswith(magic) and not (magic == b"MZ" and b"\x00" not in head):
            raise Refused("F-003", f"The file is {name}, not a table. {advice}")
    if head.lstrip().lower().startswith((b"<!doctype html", b"<html")):
        raise Refused("F-003", f"The file is a web page, not a table. {_EXPECTED}")
    if _is_json(head):
        raise Refused("F-003", f"The file is JSON, not a table. {_EXPECTED} JSON is taken by the API.")
    return Kind.TEXT


def _is_json(head: bytes) -> bool:
    """A table may begin with a bracket too; JSON goes on with a quoted name, an object or its end."""
    return bool(re.match(rb"\s*(\[\s*[\[{]|\{\s*(\"[^\"\n]*\"\s*:|\}))", head.removeprefix(b"\xef\xbb\xbf")))


def _kind_of_archive(path: Path) -> Kind:
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            names = {entry.filename for entry in entries}
            is_ods = "mimetype" in names and archive.read("mimetype").strip().startswith(
                b"application/vnd.oasis.opendocument.spreadsheet",
            )
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError) as error:
        raise Refused(
            "F-004", f"The file starts like a workbook but is damaged or cut off ({error}). Save it again."
        ) from error
    _refuse_bomb(path, sum(entry.file_size for entry in entries))
    if "xl/workbook.xml" in names:
        return Kind.XLSX
    if is_ods:
        return Kind.ODS
    if "xl/workbook.bin" in names:
        raise Refused("F-003", "The file is a binary Excel workbook (.xlsb). Save it as .xlsx.")
    raise Refused("F-003", f"The file is a ZIP archive, not a table. {_EXPECTED}")


def _refuse_bomb(path: Path, expanded: int) -> None:
    packed = path.stat().st_size
    if expanded > EXPANSION_FLOOR and expanded > MAX_EXPANSION * packed:
        raise Refused(
            "F-005",
            f"The workbook grows from {packed:,} to {expanded:,} bytes when it is opened; at most ten times is taken. "
            "Save it as CSV.",
        )
