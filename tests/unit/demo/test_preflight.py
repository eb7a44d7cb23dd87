"""What can be in the way of the demo, and the way on that each message names."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import psutil
import pytest

from portal.core import progress
from portal.demo import preflight, processes
from portal.demo.places import Places, read_json, write_json
from portal.demo.preflight import Obstacle
from portal.demo.preparation import Step, _do, _explain
from portal.demo.supervisor import clear_leftovers, hold
from portal.embedded import free_port


class Usage(NamedTuple):
    total: int
    used: int
    free: int


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(tmp_path / "demo")


def test_a_port_in_use_is_named_with_one_that_is_free() -> None:
    with socket.socket() as taken:
        port = free_port()
        taken.bind(("127.0.0.1", port))
        taken.listen()
        with pytest.raises(Obstacle, match=rf"Port {port} is in use.*make demo PORT=\d+"):
            preflight.check_port(port)
    preflight.check_port(port)


def test_a_full_disk_is_said_before_anything_starts(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: Usage(10, 10, 300 * 2**20))
    with pytest.raises(Obstacle, match=r"300 MB free; the demo needs 1500 MB.*PORTAL_DATA_DIR="):
        preflight.check_disk(places)
    write_json(places.prepared, {"tables": "made"})
    preflight.check_disk(places)  # a later start needs little


def test_another_user_s_folder_is_refused(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    places.data.mkdir()
    preflight.check_owner(places)
    monkeypatch.setattr(os, "geteuid", lambda: 54321)
    with pytest.raises(Obstacle, match="belongs to the user"):
        preflight.check_owner(places)


def test_one_demo_at_a_time_in_one_folder(places: Places) -> None:
    lock = hold(places)
    write_json(places.running, {"ready": True, "address": "http://localhost:1"})
    code = "from portal.demo.supervisor import hold; from portal.demo.places import Places; hold(Places.here())"
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "PORTAL_DATA_DIR": str(places.data)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "running already at http://localhost:1" in done.stderr
    lock.release()


def test_leftovers_are_ended_and_nobody_else_s_process(places: Places) -> None:
    ours, other = (subprocess.Popen(["sleep", "600"], start_new_session=True) for _ in range(2))
    stranger = {"pid": other.pid, "created": psutil.Process(other.pid).create_time() - 100}
    children = {"web": processes.identity(psutil.Process(ours.pid)), "worker": stranger}
    write_json(places.running, {"children": children, "servers": ["postgres"]})
    try:
        assert clear_leftovers(places) == ["postgres"]
        assert ours.wait(timeout=60) is not None
        assert other.poll() is None, "its number was used again by somebody else"
    finally:
        other.kill()
        other.wait()
    assert not places.running.exists()


@pytest.mark.slow
def test_a_stubborn_process_and_its_children_are_killed() -> None:
    script = "trap '' TERM; sleep 600 & echo $!; wait"
    parent = subprocess.Popen(["bash", "-c", script], stdout=subprocess.PIPE, text=True, start_new_session=True)
    assert parent.stdout is not None
    child = psutil.Process(int(parent.stdout.readline()))
    processes.stop([psutil.Process(parent.pid)], seconds=0.5)
    parent.stdout.close()
    parent.wait(timeout=60)
    assert not psutil.pid_exists(parent.pid)
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE


def test_half_written_memory_is_no_memory(places: Places) -> None:
    places.data.mkdir()
    places.prepared.write_text('{"tables": ')
    assert read_json(places.prepared) == {}


def test_progress_of_a_command_is_read_line_by_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setenv(progress.VARIABLE, "lines")
    with progress.progress("Demo data") as report:
        report(0.5, "March 2022")
    assert progress.parse(capsys.readouterr().out) == (0.5, "March 2022")
    assert progress.parse("an ordinary line") is None


@pytest.mark.slow
def test_a_failed_step_shows_its_last_words_and_a_way_on(places: Places) -> None:
    step = Step("content", "Starting content", 1, "", (("no_such_command",),))
    # Servers of one's own are named, so that the command starts none.
    names = ("DATABASE_URL", "SUBMISSIONS_DATABASE_URL", "REDIS_URL", "CELERY_BROKER_URL")
    servers = {name: ("postgres" if "DATABASE" in name else "redis") + "://127.0.0.1:1/0" for name in names}
    with pytest.raises(Obstacle) as failed:
        _do(step, places, os.environ | servers | {"PORTAL_DATA_DIR": str(places.data)}, lambda _part, _text: None)
    assert not (places.data / "postgres").exists()
    assert "Unknown command: 'no_such_command'" in str(failed.value)
    assert "make reset-demo" in str(failed.value)
    assert "no_such_command" in (places.logs / "prepare.log").read_text()


def test_a_disk_that_fills_up_on_the_way_is_said(places: Places) -> None:
    step = Step("demo", "Demo data", 1, "", ())
    assert "The disk is full" in _explain(step, ["OSError: [Errno 28] No space left on device"], places)
