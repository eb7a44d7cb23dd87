"""A provider's pages while a worker checks and stores 500,000 rows: how long each answer takes, before and meanwhile.

A number sets the rows. Pages are served by gunicorn, two workers with four threads, as in production; the worker is a
process of its own. Asserted: every answer is a success, 95 of 100 within a second (on a busy machine, within three times
what they took before), and the worker's memory.
"""

from __future__ import annotations

import contextlib
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.request import Request, urlopen

from bench.collection import MAX_BYTES, open_portal, write_file
from bench.serving import ROOT, collect_static, free_port, wait_for

MAX_SECONDS = 1.0
#: On a machine that is busy with other things, so many times what the same answers took before.
MOST_SLOWER = 3
BEFORE_SECONDS = 10
PAUSE = 0.05


def work(upload: int) -> None:
    """Check and keep an upload, as the worker does; in a process of its own."""
    import django

    django.setup()
    from portal.submissions.actions import keep_upload
    from portal.submissions.models import Upload
    from portal.submissions.tasks import process_upload
    from portal.users.models import User

    started = time.monotonic()
    process_upload(upload)
    checked = time.monotonic()
    keep_upload(by=User.objects.get(email="bench@example.org"), upload=Upload.objects.get(pk=upload))
    process_upload(upload)
    kept = Upload.objects.get(pk=upload)
    assert kept.state == "kept", kept.message
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(
        f"worker: {kept.stored:,} rows, checked in {checked - started:.1f} s, stored in {time.monotonic() - checked:.1f} s, "
        f"peak {peak / 2**20:,.0f} MB",
        flush=True,
    )
    assert peak < MAX_BYTES, "more memory than the rule"


def ask(port: int, path: str, cookie: str) -> float:
    """Return how long an answer took to come whole."""
    request = Request(f"http://127.0.0.1:{port}{path}", headers={"Host": "localhost", "Cookie": cookie})
    started = time.monotonic()
    with urlopen(request, timeout=60) as answer:  # noqa: S310 - our own server
        assert answer.status == 200, f"{path}: {answer.status}"
        assert answer.url.endswith(path), f"sent to {answer.url}"
        answer.read()
    return time.monotonic() - started


def told(when: str, answers: list[tuple[float, str]]) -> float:
    """Say how long answers took, and which took longest; return the time within which 95 of 100 came."""
    taken = [seconds for seconds, _page in answers]
    slow = statistics.quantiles(taken, n=20)[-1]
    longest = ", ".join(f"{seconds * 1000:.0f} ms for {page}" for seconds, page in sorted(answers, reverse=True)[:3])
    print(
        f"{when}: {len(taken)} answers, median {statistics.median(taken) * 1000:.0f} ms, "
        f"95 of 100 within {slow * 1000:.0f} ms, longest {longest}"
    )
    return slow


def run(path: Path) -> None:
    user = open_portal()
    from django.test import Client

    from portal.submissions.actions import receive_upload
    from portal.submissions.models import Return

    client = Client()
    client.force_login(user)
    cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())
    of_return = Return.objects.get()
    upload = receive_upload(by=user, of_return=of_return, path=path, file_name=path.name)
    pages = [
        "/collect/",
        f"/collect/returns/{of_return.pk}/",
        f"/collect/uploads/{upload.pk}/",
        f"/collect/uploads/{upload.pk}/status.json",
    ]
    collect_static()
    port = free_port()
    command = [f"{ROOT}/.venv/bin/gunicorn", "portal.wsgi:application", "--bind", f"127.0.0.1:{port}", "--workers", "2"]
    command += ["--worker-class", "gthread", "--threads", "4", "--preload", "--log-level", "warning"]
    server = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "DEBUG": "0", "PORTAL_PROCESS": "service"})
    worker = None
    try:
        wait_for(port, "/collect/forms/oh-worker-1/")
        for page in pages:
            ask(port, page, cookie)
        before, until = [], time.monotonic() + BEFORE_SECONDS
        while time.monotonic() < until:
            before += [(ask(port, page, cookie), page) for page in pages]
            time.sleep(PAUSE)
        usual = told("pages before", before)
        worker = subprocess.Popen([sys.executable, "-m", "bench.collection_page", "work", str(upload.pk)], cwd=ROOT)
        meanwhile = []
        while worker.poll() is None:
            meanwhile += [(ask(port, page, cookie), page) for page in pages]
            time.sleep(PAUSE)
        slow = told("pages meanwhile", meanwhile)
        print(f"load of the machine {os.getloadavg()[0]:.1f}")
        assert worker.returncode == 0, "the worker failed"
        assert slow < max(MAX_SECONDS, MOST_SLOWER * usual), "the page is not usable meanwhile"
    finally:
        server.terminate()
        server.wait(20)
        if worker is not None and worker.poll() is None:
            worker.terminate()


def main() -> None:
    rows = next((int(word) for word in sys.argv[1:] if word.isdigit()), 500_000)
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(
            PORTAL_DATA_DIR=f"{folder}/data",
            PORTAL_PROCESS="owner",
            DJANGO_SETTINGS_MODULE="portal.settings.dev",
            LOG_LEVEL="ERROR",
            PYTHONWARNINGS="ignore",
        )
        from portal import embedded

        try:
            write_file(Path(folder) / "staff.csv", rows)
            run(Path(folder) / "staff.csv")
        finally:
            with contextlib.suppress(FileNotFoundError):
                embedded.stop_postgres(Path(f"{folder}/data"))
                embedded.stop_valkey(Path(f"{folder}/data"))


if __name__ == "__main__":
    work(int(sys.argv[2])) if sys.argv[1:2] == ["work"] else main()
