"""What must be there before the processes start, each step done once and remembered."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from portal import embedded
from portal.core import progress
from portal.demo.places import ROOT, Places, digest_of, environment, read_json, write_json
from portal.demo.preflight import Obstacle

if TYPE_CHECKING:
    from portal.demo.console import Show

Report = Callable[[float, str], None]
TAIL_LINES = 15


@dataclass(frozen=True)
class Step:
    """One thing to prepare: ``state`` says which inputs it was last done with."""

    name: str
    label: str
    weight: int
    state: str
    commands: tuple[tuple[str, ...], ...]


def steps(places: Places, base_url: str) -> list[Step]:
    """Return the steps in order. A step whose state is the remembered one is passed over."""
    tables = digest_of(["portal/*/migrations/*.py", "search/migrations/*.py", "portal/core/grants.py",
                        "portal/settings/public_tables.py"])  # fmt: skip
    content = digest_of(["portal/*/starting_*.py", "portal/*/starting_*/**/*", "search/starting_*.py"])
    styles = digest_of(["static/build/**/*", "static/src/**/*", "requirements/base.lock"])
    return [
        Step("tables", "Tables of both databases", 30, tables, (("migrate", "--verbosity", "1"),)),
        Step("styles", "Styles and scripts", 10, styles, (("collectstatic", "--noinput", "--verbosity", "0"),)),
        Step("content", "Starting content", 15, f"{tables} {content}", (("load_starting_content",),)),
        Step("demo", "Demo data", 60, "loaded", (("load_demo_data",),)),
        Step("address", "Address of the site", 2, base_url, (("set_site_address", base_url),)),
        Step("accounts", "Demo accounts", 2, "made", (("create_demo_accounts", "--file", str(places.accounts)),)),
    ]


def start_servers(places: Places, show: Show, ours: list[str]) -> list[str]:
    """Start PostgreSQL and Valkey unless they run; return the names of those that the demo must stop.

    Each is written down before it starts: even when this process is killed, the next one knows.
    """
    ours = list(ours)
    if not embedded.postgres_runs(places.data):
        show.say("Starting PostgreSQL 18 …")
        ours = _note(places, ours, "postgres")
        embedded.ensure_postgres(places.data)
    if not embedded.valkey_runs(places.data):
        show.say("Starting Valkey 9 …")
        ours = _note(places, ours, "valkey")
        embedded.ensure_valkey(places.data)
    write_json(places.running, {"servers": ours})
    return ours


def _note(places: Places, ours: list[str], server: str) -> list[str]:
    ours = sorted({*ours, server})
    write_json(places.running, {"servers": ours})
    return ours


def prepare(places: Places, port: int, show: Show) -> None:
    """Do every step that is not done yet, with one progress bar over all."""
    done = read_json(places.prepared)
    settings = environment(places, port)
    todo = [step for step in steps(places, settings["BASE_URL"]) if done.get(step.name) != step.state]
    if not todo:
        return
    if "demo" in {step.name for step in todo}:
        show.say("First start: this takes a few minutes. It may be interrupted; the next start goes on from there.")
    with show.bar(sum(step.weight for step in todo)) as bar:
        for step in todo:
            bar.begin(step.label, step.weight)
            _do(step, places, settings, bar.part)
            done[step.name] = step.state
            write_json(places.prepared, done)
            bar.end()


def _do(step: Step, places: Places, settings: dict[str, str], report: Report) -> None:
    places.logs.mkdir(parents=True, exist_ok=True)
    for command in step.commands:
        with (places.logs / "prepare.log").open("a") as log:
            log.write(f"\n$ manage.py {' '.join(command)}  ({time.strftime('%Y-%m-%d %H:%M:%S')})\n")
            log.flush()
            with subprocess.Popen(
                [sys.executable, "manage.py", *command],
                cwd=ROOT,
                env={**settings, progress.VARIABLE: "lines"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
            ) as process:
                tail = _follow(process, log.write, report)
        if process.returncode:
            raise Obstacle(_explain(step, tail, places))


def _follow(process: subprocess.Popen[str], write: Callable[[str], object], report: Report) -> list[str]:
    """Copy what a command says to the log, show its progress, and keep the last lines."""
    tail: list[str] = []
    lines = process.stdout
    if lines is None:
        raise RuntimeError("the command was started without a pipe")
    try:
        for line in lines:
            said = progress.parse(line)
            if said:
                report(*said)
            else:
                write(line)
                tail = [*tail[-TAIL_LINES:], line.rstrip()]
        process.wait()
    except KeyboardInterrupt:  # the command got the signal too: let it finish its transaction
        process.wait(timeout=30)
        raise
    return tail


def _explain(step: Step, tail: list[str], places: Places) -> str:
    words = "\n".join(f"    {line}" for line in tail)
    if any("No space left on device" in line or "DiskFull" in line for line in tail):
        way_on = "The disk is full. Free some space and run make demo again: it goes on from here."
    else:
        way_on = (
            "Run make demo again: it goes on from this step. If it fails again, start afresh with make reset-demo "
            f"(removes the demo's data). The whole log: {places.logs / 'prepare.log'}"
        )
    return f"{step.label}: this step failed.\n{words}\n{way_on}"
