"""The web server's own processes, as ``portal/gunicorn_conf.py`` sets them."""

from __future__ import annotations

import http.client
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.conf import settings

from portal.embedded import free_port

SLOW_SECOND = """
from portal.gunicorn_conf import *
import time

def post_fork(server, worker):
    if worker.age == 2:
        (server.log.info("The second process begins"), time.sleep(2))
"""
STOP_WITHIN = 120


@pytest.mark.slow
def test_a_process_that_is_just_beginning_hears_that_it_must_stop(tmp_path: Path) -> None:
    """Otherwise the server waits for it as long as for a reader on a slow line, and the container's end with it."""
    (tmp_path / "slow.py").write_text(SLOW_SECOND)
    port, log = free_port(), tmp_path / "web.log"
    config = ["--config", str(tmp_path / "slow.py")]
    with log.open("wb") as target:
        web = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "portal.wsgi:application", "--bind", f"127.0.0.1:{port}", *config],
            cwd=settings.BASE_DIR, env={**os.environ, "ALLOWED_HOSTS": "localhost"}, stdout=target, stderr=target,
        )  # fmt: skip
    try:
        for _attempt in range(1200):
            if "The second process begins" in log.read_text() or web.poll() is not None:
                break
            time.sleep(0.1)
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        connection.request("GET", "/healthz", headers={"Host": "localhost", "X-Forwarded-Proto": "https"})
        assert connection.getresponse().status == 200, log.read_text()
        connection.close()
        web.terminate()
        assert web.wait(STOP_WITHIN) == 0, log.read_text()
    finally:
        web.kill()
        web.wait(60)
    assert log.read_text().count("Worker exiting") == 2, log.read_text()
