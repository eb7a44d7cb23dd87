"""Content-addressed files: the name of a file is the SHA-256 of its bytes, so it never changes."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import IO, TYPE_CHECKING

from django.core.files import File
from django.core.files.storage import storages

if TYPE_CHECKING:
    from django.core.files.storage import Storage

CHUNK = 1024 * 1024


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file as 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class ContentStore:
    """Files by the hash of their content, in one of Django's named storages."""

    def __init__(self, alias: str) -> None:
        self.alias = alias

    @property
    def storage(self) -> Storage:
        """The Django storage behind this store."""
        return storages[self.alias]

    @staticmethod
    def name_of(digest: str) -> str:
        """Return the storage name of a digest; two levels keep folders small."""
        return f"{digest[:2]}/{digest[2:4]}/{digest}"

    def put(self, path: Path) -> str:
        """Store the file at ``path`` and return its digest; storing it again does nothing."""
        digest = sha256_of(path)
        if not self.exists(digest):
            with path.open("rb") as file:
                self.storage.save(self.name_of(digest), File(file))
        return digest

    def exists(self, digest: str) -> bool:
        """Whether the store holds this content."""
        return self.storage.exists(self.name_of(digest))

    def open(self, digest: str) -> IO[bytes]:
        """Open the content for reading."""
        return self.storage.open(self.name_of(digest), "rb")

    def size(self, digest: str) -> int:
        """Return the number of bytes of the content."""
        return self.storage.size(self.name_of(digest))

    def local_path(self, digest: str) -> Path:
        """Return a path on this machine with the content, fetching it once when stored elsewhere."""
        try:
            return Path(self.storage.path(self.name_of(digest)))
        except NotImplementedError:
            return self._cached(digest)

    def _cached(self, digest: str) -> Path:
        from django.conf import settings  # noqa: PLC0415 - read at call time

        target = Path(settings.CONTENT_STORE_ROOT) / "cache" / self.name_of(digest)
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            part = target.with_suffix(".part")
            with self.open(digest) as source, part.open("wb") as sink:
                while chunk := source.read(CHUNK):
                    sink.write(chunk)
            part.rename(target)
        return target

    def delete(self, digest: str) -> None:
        """Remove the content. Only the retention procedure of private files does this."""
        self.storage.delete(self.name_of(digest))


public_files = ContentStore("public")
private_files = ContentStore("private")
