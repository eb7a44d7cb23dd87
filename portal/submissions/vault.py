"""Raw uploads at rest: encrypted in pieces, in the private store, until the retention date.

Each piece of a megabyte is sealed on its own, so that a file of 100 MB is never in memory whole.
"""

from __future__ import annotations

import base64
import hashlib
import struct
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.fernet import Fernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from portal.core.storage import private_files

if TYPE_CHECKING:
    from collections.abc import Iterator

PIECE = 1 << 20
_LENGTH = struct.Struct(">I")


def _cipher() -> Fernet:
    if not settings.UPLOAD_ENCRYPTION_KEY:
        raise ImproperlyConfigured("UPLOAD_ENCRYPTION_KEY is not set: uploads cannot be kept.")
    key = hashlib.sha256(settings.UPLOAD_ENCRYPTION_KEY.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(key))


def seal_file(path: Path) -> str:
    """Encrypt a file into the private store and return its name there."""
    cipher = _cipher()
    with tempfile.NamedTemporaryFile(suffix=".sealed") as sealed:
        with path.open("rb") as source:
            while piece := source.read(PIECE):
                token = cipher.encrypt(piece)
                sealed.write(_LENGTH.pack(len(token)) + token)
        sealed.flush()
        return private_files.put(Path(sealed.name))


@contextmanager
def opened_file(stored_as: str) -> Iterator[Path]:
    """Give a path of the decrypted file for the block; it is removed afterwards."""
    cipher = _cipher()
    with tempfile.NamedTemporaryFile(suffix=".upload") as plain:
        with private_files.open(stored_as) as sealed:
            while head := sealed.read(_LENGTH.size):
                plain.write(cipher.decrypt(sealed.read(_LENGTH.unpack(head)[0])))
        plain.flush()
        yield Path(plain.name)


def erase_file(stored_as: str) -> None:
    """Remove a raw upload for good."""
    if private_files.exists(stored_as):
        private_files.delete(stored_as)
