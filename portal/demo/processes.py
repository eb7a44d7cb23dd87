"""The processes of the demo: web, two workers and beat, started, watched, restarted and stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any

import psutil

from portal.demo.places import ROOT
from portal.settings.queues import PUBLISHING

if TYPE_CHECKING:
    from pathlib import Path

STOP_SECONDS = 15
RESTARTS = 5
RESTART_WINDOW_SECONDS = 120


def commands(port: int, host: str) -> dict[str, list[str]]:
    """Return the command of each process by name."""
    celery = [sys.executable, "-m", "celery", "-A", "portal"]
    return {
        "web": [
            sys.executable, "-m", "gunicorn", "portal.wsgi:application", "--config", "python:portal.gunicorn_conf",
            "--bind", f"{host}:{port}", "--error-logfile", "-",
        ],
        "worker": [
            *celery, "worker", "--concurrency", "2", "--loglevel", "INFO", "--without-mingle",
            "--exclude-queues", PUBLISHING,
        ],
        "publisher": [*celery, *publisher()],
        "beat": [*celery, "beat", "--loglevel", "INFO", "--pidfile", ""],
    }  # fmt: skip


def publisher() -> list[str]:
    """Return the arguments of the worker for publishing alone: its jobs wait for others, so threads will do."""
    return [
        "worker", "--queues", PUBLISHING, "--pool", "threads", "--concurrency", "4", "--loglevel", "INFO",
        "--without-mingle", "--hostname", "publisher@%h",
    ]  # fmt: skip


def identity(process: psutil.Process) -> dict[str, Any]:
    """Return what tells this process from a later one with the same number."""
    return {"pid": process.pid, "created": process.create_time()}


def find(known: dict[str, Any]) -> psutil.Process | None:
    """Return the running process that :func:`identity` described; None when it has ended."""
    try:
        process = psutil.Process(int(known["pid"]))
        same = abs(process.create_time() - float(known["created"])) < 1 and process.status() != psutil.STATUS_ZOMBIE
    except (psutil.Error, KeyError, TypeError, ValueError):
        return None
    return process if same else None


@dataclass
class Child:
    """One process of the demo and its log."""

    name: str
    command: list[str]
    environment: dict[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    log_start: int = 0
    restarts: list[float] = field(default_factory=list)

    def start(self) -> None:
        """Start in a session of its own, so that Ctrl-C reaches the supervisor alone."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.log_start = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def ended(self) -> bool:
        """Whether the process is gone."""
        return self.process is not None and self.process.poll() is not None

    def may_restart(self) -> bool:
        """Whether it has not been started too often of late."""
        now = time.monotonic()
        self.restarts = [moment for moment in self.restarts if now - moment < RESTART_WINDOW_SECONDS]
        self.restarts.append(now)
        return len(self.restarts) <= RESTARTS

    def words(self) -> str:
        """Return what the process has logged since it was started."""
        if not self.log.exists():
            return ""
        with self.log.open("rb") as log:
            return _tail(log, self.log_start)


def _tail(log: IO[bytes], start: int) -> str:
    log.seek(start)
    return log.read().decode(errors="replace")


def stop(processes: list[psutil.Process], *, seconds: float = STOP_SECONDS) -> None:
    """Ask the processes to end; after ``seconds`` kill them and their children."""
    families = [[process, *_children(process)] for process in processes]
    for process in processes:
        _send(process, signal.SIGTERM)
    _gone, alive = psutil.wait_procs(processes, timeout=seconds)
    for process in alive:
        _send(process, signal.SIGKILL)
    # What a killed parent left behind is ours too.
    orphans = [member for family in families for member in family[1:] if member.is_running()]
    for orphan in orphans:
        _send(orphan, signal.SIGKILL)
    psutil.wait_procs([*alive, *orphans], timeout=5)


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _send(process: psutil.Process, number: signal.Signals) -> None:
    try:
        process.send_signal(number)
    except psutil.NoSuchProcess:
        return


def detach(arguments: list[str], log: Path) -> subprocess.Popen[bytes]:
    """Start a part of this program that outlives the terminal."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as sink:
        return subprocess.Popen(
            [sys.executable, "-m", "portal.demo", *arguments],
            cwd=ROOT,
            env=dict(os.environ),
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
            start_new_session=True,
        )
