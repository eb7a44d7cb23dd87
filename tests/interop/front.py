"""nginx with the configuration that the portal ships, in front of a server of ours."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from portal.embedded import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

SHIPPED = Path(__file__).resolve().parents[2] / "deploy" / "nginx.conf"
WHOLE = """
{user} daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off; default_type text/html; charset utf-8;
  client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  {shipped}
}}
"""


def find_nginx() -> str:
    """Return nginx, or say how to have it."""
    found = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    if not found:
        message = "nginx was not found: apt-get install nginx-light, or what your system calls it."
        raise RuntimeError(message)
    return found


def settings(folder: Path, port: int, portal: int, *, more: str = "") -> str:
    """Return the shipped configuration with our ports and folders; ``more`` goes into the server block."""
    shipped = SHIPPED.read_text()
    for old, new in {
        "/var/cache/nginx/portal": f"{folder}/cache",
        "server 127.0.0.1:8000;": f"server 127.0.0.1:{portal};",
        "listen 8080;": f"listen 127.0.0.1:{port}; {more}",
    }.items():
        if old not in shipped:
            message = f"deploy/nginx.conf no longer says {old!r}"
            raise RuntimeError(message)
        shipped = shipped.replace(old, new)
    user = "user root;" if os.geteuid() == 0 else ""  # else its workers could not reach the folder
    return WHOLE.format(user=user, folder=folder, shipped=shipped)


@contextmanager
def nginx(folder: Path, portal: int, *, more: str = "") -> Iterator[str]:
    """Run nginx in front of the server on the port ``portal``; yield its address."""
    port = free_port()
    file = folder / "nginx.conf"
    file.write_text(settings(folder, port, portal, more=more))
    server = subprocess.Popen([find_nginx(), "-c", file, "-e", f"{folder}/error.log"])
    try:
        _wait(port, server, folder)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(60)
        sys.stderr.write((folder / "error.log").read_text())  # shown with a test that fails


def _wait(port: int, server: subprocess.Popen[bytes], folder: Path) -> None:
    for _ in range(1200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if server.poll() is not None:
            break
        time.sleep(0.05)
    message = f"nginx did not start: {(folder / 'error.log').read_text()}"
    raise RuntimeError(message)
