"""Which code computed a figure: version, commit, and whether it differs from its commit."""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
import tomllib
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
LIBRARIES = ("duckdb", "highspy", "numpy", "pyarrow", "scipy")
COMPUTING = ("portal/methods", "portal/pipelines")
#: What decides figures. A changed text file elsewhere does not make figures doubtful.
WATCHED = ("portal", "requirements", "pyproject.toml")


@cache
def code_version() -> dict[str, Any]:
    """Return version, commit and dirty flag of the code that this process runs.

    An image without a repository carries its commit in ``PORTAL_COMMIT``; without either the
    code counts as changed, because nobody could find it again.
    """
    package = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    if commit := os.environ.get("PORTAL_COMMIT"):
        return {"version": package, "commit": commit, "dirty": False}
    commit = _git("rev-parse", "HEAD")
    changed = _git("status", "--porcelain", "--untracked-files=all", "--", *WATCHED) if commit else ""
    return {"version": package, "commit": commit, "dirty": not commit or bool(changed)}


@cache
def code_digest() -> str:
    """Return a hash of the sources that compute figures: what is kept from earlier runs is kept under it."""
    digest = hashlib.sha256()
    for folder in COMPUTING:
        for file in sorted((ROOT / folder).rglob("*.py")):
            digest.update(file.relative_to(ROOT).as_posix().encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


@cache
def library_versions() -> dict[str, str]:
    """Return the versions of Python and of the libraries that figures pass through."""
    return {"python": platform.python_version(), **{name: version(name) for name in LIBRARIES}}


def _git(*words: str) -> str:
    try:
        done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False, timeout=30)
    except (FileNotFoundError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
