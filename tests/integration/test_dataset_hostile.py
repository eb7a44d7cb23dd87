"""A client that means harm meets the server as it runs: refused or waiting its turn, while others are served."""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from portal.demo.processes import commands
from portal.embedded import free_port
from tests.factories.datasets import make_dataset, make_metadata, make_published, make_rows
from tests.fixtures.worker import process_environment

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow, pytest.mark.worker]
API = "/api/v1/datasets/staff"
MEGABYTE = 1024 * 1024
CROWD = 500


class Server:
    """The portal's web server, as the demo starts it."""

    def __init__(self, port: int, process: subprocess.Popen) -> None:
        self.port = port
        self.process = process

    def ask(self, path, method="GET", body=None, seconds=120, **headers: str):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=seconds)
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        data = answer.read()
        connection.close()
        return answer.status, data

    def raw(self, data: bytes, buffer: int = 0) -> socket.socket:
        """Send bytes as they are and leave the connection open."""
        connection = socket.socket()
        if buffer:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        connection.settimeout(120)
        connection.connect(("127.0.0.1", self.port))
        connection.sendall(data)
        return connection

    def memory(self) -> int:
        """Return the memory of all its processes that is theirs alone."""
        whole = [psutil.Process(self.process.pid), *psutil.Process(self.process.pid).children(recursive=True)]
        return sum(process.memory_full_info().uss for process in whole)


@pytest.fixture
def server(tmp_path):
    metadata = make_metadata(
        areas={f"E{number:08d}": f"Area {number}" for number in range(400)},
        roles={f"r{number}": f"Role {number}" for number in range(25)},
    )
    make_published(make_dataset("staff"), tmp_path, metadata=metadata, rows=make_rows(metadata))
    port = free_port()
    command = commands(port, "127.0.0.1")["web"]
    environment = {
        **process_environment(),
        "API_ANONYMOUS_PER_MINUTE": "0",
        "API_QUERY_SECONDS": "120",  # who waits its turn is answered, however slow the machine
        "SEND_SECONDS": "8",
        "RECEIVE_SECONDS": "3",
    }
    log = (tmp_path / "server.log").open("wb")
    process = subprocess.Popen([sys.executable, *command[1:]], cwd=ROOT, env=environment, stdout=log, stderr=log)
    started = Server(port, process)
    try:
        _wait_for(started, tmp_path / "server.log")
        yield started
        process.terminate()
        process.wait(120)
    finally:
        process.kill()
        process.wait(60)
        log.close()


def _wait_for(server, log):
    deadline, status = time.monotonic() + 180, 0
    while not status:
        try:
            status, _ = server.ask(f"{API}/observations?page_size=1", seconds=120)
        except OSError:
            assert time.monotonic() < deadline, log.read_text()[-3000:]
            time.sleep(0.2)
    assert status == 200


def test_a_hostile_client_is_refused_and_others_are_served(server):
    # The first round also gives each process its own copy of what it began with; from then on memory stays flat.
    _crowd(server)
    _nonsense(server)
    before = server.memory()
    _crowd(server)
    _nonsense(server)
    _slow_readers(server)
    _slow_askers(server)
    assert server.ask(f"{API}/observations?page_size=10")[0] == 200
    grown = (server.memory() - before) / MEGABYTE
    assert grown < 60, f"{grown:.0f} MB"


def _crowd(server):
    """500 at once: every one is answered, in its turn, and so is somebody who only wants a page meanwhile."""
    paths = [
        f"{API}/observations?page_size=1000&geography_code=E{number % 400:08d}&sort=-value" for number in range(CROWD)
    ]
    started = threading.Barrier(CROWD)

    def ask(path):
        started.wait(120)
        return server.ask(path, seconds=120)[0]

    with ThreadPoolExecutor(CROWD) as pool:
        waiting = [pool.submit(ask, path) for path in paths]
        bystander = server.ask("/datasets/staff/", seconds=120)[0]
        answers = [one.result() for one in waiting]
    assert set(answers) == {200}, {status: answers.count(status) for status in set(answers)}
    assert bystander == 200


