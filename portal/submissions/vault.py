"""Raw uploads at rest: encrypted in pieces, in the private store, until the retention date.

Each piece of a megabyte is sealed on its own, so that a file of 100 MB is never in memory whole.
"""

from __future__ import annotations

import base64
import hashlib
import os
import struct
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from portal.core.storage import private_files

if TYPE_CHECKING:
    from collections.abc import Iterator

PIECE = 1 << 20
_LENGTH = struct.Struct(">I")
#: How a sealed file begins; one that begins otherwise was sealed by an earlier version, with Fernet.
_MAGIC = b"PORTAL-SEALED-2\n"
_NONCE = 12


def _key() -> bytes:
    if not settings.UPLOAD_ENCRYPTION_KEY:
        raise ImproperlyConfigured("UPLOAD_ENCRYPTION_KEY is not set: uploads cannot be kept.")
    return hashlib.sha256(settings.UPLOAD_ENCRYPTION_KEY.encode()).digest()


def seal_file(path: Path) -> str:
    """Encrypt a file into the private store and return its name there.

    Each piece is bound to its place, so that pieces cannot be left out, doubled or exchanged.
    """
    cipher = AESGCM(_key())
    with tempfile.NamedTemporaryFile(suffix=".sealed") as sealed:
        sealed.write(_MAGIC)
        with path.open("rb") as source:
            number, piece = 0, source.read(PIECE)
            while piece or not number:
                coming = source.read(PIECE)
                nonce = os.urandom(_NONCE)
                token = cipher.encrypt(nonce, piece, _place(number, is_last=not coming))
                sealed.write(_LENGTH.pack(len(token)) + nonce + token)
                number, piece = number + 1, coming
        sealed.flush()
        return private_files.put(Path(sealed.name))


def _place(number: int, *, is_last: bool) -> bytes:
    return f"{number}{'.' if is_last else ''}".encode()


@contextmanager
def opened_file(stored_as: str) -> Iterator[Path]:
    """Give a path of the decrypted file for the block; it is removed afterwards."""
    with tempfile.NamedTemporaryFile(suffix=".upload") as plain:
        with private_files.open(stored_as) as sealed:
            if sealed.read(len(_MAGIC)) == _MAGIC:
                _open_pieces(sealed, plain)
            else:
                sealed.seek(0)
                _open_fernet(sealed, plain)
        plain.flush()
        yield Path(plain.name)


def _open_pieces(sealed: IO[bytes], plain: IO[bytes]) -> None:
    cipher = AESGCM(_key())
    number, head = 0, sealed.read(_LENGTH.size)
    while head:
        nonce, token = sealed.read(_NONCE), sealed.read(_LENGTH.unpack(head)[0])
        head = sealed.read(_LENGTH.size)
        plain.write(cipher.decrypt(nonce, token, _place(number, is_last=not head)))
        number += 1


def _open_fernet(sealed: IO[bytes], plain: IO[bytes]) -> None:
    cipher = Fernet(base64.urlsafe_b64encode(_key()))
    while head := sealed.read(_LENGTH.size):
        plain.write(cipher.decrypt(sealed.read(_LENGTH.unpack(head)[0])))


def erase_file(stored_as: str) -> None:
    """Remove a raw upload for good."""
    if private_files.exists(stored_as):
        private_files.delete(stored_as)
