"""What can be in the way, looked at before anything is started. Each message says a way on."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from pathlib import Path

    from portal.demo.places import Places

FIRST_START_MEGABYTES = 1500
LATER_START_MEGABYTES = 200
PORTS_TRIED = 50


class Obstacle(Exception):  # noqa: N818 - a sentence for a person, not a fault of the program
    """Why the demo cannot start, and what to do about it."""


def check_owner(places: Places) -> None:
    """Refuse a data folder that another user made: the servers would not start on it."""
    owner = _owner(places.data)
    if owner is not None and owner != os.geteuid():
        name = pwd.getpwuid(owner).pw_name if owner in {user.pw_uid for user in pwd.getpwall()} else str(owner)
        raise Obstacle(
            f"{places.data} belongs to the user {name}. Run as {name}, or choose another folder: "
            "make demo PORTAL_DATA_DIR=/path/to/folder",
        )


def _owner(folder: Path) -> int | None:
    return folder.stat().st_uid if folder.exists() else None


def check_disk(places: Places) -> None:
    """Refuse to start on a disk that would fill up in the middle."""
    existing = next(folder for folder in [places.data, *places.data.parents] if folder.exists())
    free = shutil.disk_usage(existing).free // 2**20
    needed = LATER_START_MEGABYTES if places.prepared.exists() else FIRST_START_MEGABYTES
    if free < needed:
        raise Obstacle(
            f"{existing} has {free} MB free; the demo needs {needed} MB. Free some space and run make demo again, "
            "or put the data elsewhere: make demo PORTAL_DATA_DIR=/path/to/folder",
        )


def check_port(port: int, host: str = "127.0.0.1") -> None:
    """Refuse a port that something else listens on, and name one that is free."""
    if is_free(port, host):
        return
    free = next((other for other in range(port + 1, port + PORTS_TRIED) if is_free(other, host)), None)
    way_on = f" Choose another: make demo PORT={free}" if free else " Choose another: make demo PORT=…"
    raise Obstacle(f"Port {port} is in use{_by_whom(port)}.{way_on}")


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether a server could listen on the port now."""
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((host, port))
        except PermissionError as error:
            raise Obstacle(f"Port {port} is for administrators only. Choose one above 1023: make demo PORT=8000") from (
                error
            )
        except OSError:
            return False
    return True


def _by_whom(port: int) -> str:
    try:
        connections = psutil.net_connections(kind="tcp")
    except psutil.AccessDenied:  # not every system lets everybody look
        return ""
    for connection in connections:
        if connection.status == psutil.CONN_LISTEN and connection.laddr.port == port and connection.pid:
            return f" by process {connection.pid} ({psutil.Process(connection.pid).name()})"
    return ""
