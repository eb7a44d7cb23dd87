"""Ed25519 signatures of manifests. The key lives in a file outside the database."""

from __future__ import annotations

import base64
import contextlib
import secrets
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings


@lru_cache(maxsize=4)
def _key(path: Path) -> Ed25519PrivateKey:
    if not path.exists():
        _create(path)
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise TypeError(f"{path} does not hold an Ed25519 key")
    return key


def _create(path: Path) -> None:
    """Make the key of a machine that has none. A second process must never read half a key."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pem = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    draft.touch(mode=0o600)
    draft.write_bytes(pem)
    with contextlib.suppress(FileExistsError):  # another process was first; its key stands
        path.hardlink_to(draft)
    draft.unlink()


def sign(data: bytes) -> bytes:
    """Return the detached signature of ``data``, as text in base64."""
    return base64.b64encode(_key(Path(settings.SIGNING_KEY_FILE)).sign(data)) + b"\n"


def public_key() -> bytes:
    """Return the key that anyone can check signatures with, as PEM."""
    key = _key(Path(settings.SIGNING_KEY_FILE)).public_key()
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def is_signed(data: bytes, signature: bytes, pem: bytes) -> bool:
    """Return whether ``signature`` is that of ``data`` by the holder of the key ``pem``."""
    key = serialization.load_pem_public_key(pem)
    if not isinstance(key, Ed25519PublicKey):
        return False
    try:
        key.verify(base64.b64decode(signature), data)
    except (InvalidSignature, ValueError):
        return False
    return True
