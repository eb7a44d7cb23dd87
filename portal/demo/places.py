"""Where the demo keeps things, and what it remembers between starts."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from portal import embedded

ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True)
class Places:
    """The folder of one demo and the files in it."""

    data: Path

    @classmethod
    def here(cls) -> Places:
        """Return the places of ``PORTAL_DATA_DIR``, by default ``var/demo``."""
        return cls(embedded.data_directory(ROOT / "var" / "demo"))

    @property
    def logs(self) -> Path:
        """The folder of log files."""
        return self.data / "logs"

    @property
    def accounts(self) -> Path:
        """The file with the demo accounts: beside the data folder, never in git."""
        return self.data.parent / f"{self.data.name}-accounts.txt"

    @property
    def lock(self) -> Path:
        """The file that the one running demo of this folder holds."""
        return self.data / "demo.lock"

    @property
    def running(self) -> Path:
        """What is running now: processes and the address."""
        return self.data / "demo.json"

    @property
    def prepared(self) -> Path:
        """What was prepared by earlier starts."""
        return self.data / "prepared.json"


def read_json(file: Path) -> dict[str, Any]:
    """Return what a file of ours holds; nothing when it is not there or half written."""
    try:
        return dict(json.loads(file.read_text()))
    except (OSError, ValueError):
        return {}


def write_json(file: Path, content: dict[str, Any]) -> None:
    """Write a file whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_suffix(".part")
    draft.write_text(json.dumps(content, indent=1))
    draft.replace(file)


def digest_of(patterns: list[str]) -> str:
    """Return a digest over the names and bytes of files below the project."""
    digest = hashlib.sha256()
    files = {file for pattern in patterns for file in ROOT.glob(pattern) if file.is_file()}
    for file in sorted(files):
        if "__pycache__" not in file.parts:
            digest.update(str(file.relative_to(ROOT)).encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:16]


def environment(places: Places, port: int) -> dict[str, str]:
    """Return the environment of every process of the demo."""
    return {
        **os.environ,
        "PORTAL_DATA_DIR": str(places.data),
        "DJANGO_SETTINGS_MODULE": os.environ.get("DJANGO_SETTINGS_MODULE", "portal.settings.dev"),
        "DEBUG": os.environ.get("DEBUG", "false"),
        "BASE_URL": os.environ.get("BASE_URL", f"http://localhost:{port}"),
        "PYTHONUNBUFFERED": "1",
    }
