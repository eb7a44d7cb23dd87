"""Settings of the web server: ``gunicorn --config python:portal.gunicorn_conf``.

Many threads, because a reader on a slow line holds one; and an end to waiting for a request that never comes whole.
"""

from __future__ import annotations

import gc
import os
import signal
import socket
import struct
from typing import Any

worker_class = "portal.gunicorn_worker.EvenWorker"
workers = 2
threads = 16
preload_app = True
timeout = 120
control_socket_disable = True
RECEIVE_SECONDS = int(os.environ.get("RECEIVE_SECONDS", "20"))


def when_ready(server: Any) -> None:
    """Make everything ready that all processes share, before the first of them begins."""
    _limit_waiting(server)
    _load_addresses()
    os.register_at_fork(before=_hold_stop, after_in_parent=_take_stop)


def _hold_stop() -> None:
    """Keep a word to stop for later: a process just forked would swallow it, and be waited for in vain."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})


def _take_stop() -> None:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})


def post_worker_init(worker: Any) -> None:  # noqa: ARG001 - gunicorn's signature
    """Hear a word to stop, now that this process knows what to do with it."""
    _take_stop()


def _load_addresses() -> None:
    """Import every view now: else the first reader of each process waits seconds for it, and each keeps a copy."""
    from django.db import connections  # noqa: PLC0415 - the application is loaded by now
    from django.urls import get_resolver  # noqa: PLC0415 - as above

    _ = get_resolver().url_patterns
    connections.close_all()  # a connection must not be shared by processes
    gc.freeze()  # nothing of this is garbage, and looking through it would give each process its own copy


def child_exit(server: Any, worker: Any) -> None:  # noqa: ARG001 - gunicorn's signature
    """Let the others wait no more for a process that has ended."""
    from portal.gunicorn_worker import forget  # noqa: PLC0415 - the settings are read before the worker's class

    forget(worker)


def worker_exit(server: Any, worker: Any) -> None:  # noqa: ARG001 - gunicorn's signature
    """Let the end of a process clear up everything."""
    gc.unfreeze()


def on_exit(server: Any) -> None:  # noqa: ARG001 - gunicorn's signature
    """Let the end of the main process clear up everything."""
    gc.unfreeze()


def _limit_waiting(server: Any) -> None:
    """Let no connection wait longer than so for the rest of a request: accepted ones inherit it from the listener."""
    limit = struct.pack("ll", RECEIVE_SECONDS, 0)
    for listener in server.LISTENERS:
        listener.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)
