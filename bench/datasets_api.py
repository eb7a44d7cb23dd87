"""The data API and files beside datasette on the same table: python -m bench datasets_api [rows].

Publishes one version of a million observations in every format (time and memory are shown), serves
it with gunicorn and the same rows with datasette, and asks both the same things from eight clients,
one after the other, on a keep-alive connection each. Our own answers are not cached. Needs
`make interop`, which installs datasette in an environment of its own.
"""

from __future__ import annotations

import http.client
import os
import resource
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CLIENTS, SECONDS = 8, 6
AREAS, PERIODS, ROLES = 400, 80, 40


def rows(number: int) -> list[list]:
    """Return the columns of the table."""
    import numpy as np

    place = np.arange(number)
    spread = AREAS * PERIODS
    return [
        [f"E{area:08d}" for area in place % AREAS],
        [f"{2000 + period // 4}-{3 * (period % 4) + 3:02d}" for period in place // AREAS % PERIODS],
        [f"role-{role}" for role in place // spread],
        (place * 5 % 5000).astype(float).tolist(),
    ]


def publish(folder: Path, number: int) -> None:
    """Publish the version and say what it took."""
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    call_command("migrate", database="submissions", verbosity=0)
    import pyarrow as pa
    import pyarrow.parquet as pq

    from portal.datasets import actions
    from portal.datasets.models import Dataset
    from portal.users.models import User

    area, period, role, value = rows(number)
    connection = sqlite3.connect(folder / "big.db")
    connection.execute(
        "CREATE TABLE big (geography_code TEXT, time_period TEXT, role_code TEXT, measure TEXT, value REAL, status TEXT)"
    )
    connection.executemany(
        "INSERT INTO big VALUES (?, ?, ?, 'headcount', ?, '')", zip(area, period, role, value, strict=True)
    )
    connection.execute("CREATE INDEX big_area ON big (geography_code)")
    connection.commit()
    table = pa.table(
        {
            "geography_code": area,
            "time_period": period,
            "role_code": role,
            "measure": ["headcount"] * number,
            "value": value,
            "status": [""] * number,
        }
    )
    pq.write_table(table, folder / "in.parquet")
    del area, period, role, value, table
    user, _ = User.objects.get_or_create(email="bench@example.org")
    names = ("geography_code", "time_period", "role_code")
    metadata = {
        "dimensions": [{"id": name, "label": name} for name in names],
        "measures": [{"id": "headcount", "label": "Headcount"}],
    }
    start = time.perf_counter()
    dataset, _ = Dataset.objects.get_or_create(slug="big", defaults={"title": "Big"})
    version = actions.create_draft_version(
        by=None, dataset=dataset, observations=folder / "in.parquet", metadata=metadata, lineage={}
    )
    actions.submit_version(by=None, version=version)
    actions.approve_version(by=user, version=version)
    version = actions.publish_version(by=user, version=version)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"published {number:,} observations in every format: {time.perf_counter() - start:.1f} s, peak {peak:,.0f} MB"
    )
    for file in version.files.filter(is_main=True):
        print(f"  {file.name}: {file.bytes:,} bytes")


def free_port() -> int:
    """Return a port that is free."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def ask(port: int, path: str) -> dict[str, float]:
    """Ask from eight clients for some seconds; return requests a second, p50, p95 and MB a second."""
    times: list[float] = []
    received = [0]
    stop = time.perf_counter() + SECONDS

    def client() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        while time.perf_counter() < stop:
            start = time.perf_counter()
            connection.request("GET", path)
            answer = connection.getresponse()
            while block := answer.read(1 << 20):
                received[0] += len(block)
                if time.perf_counter() > stop + 20:
                    break
            assert answer.status == 200, (answer.status, path)
            times.append(time.perf_counter() - start)

    threads = [threading.Thread(target=client) for _ in range(CLIENTS)]
    began = time.perf_counter()
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    took = time.perf_counter() - began
    times.sort()
    return {
        "requests/s": len(times) / took,
        "p50 ms": times[len(times) // 2] * 1000,
        "p95 ms": times[int(len(times) * 0.95)] * 1000,
        "MB/s": received[0] / took / 1e6,
    }


def wait_for(port: int, path: str) -> None:
    """Wait until a server answers."""
    for _ in range(240):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            connection.request("GET", path)
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.25)
    raise TimeoutError(f"nothing answers at {port}{path}")


def compare(folder: Path) -> None:
    """Serve both and ask."""
    ours, theirs = free_port(), free_port()
    environment = {
        **os.environ,
        "DEBUG": "0",
        "API_ANONYMOUS_PER_MINUTE": "0",
        "LOG_LEVEL": "WARNING",
        "PORTAL_PROCESS": "service",
        "PORT": str(ours),
    }
    gunicorn = [
        f"{ROOT}/.venv/bin/gunicorn",
        "portal.wsgi:application",
        "--bind",
        f"127.0.0.1:{ours}",
        "--config",
        "python:portal.gunicorn_conf",
        "--log-level",
        "warning",
    ]
    datasette = [
        f"{ROOT}/var/interop/bin/datasette",
        "serve",
        str(folder / "big.db"),
        "--port",
        str(theirs),
        "--setting",
        "max_returned_rows",
        "1000",
    ]
    servers = [
        subprocess.Popen(gunicorn, cwd=ROOT, env=environment),
        subprocess.Popen(datasette, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL),
    ]
    try:
        base = "/api/v1/datasets/big/versions/1.0.0/observations?geography_code=E00000123"
        wait_for(ours, base + "&page_size=1")
        wait_for(theirs, "/big.json")
        questions = {
            "JSON, 100 rows of one area": (
                f"{base}&page_size=100",
                "/big/big.json?geography_code=E00000123&_size=100&_shape=objects",
            ),
            "JSON, 1,000 rows of one area": (
                f"{base}&page_size=1000",
                "/big/big.json?geography_code=E00000123&_size=1000&_shape=objects",
            ),
            "group-by on one area": (
                "/api/v1/datasets/big/versions/1.0.0/observations?geography_code=E00000123&group_by=time_period",
                "/big.json?_shape=objects&sql=select+time_period,count(*),sum(value)+from+big+where+geography_code%3D'E00000123'+group+by+time_period",
            ),
            "whole CSV": ("/datasets/big/v/1.0.0/files/big-1.0.0.csv", None),
        }
        for title, (our_path, their_path) in questions.items():
            for name, port, path in (("portal", ours, our_path), ("datasette", theirs, their_path)):
                if path:
                    found = ask(port, path)
                    print(
                        f"{title:30s} {name:10s} " + "  ".join(f"{key} {value:,.1f}" for key, value in found.items()),
                        flush=True,
                    )
        print(
            f"whole CSV                      datasette  MB/s {stream_rate(theirs, '/big/big.csv?_stream=on', 10):.1f} (one client, 10 s)"
        )
        print(
            f"first byte of the whole CSV    portal     ms {first_byte(ours, '/datasets/big/v/1.0.0/files/big-1.0.0.csv'):.1f}"
        )
    finally:
        for server in servers:
            server.terminate()
            server.wait(20)


def stream_rate(port: int, path: str, seconds: float) -> float:
    """Return MB a second of one stream."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    start = time.perf_counter()
    connection.request("GET", path)
    answer, size = connection.getresponse(), 0
    while time.perf_counter() - start < seconds and (block := answer.read(1 << 16)):
        size += len(block)
    return size / (time.perf_counter() - start) / 1e6


def first_byte(port: int, path: str) -> float:
    """Return milliseconds until the first byte."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    start = time.perf_counter()
    connection.request("GET", path)
    connection.getresponse().read(1)
    return (time.perf_counter() - start) * 1000


def main() -> None:
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory(prefix="bench-datasets-") as name:
        folder = Path(name)
        os.environ.update({"PORTAL_DATA_DIR": str(folder / "data"), "DJANGO_SETTINGS_MODULE": "portal.settings.dev"})
        # Published by a process of its own, so that its memory is its own.
        command = [
            sys.executable,
            "-c",
            f"import sys; sys.path.insert(0, {str(ROOT)!r}); from pathlib import Path; from bench.datasets_api import publish; publish(Path({name!r}), {number})",
        ]
        subprocess.run(command, check=True, cwd=ROOT, env={**os.environ, "PORTAL_PROCESS": "owner"})
        try:
            compare(folder)
        finally:
            from portal import embedded

            embedded.stop_postgres(folder / "data")
            embedded.stop_valkey(folder / "data")


if __name__ == "__main__":
    main()
