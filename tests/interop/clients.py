"""Running clients that others wrote, in environments of their own."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

VAR = Path(__file__).resolve().parents[2] / "var"
CLIENTS = VAR / "interop" / "bin"
CKAN = VAR / "interop-ckan" / "bin"
needs_clients = pytest.mark.skipif(
    not (CLIENTS.exists() and CKAN.exists()), reason="the clients are not installed here: make interop"
)


def run(*command: str, code: str = "", folder: Path = CLIENTS, seconds: int = 900) -> str:
    """Run a client and return what it says; fail with it when it is not content."""
    parts = [str(folder / command[0]), *command[1:], *(["-c", code] if code else [])]
    environment = {**os.environ, "PYTHONPATH": "", "NO_PROXY": "*", "no_proxy": "*"}
    done = subprocess.run(
        parts, capture_output=True, text=True, timeout=seconds, check=False, env=environment, cwd="/tmp"
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-12_000:]
    return done.stdout


def files(published: Any) -> str:
    """Return the address below which the files of the version are."""
    return published[0] + published[1].get_absolute_url() + "files/"
