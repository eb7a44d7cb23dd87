"""Check files of a dataset version against their manifest and its signature.

    python3 verify.py FOLDER              a folder with the files you have, or the ZIP file of a version
    python3 verify.py FOLDER --key KEY    with the publisher's key (signing-key.pem), which you got from the portal

Needs Python 3.9 or later and nothing else: no database, no network, no package. Files that you do not have
are left out; every file that you have must be the one that the manifest names. The key is what makes the
signature worth something: take it from the portal, not from whoever gave you the files.

Ends with 0 when everything that is here is as published, 1 when something is not, 2 when it cannot be told.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import hashlib
import json
import sys
import zipfile
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

MANIFEST, SIGNATURE, KEY = "manifest.json", "manifest.json.sig", "signing-key.pem"
BLOCK = 1024 * 1024
AS_PUBLISHED, ALTERED, UNKNOWN = 0, 1, 2
# The first bytes of every Ed25519 key in its standard form (RFC 8410); the key itself follows.
KEY_HEAD = bytes.fromhex("302a300506032b6570032100")

# The curve of Ed25519 (RFC 8032, section 5.1), in the letters of the standard.
P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)
Point = tuple  # of x, y, z, t: extended coordinates


class UnreadableError(Exception):
    """What is here cannot be checked; the message says why."""


def _point(data: bytes) -> Point | None:
    """Return the point that 32 bytes stand for; None when they stand for none."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


def _add(one: Point, two: Point) -> Point:
    a = (one[1] - one[0]) * (two[1] - two[0]) % P
    b = (one[1] + one[0]) * (two[1] + two[0]) % P
    c, d = 2 * one[3] * two[3] * D % P, 2 * one[2] * two[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def _times(number: int, point: Point) -> Point:
    result: Point = (0, 1, 1, 0)
    while number:
        if number & 1:
            result = _add(result, point)
        point = _add(point, point)
        number >>= 1
    return result


def is_signed(message: bytes, signature: bytes, key: bytes) -> bool:
    """Return whether ``signature`` (64 bytes) is that of ``message`` by the holder of ``key`` (32 bytes)."""
    if len(signature) != 64 or len(key) != 32:  # noqa: PLR2004 - the sizes that the standard fixes
        return False
    owner, commitment = _point(key), _point(signature[:32])
    scalar = int.from_bytes(signature[32:], "little")
    base = _point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))
    if owner is None or commitment is None or base is None or scalar >= L:
        return False
    challenge = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % L
    left, right = _times(scalar, base), _add(commitment, _times(challenge, owner))
    return (left[0] * right[2] - right[0] * left[2]) % P == 0 and (left[1] * right[2] - right[1] * left[2]) % P == 0


def key_of(pem: bytes) -> bytes:
    """Return the 32 bytes of a public key written as PEM."""
    lines = [line for line in pem.splitlines() if line and not line.startswith(b"-----")]
    try:
        data = base64.b64decode(b"".join(lines), validate=True)
    except (binascii.Error, ValueError) as error:
        raise UnreadableError("The key is not a PEM file.") from error
    if not data.startswith(KEY_HEAD):
        raise UnreadableError("The key is not an Ed25519 public key.")
    return data[len(KEY_HEAD) :]


class Held:
    """The files that someone has: in a folder, or in a ZIP file as the portal makes it."""

    def __init__(self, path: Path) -> None:
        self.open: Callable[[str], IO[bytes]]
        if path.is_dir():
            self.names = sorted(file.name for file in path.iterdir() if file.is_file())
            self.open = lambda name: (path / name).open("rb")
        elif zipfile.is_zipfile(path):
            archive = zipfile.ZipFile(path)
            inside = {name.rpartition("/")[2]: name for name in archive.namelist() if not name.endswith("/")}
            self.names = sorted(inside)
            self.open = lambda name: archive.open(inside[name])
        else:
            raise UnreadableError(f"{path} is neither a folder nor a ZIP file.")

    def read(self, name: str) -> bytes:
        """Return a small file."""
        if name not in self.names:
            raise UnreadableError(f"There is no {name} among the files: it says what the others must be.")
        with self.open(name) as file:
            return file.read()

    def sha256(self, name: str) -> tuple[str, int]:
        """Return the hash and the size of a file, read a block at a time."""
        digest, size = hashlib.sha256(), 0
        with self.open(name) as file:
            while block := file.read(BLOCK):
                digest.update(block)
                size += len(block)
        return digest.hexdigest(), size


