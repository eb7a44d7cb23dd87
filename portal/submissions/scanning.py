"""Uploads through the virus scanner, where one is configured: clamd by a socket, the file sent as a stream."""

from __future__ import annotations

import socket
import struct
from typing import TYPE_CHECKING

from django.conf import settings

from portal.submissions.reading import Refused

if TYPE_CHECKING:
    from pathlib import Path

INFECTED = "F-006"
NOT_SCANNED = "F-007"
_PIECE = 1 << 18
_SECONDS = 60
_LENGTH = struct.Struct(">I")


def scan(path: Path) -> None:
    """Refuse a file in which the scanner finds something, and any file while the scanner does not answer."""
    if not settings.CLAMD_SOCKET:
        return
    try:
        answer = _ask(path)
    except OSError as error:
        raise Refused(NOT_SCANNED, _AWAY.format(f"it cannot be reached: {error.strerror or error}")) from error
    verdict = answer.removeprefix("stream:").strip()
    if verdict.endswith("FOUND"):
        name = verdict.removesuffix("FOUND").strip()
        raise Refused(
            INFECTED,
            f"The virus scanner found “{name}” in the file. The file is deleted. Clean the computer it comes from, and send a new file.",
        )
    if verdict != "OK":
        raise Refused(NOT_SCANNED, _AWAY.format(f"it said “{verdict[:100]}”"))


_AWAY = "The file could not be checked for viruses ({}). Nothing of it was read. Ask for it to be read again in some minutes."


def _ask(path: Path) -> str:
    with _connected() as connection, path.open("rb") as file:
        connection.sendall(b"zINSTREAM\0")
        while piece := file.read(_PIECE):
            connection.sendall(_LENGTH.pack(len(piece)) + piece)
        connection.sendall(_LENGTH.pack(0))
        answer = b""
        while block := connection.recv(4096):
            answer += block
    return answer.rstrip(b"\0").decode("utf-8", "replace").strip()


def _connected() -> socket.socket:
    """Connect to ``/a/path`` or ``host:port``."""
    place = settings.CLAMD_SOCKET
    if place.startswith("/"):
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(_SECONDS)
        try:
            connection.connect(place)
        except OSError:
            connection.close()
            raise
        return connection
    host, _, port = place.rpartition(":")
    return socket.create_connection((host, int(port)), timeout=_SECONDS)
