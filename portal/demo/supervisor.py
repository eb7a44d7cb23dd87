"""Keeps the processes of the demo running until it is asked to stop."""

from __future__ import annotations

import os
import signal
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

import fasteners
import psutil

from portal import embedded
from portal.demo import preflight, processes
from portal.demo.places import Places, environment, read_json, write_json
from portal.demo.preflight import Obstacle
from portal.demo.processes import Child

if TYPE_CHECKING:
    from collections.abc import Callable

    from portal.demo.console import Show

START_SECONDS = 90
WATCH_SECONDS = 0.5
TAIL_CHARACTERS = 1500


def hold(places: Places) -> fasteners.InterProcessLock:
    """Take the lock that only one demo of this data folder can hold; it goes when the process ends."""
    places.data.mkdir(parents=True, exist_ok=True)
    lock = fasteners.InterProcessLock(str(places.lock))
    if not lock.acquire(blocking=False):
        known = read_json(places.running)
        where = f" at {known['address']}" if known.get("ready") else ""
        raise Obstacle(f"The demo is running already{where}. Stop it with make stop (or Ctrl-C where it was started).")
    return lock


def clear_leftovers(places: Places) -> list[str]:
    """End what a killed supervisor left running; return the servers that it had started: they are ours now."""
    known = read_json(places.running)
    left = [process for name in known.get("children", {}).values() if (process := processes.find(name))]
    processes.stop(left)
    places.running.unlink(missing_ok=True)
    return [str(name) for name in known.get("servers", [])]


def stop_servers(places: Places, servers: list[str]) -> None:
    """Stop the embedded servers that the demo started."""
    if "valkey" in servers:
        embedded.stop_valkey(places.data)
    if "postgres" in servers:
        embedded.stop_postgres(places.data)


class Supervisor:
    """Starts the processes, waits until they answer, restarts what dies, stops everything it started."""

    def __init__(self, places: Places, port: int, host: str, servers: list[str], show: Show) -> None:
        self.places = places
        self.port = port
        self.host = host
        self.servers = servers
        self.show = show
        settings = environment(places, port)
        self.address = settings["BASE_URL"]
        self.children = [
            Child(name, command, settings, places.logs / f"{name}.log")
            for name, command in processes.commands(port, host).items()
        ]

    def run(self, announce: Callable[[], None]) -> None:
        """Start, announce once everything answers, then watch until a signal comes."""
        # A shell that starts this in the background hands it a Ctrl-C that is ignored; we obey it all the same.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            preflight.check_port(self.port, self.host)
            for child in self.children:
                child.start()
            self._record(ready=False)
            self._wait_until_ready()
            self._record(ready=True)
            announce()
            while True:
                time.sleep(WATCH_SECONDS)
                self._restart_what_died()
        finally:
            self.stop()

    def stop(self) -> None:
        """Stop the processes, then the servers that were started for them."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)  # a second Ctrl-C must not leave half of it running
        alive = [
            process
            for child in self.children
            if child.process and not child.ended() and (process := _process(child.process.pid))
        ]
        processes.stop(alive)
        stop_servers(self.places, self.servers)
        self.places.running.unlink(missing_ok=True)

    def _record(self, *, ready: bool) -> None:
        children = {
            child.name: processes.identity(psutil.Process(child.process.pid))
            for child in self.children
            if child.process and not child.ended()
        }
        write_json(
            self.places.running,
            {
                "supervisor": processes.identity(psutil.Process(os.getpid())),
                "children": children,
                "servers": self.servers,
                "port": self.port,
                "address": self.address,
                "ready": ready,
            },
        )

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        waiting = {
            "web": self._web_answers,
            "worker": lambda: self._is_ready("worker"),
            "publisher": lambda: self._is_ready("publisher"),
            "beat": self._beat_is_ready,
        }
        while waiting:
            for child in self.children:
                if child.ended():
                    raise Obstacle(self._explain(child, "ended while it started"))
            waiting = {name: answers for name, answers in waiting.items() if not answers()}
            if waiting and time.monotonic() > deadline:
                slow = next(child for child in self.children if child.name in waiting)
                raise Obstacle(self._explain(slow, f"did not answer within {START_SECONDS} seconds"))
            time.sleep(0.1)

    def _web_answers(self) -> bool:
        # Both must answer: the process itself, and a page with everything behind it.
        return all(self._status(path) == 200 for path in ("/healthz", "/"))  # noqa: PLR2004 - the status of success

    def _status(self, path: str) -> int:
        host = "127.0.0.1" if self.host in {"0.0.0.0", "127.0.0.1"} else self.host  # noqa: S104 - compared, not bound
        try:
            with urllib.request.urlopen(f"http://{host}:{self.port}{path}", timeout=10) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:  # not listening yet
            return 0

    def _is_ready(self, name: str) -> bool:
        return " ready" in self._child(name).words()

    def _beat_is_ready(self) -> bool:
        return "beat: Starting" in self._child("beat").words()

    def _child(self, name: str) -> Child:
        return next(child for child in self.children if child.name == name)

    def _restart_what_died(self) -> None:
        dead = [child for child in self.children if child.ended()]
        for child in dead:
            if not child.may_restart():
                raise Obstacle(self._explain(child, "ended again and again"))
            self.show.say(f"{child.name} ended; starting it again. Its log: {child.log}")
            child.start()
        if dead:
            self._record(ready=True)

    def _explain(self, child: Child, what: str) -> str:
        if child.name == "web" and "Address already in use" in child.words():
            return f"Port {self.port} was taken in the meantime. Choose another: make demo PORT={self.port + 1}"
        words = child.words()[-TAIL_CHARACTERS:]
        return f"The process {child.name} {what}. Its last words:\n{words}\nThe whole log: {child.log}"


def _process(pid: int) -> psutil.Process | None:
    try:
        return psutil.Process(pid)
    except psutil.NoSuchProcess:
        return None
