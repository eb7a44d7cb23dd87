"""ZIP files whose bytes depend on their content alone: fixed times, fixed order, fixed settings."""

from __future__ import annotations

import zipfile
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LEVEL = 5
BLOCK = 1024 * 1024


def _info(name: str, method: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
    info.compress_type = method
    info.create_system = 3
    info.external_attr = 0o644 << 16
    return info


class Archive:
    """A ZIP file being written."""

    def __init__(self, path: Path, *, level: int = LEVEL) -> None:
        self.zip = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=level)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.zip.close()

    @contextmanager
    def part(self, name: str) -> Iterator[IO[bytes]]:
        """Open a part to write it as a stream."""
        with self.zip.open(_info(name, zipfile.ZIP_DEFLATED), "w", force_zip64=True) as sink:
            yield sink

    def text(self, name: str, text: str) -> None:
        """Write a small part."""
        with self.zip.open(_info(name, zipfile.ZIP_DEFLATED), "w") as sink:
            sink.write(text.encode())

    def stored(self, name: str, data: bytes) -> None:
        """Write a part without compressing it."""
        self.zip.writestr(_info(name, zipfile.ZIP_STORED), data)

    def file(self, name: str, path: Path, *, compress: bool = True) -> None:
        """Add a file from this machine, a block at a time."""
        method = zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED
        with path.open("rb") as source, self.zip.open(_info(name, method), "w", force_zip64=True) as sink:
            while block := source.read(BLOCK):
                sink.write(block)
