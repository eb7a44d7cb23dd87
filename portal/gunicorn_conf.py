"""Settings of the web server: ``gunicorn --config python:portal.gunicorn_conf``.

Many threads, because a reader on a slow line holds one; and an end to waiting for a request that never comes whole.
"""

from __future__ import annotations

import os
import socket
import struct
from typing import Any

worker_class = "gthread"
workers = 2
threads = 16
preload_app = True
timeout = 120
control_socket_disable = True
RECEIVE_SECONDS = int(os.environ.get("RECEIVE_SECONDS", "20"))


def when_ready(server: Any) -> None:
    """Let no connection wait longer than so for the rest of a request: accepted ones inherit it from the listener."""
    limit = struct.pack("ll", RECEIVE_SECONDS, 0)
    for listener in server.LISTENERS:
        listener.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)