def _nonsense(server):
    """Huge, deep, many, wrong: a clear refusal each."""
    deep = {"role_code": {"eq": "r1"}}
    for _ in range(30):
        deep = {"not": deep}
    clause = {"geography_code": {"in": ["E00000001"]}}
    bodies = [
        json.dumps({"where": {"or": [clause] * 10_000}}), json.dumps({"where": deep}), "[" * 200_000,
        json.dumps({"where": {"role_code": {"in": ["x" * 50_000]}}}), json.dumps({"page_size": 10**30}), "\x00", "null",
        json.dumps({"sort": ["value"] * 1000}), json.dumps({"where": {"role_code": {"in": [{}] * 1000}}}),
        json.dumps({"group_by": ["geography_code", "role_code", "time_period", "value"]}), "{" * 100_000,
    ]  # fmt: skip
    for body in bodies:
        status, _ = server.ask(f"{API}/query", "POST", body, **{"Content-Type": "application/json"})
        assert 400 <= status < 500, (status, body[:80])
    for path in (
        f"{API}/versions/1.0.0/../../../etc/passwd", "/datasets/staff/v/1.0.0/files/..%2f..%2fetc%2fpasswd",
        "/datasets/staff/v/1.0.0/files/%00", "/datasets/..%2f..%2f/v/1.0.0/files/x", f"{API}/observations?{'a=1&' * 5000}",
        "/api/v1/files/%0a", "/datasets/staff/v/01.0.0/", "/datasets/staff/v/%D9%A1.0.0/files/manifest.json", "/sdmx/2.1/data/staff/" + "+".join(["E1"] * 500) + "..",
    ):  # fmt: skip
        status, _ = server.ask(path)
        assert 400 <= status < 500, (status, path[:80])
    for headers in (
        {"Range": "bytes=" + ",".join(f"{n}-{n}" for n in range(900))}, {"Range": "bytes=99999999999999-"},
        {"If-None-Match": '"' + "x" * 7000}, {"Accept": "application/" + "x" * 7000}, {"X-Preview-Token": "x" * 7000},
        {"X-API-Key": "\x00\xff"}, {"Host": "evil.example"},
    ):  # fmt: skip
        status, _ = server.ask("/datasets/staff/v/1.0.0/files/manifest.json", **headers)
        assert status in {200, 400, 404, 416}, (status, headers)
    for data in (
        b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", b"GET " + b"/" * 9000 + b" HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x00" * 50 + b"\r\n\r\n",
        b"POST /api/v1/datasets/staff/query HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
    ):  # fmt: skip
        with server.raw(data) as connection:
            assert not connection.recv(20).startswith(b"HTTP/1.1 2"), data[:40]


def _slow_readers(server):
    """Many who ask for a whole file and take nothing of it: others get theirs, and soon the places are free again."""
    request = b"GET /datasets/staff/v/1.0.0/files/staff-1.0.0.csv HTTP/1.1\r\nHost: localhost\r\n\r\n"
    readers = [server.raw(request, buffer=4096) for _ in range(60)]
    time.sleep(1)
    for path in (
        f"{API}/observations?page_size=100",
        "/datasets/staff/v/1.0.0/files/manifest.json",
        "/datasets/staff/",
    ):
        assert server.ask(path, seconds=120)[0] == 200
    refused = [reader for reader in readers if reader.recv(12).endswith(b"429")]
    assert len(refused) >= 40, len(refused)
    status, deadline = 429, time.monotonic() + 120
    while status == 429 and time.monotonic() < deadline:
        time.sleep(0.5)  # until those with a place took nothing for SEND_SECONDS
        status, data = server.ask("/datasets/staff/v/1.0.0/files/staff-1.0.0.csv")
    assert (status, len(data) > 2 * MEGABYTE) == (200, True)
    for reader in readers:
        reader.close()


def _slow_askers(server):
    """Many who never finish their request."""
    askers = [server.raw(b"") for _ in range(100)] + [server.raw(b"GET /api/v1/ HTTP/1.1\r\nHos") for _ in range(60)]
    # As many as there are threads wait for the rest of a request, but not for longer than RECEIVE_SECONDS each.
    # None of them ever leaves by itself: to be answered at all is what is asked.
    assert server.ask(f"{API}/observations?page_size=100", seconds=120)[0] == 200
    for asker in askers:
        asker.close()