def manifest_of(data: bytes) -> dict[str, Any]:
    """Return the manifest, which must list files."""
    try:
        manifest = json.loads(data)
        files = {file["name"]: (file["sha256"], file["bytes"]) for file in manifest["files"]}
    except (ValueError, KeyError, TypeError) as error:
        raise UnreadableError(f"{MANIFEST} is not a manifest of this portal.") from error
    return {**manifest, "files": files}


def check_files(held: Held, manifest: dict[str, Any], say: Callable[[str], None]) -> int:
    """Compare every file that is here with the manifest."""
    result = AS_PUBLISHED
    for name, (wanted, size) in sorted(manifest["files"].items()):
        if name not in held.names:
            say(f"not here    {name}")
            continue
        found, length = held.sha256(name)
        if (found, length) == (wanted, size):
            say(f"ok          {name}")
        else:
            result = ALTERED
            say(f"ALTERED     {name}: SHA-256 {found}, {length} bytes; published with {wanted}, {size} bytes")
    for name in held.names:
        if name not in {*manifest["files"], MANIFEST, SIGNATURE, KEY}:
            say(f"not listed  {name}: the manifest says nothing of it")
    return result


def check_signature(held: Held, data: bytes, pem: bytes | None, say: Callable[[str], None]) -> int:
    """Say whether the publisher signed this manifest."""
    if pem is None:
        say("The signature was not checked: give the publisher's key with --key.")
        return UNKNOWN
    key = key_of(pem)
    try:
        signature = base64.b64decode(held.read(SIGNATURE), validate=False)
    except (binascii.Error, ValueError):
        signature = b""
    fingerprint = hashlib.sha256(KEY_HEAD + key).hexdigest()
    if not is_signed(data, signature, key):
        say(f"NOT SIGNED  {MANIFEST} is not what the holder of the key {fingerprint} signed.")
        return ALTERED
    say(f"signed      {MANIFEST}, by the key {fingerprint}")
    return AS_PUBLISHED


def verify(path: Path, pem: bytes | None = None, say: Callable[[str], None] = print) -> int:
    """Check what is at ``path`` and say what was found; return how the program should end."""
    try:
        held = Held(path)
        data = held.read(MANIFEST)
        manifest = manifest_of(data)
        say(f"{manifest.get('dataset', {}).get('identifier', '?')}, version {manifest.get('version', '?')}")
        files = check_files(held, manifest, say)
        signature = check_signature(held, data, pem, say)
    except UnreadableError as error:
        say(str(error))
        return UNKNOWN
    return ALTERED if ALTERED in {files, signature} else max(files, signature)


def main(words: list[str] | None = None) -> int:
    """Read the command line, check, and say the result in one sentence."""
    parser = argparse.ArgumentParser(description="Check files of a dataset version against their manifest.")
    parser.add_argument("path", type=Path, help="a folder with the files, or the ZIP file of the version")
    parser.add_argument("--key", type=Path, help="the publisher's public key, signing-key.pem")
    given = parser.parse_args(words)
    try:
        pem = given.key.read_bytes() if given.key else None
    except OSError as error:
        print(f"The key cannot be read: {error.strerror}: {given.key}")  # noqa: T201 - a program that speaks
        return UNKNOWN
    result = verify(given.path, pem)
    print(  # noqa: T201 - a program that speaks
        {
            AS_PUBLISHED: "Everything here is as it was published.",
            ALTERED: "Something here is NOT as it was published.",
            UNKNOWN: "It cannot be told whether this is as it was published.",
        }[result]
    )
    return result


if __name__ == "__main__":
    sys.exit(main())
