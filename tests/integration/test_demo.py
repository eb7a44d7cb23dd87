"""``make demo`` as a person sees it: first start killed half-way, start, second start, Ctrl-C, nothing left."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from portal import embedded

ROOT = Path(__file__).resolve().parent.parent.parent
COMMAND = [sys.executable, "-m", "portal.demo"]
# Generous: two servers and processes that boot, on a machine that is busy with other tests.
PATIENCE_SECONDS = 240

pytestmark = [pytest.mark.slow, pytest.mark.worker]


@pytest.fixture
def folder() -> Iterator[Path]:
    """Return a folder that the database's own user can reach: pytest closes its own to everybody else."""
    with tempfile.TemporaryDirectory(prefix="portal-demo-") as made:
        Path(made).chmod(0o755)
        yield Path(made)


@pytest.fixture
def environment(folder: Path) -> dict[str, str]:
    port = embedded.free_port()
    ours = {"DJANGO_SETTINGS_MODULE", "PORTAL_PROCESS", "PYTEST_VERSION", "PYTEST_CURRENT_TEST", "CELERY_KEY_PREFIX"}
    clean = {name: value for name, value in os.environ.items() if name not in ours}
    return {**clean, "PORTAL_DATA_DIR": str(folder / "d"), "PORT": str(port), "STATIC_ROOT": str(folder / "static")}


def _run(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=1800
    )


def _left_over(data: Path) -> list[str]:
    """Return the processes of this demo's folder that do not end."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (found := _ours(data)) and time.monotonic() < deadline:
        time.sleep(0.2)
    return found


def _ours(data: Path) -> list[str]:
    """Return the processes that have anything to do with this demo's folder."""
    found = []
    for process in psutil.process_iter(["cmdline", "pid"]):
        words = " ".join(process.info["cmdline"] or [])
        try:
            environ = process.environ().get("PORTAL_DATA_DIR")
        except psutil.Error:
            environ = None
        if str(data) in words or (environ == str(data) and process.pid != os.getpid()):
            found.append(f"{process.info['pid']} {words}")
    return found


def _status(environment: dict[str, str], path: str) -> int:
    with urllib.request.urlopen(f"http://127.0.0.1:{environment['PORT']}{path}", timeout=120) as answer:
        return int(answer.status)


def test_the_demo_from_an_interrupted_first_start_to_ctrl_c(environment: dict[str, str]) -> None:
    data = Path(environment["PORTAL_DATA_DIR"])
    # The demo data have tests of their own: here the step counts as done.
    data.mkdir(parents=True)
    (data / "prepared.json").write_text(json.dumps({"demo": "loaded"}))
    first = subprocess.Popen([*COMMAND, "start"], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    assert first.stdout is not None
    for line in first.stdout:
        if "Tables of both databases" in line:
            break
    time.sleep(1)
    first.kill()
    first.wait()
    first.stdout.close()

    started = _run(environment, "start", "--detach")
    assert started.returncode == 0, started.stdout + started.stderr
    assert "administrator@demo.example" in started.stdout
    assert [_status(environment, path) for path in ("/", "/healthz", "/readyz")] == [200, 200, 200]
    assert (data.parent / "d-accounts.txt").stat().st_mode & 0o077 == 0

    again = _run(environment, "start", "--detach")
    assert again.returncode == 1
    assert f"running already at http://localhost:{environment['PORT']}" in again.stdout
    assert _run(environment, "stop").returncode == 0
    assert _left_over(data) == []

    second = subprocess.Popen([*COMMAND, "start"], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    said = ""
    assert second.stdout is not None
    while "Ctrl-C stops everything" not in said:
        line = second.stdout.readline()
        assert line, said
        said += line
    assert "Tables of both databases" not in said
    assert "administrator@demo.example" not in said, "passwords are shown once"
    assert _status(environment, "/") == 200

    worker = json.loads((data / "demo.json").read_text())["children"]["worker"]["pid"]
    os.killpg(worker, signal.SIGKILL)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while json.loads((data / "demo.json").read_text())["children"]["worker"]["pid"] == worker:
        assert time.monotonic() < deadline, "the worker was not started again"
        time.sleep(0.2)

    second.send_signal(signal.SIGINT)
    assert second.wait(timeout=PATIENCE_SECONDS) == 130
    second.stdout.close()
    assert _left_over(data) == []


def test_servers_that_ran_before_are_left_running(environment: dict[str, str]) -> None:
    data = Path(environment["PORTAL_DATA_DIR"])
    address = embedded.ensure_valkey(data)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", int(environment["PORT"])))
        taken.listen()
        refused = _run(environment, "start")
    assert refused.returncode == 1
    assert f"Port {environment['PORT']} is in use" in refused.stdout
    assert embedded.valkey_runs(data)
    assert embedded.ensure_valkey(data) == address
    assert embedded.stop_valkey(data)
    assert not embedded.postgres_runs(data)


def test_a_half_made_server_is_made_again(folder: Path) -> None:
    data = folder / "d"
    pgdata = data / "postgres"
    pgdata.mkdir(parents=True)
    (pgdata / "PG_VERSION").write_text("18\n")  # initdb was killed after this file
    try:
        embedded.ensure_postgres(data)
        assert embedded.postgres_runs(data)
    finally:
        embedded.stop_postgres(data)
    (pgdata / "postmaster.pid").write_text(f"{os.getpid()}\n{pgdata}\n1\n5432\n{pgdata}\n\n0 0\nready\n")
    assert not embedded.postgres_runs(data), "the number belongs to another process now"
    try:
        embedded.ensure_postgres(data)
        assert embedded.postgres_runs(data)
    finally:
        assert embedded.stop_postgres(data)
