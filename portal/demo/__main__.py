"""``python -m portal.demo start|stop|reset``; ``make demo``, ``make stop`` and ``make reset-demo`` call it."""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
import time
from typing import TYPE_CHECKING

from portal.demo import preflight, processes
from portal.demo.console import Show
from portal.demo.places import Places, read_json
from portal.demo.preflight import Obstacle
from portal.demo.preparation import prepare, start_servers
from portal.demo.supervisor import START_SECONDS, Supervisor, clear_leftovers, hold, stop_servers

if TYPE_CHECKING:
    from types import FrameType

INTERRUPTED = 130
STOP_SECONDS = 60


def main() -> int:
    """Carry out one command and return the exit code."""
    parser = argparse.ArgumentParser(prog="portal.demo")
    parser.add_argument("command", choices=["start", "supervise", "stop", "reset"])
    parser.add_argument("--port", type=int, default=int(os.environ.get("PORT") or 8000))
    parser.add_argument("--host", default=os.environ.get("HOST") or "127.0.0.1")
    parser.add_argument("--detach", action="store_true", default=os.environ.get("DETACH", "") not in {"", "0"})
    parser.add_argument("--servers", default="")
    options = parser.parse_args()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    show, places = Show(), Places.here()
    try:
        return _COMMANDS[options.command](places, options, show)
    except (Obstacle, RuntimeError) as obstacle:  # the embedded servers say what is wrong in words too
        show.say(f"\n{obstacle}")
        return 1
    except KeyboardInterrupt:
        show.say("\nStopped. make demo starts again and keeps the data.")
        return INTERRUPTED if options.command == "start" else 0


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _start(places: Places, options: argparse.Namespace, show: Show) -> int:
    preflight.check_owner(places)
    lock = hold(places)
    preflight.check_disk(places)
    servers = clear_leftovers(places)
    preflight.check_port(options.port, options.host)
    try:
        servers = start_servers(places, show, servers)
        prepare(places, options.port, show)
    except BaseException:
        stop_servers(places, read_json(places.running).get("servers", servers))
        places.running.unlink(missing_ok=True)
        raise
    show.say("Starting web, workers and beat …")
    if options.detach:
        lock.release()
        return _start_detached(places, options, servers, show)
    Supervisor(places, options.port, options.host, servers, show).run(lambda: _announce(places, show, detached=False))
    return 0


def _supervise(places: Places, options: argparse.Namespace, show: Show) -> int:
    lock = hold(places)
    servers = [name for name in options.servers.split(",") if name]
    Supervisor(places, options.port, options.host, servers, show).run(lambda: show.say("ready"))
    lock.release()
    return 0


def _start_detached(places: Places, options: argparse.Namespace, servers: list[str], show: Show) -> int:
    log = places.logs / "supervisor.log"
    start = log.stat().st_size if log.exists() else 0
    supervisor = processes.detach(
        ["supervise", "--port", str(options.port), "--host", options.host, "--servers", ",".join(servers)], log
    )
    deadline = time.monotonic() + START_SECONDS + 30
    while not read_json(places.running).get("ready"):
        if supervisor.poll() is not None:
            raise Obstacle(log.read_text()[start:].strip())
        if time.monotonic() > deadline:
            raise Obstacle(f"The demo did not become ready; see {log}. make stop ends it.")
        time.sleep(0.2)
    _announce(places, show, detached=True)
    return 0


def _announce(places: Places, show: Show, *, detached: bool) -> None:
    address = read_json(places.running)["address"]
    accounts, shown = places.accounts, places.accounts.with_suffix(".shown")
    show.say(f"\nThe portal is at {address}/   (editing at {address}/cms/)")
    if accounts.exists() and not shown.exists():
        show.say(f"\nDemo accounts, shown once and kept in {accounts}:\n{accounts.read_text().rstrip()}")
        shown.touch()
    elif accounts.exists():
        show.say(f"The demo accounts are in {accounts}.")
    show.say(f"\nLogs: {places.logs}/. " + ("make stop ends it." if detached else "Ctrl-C stops everything."))


def _stop(places: Places, _options: argparse.Namespace, show: Show) -> int:
    known = read_json(places.running)
    supervisor = processes.find(known.get("supervisor", {}))
    if supervisor:
        supervisor.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        while processes.find(known["supervisor"]) and time.monotonic() < deadline:
            time.sleep(0.1)
        if processes.find(known["supervisor"]):
            processes.stop([supervisor], seconds=1)
    # A supervisor that was killed could not stop what it had started.
    stop_servers(places, clear_leftovers(places))
    show.say("Stopped. The data are kept; make demo starts again." if known else "The demo is not running.")
    return 0


def _reset(places: Places, options: argparse.Namespace, show: Show) -> int:
    _stop(places, options, show)
    stop_servers(places, ["postgres", "valkey"])
    shutil.rmtree(places.data, ignore_errors=True)
    for file in (places.accounts, places.accounts.with_suffix(".shown")):
        file.unlink(missing_ok=True)
    show.say(f"Removed {places.data}. The next make demo starts afresh.")
    return 0


_COMMANDS = {"start": _start, "supervise": _supervise, "stop": _stop, "reset": _reset}

if __name__ == "__main__":
    sys.exit(main())
