"""Secrets of a machine that has none set: made once, kept in a private file below ``var/``."""

import contextlib
import secrets
from pathlib import Path


def local_secret(data_dir: Path, name: str) -> str:
    """Return the secret ``name`` kept below ``data_dir``, making it on first use."""
    file = data_dir / "secrets" / name
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Written under another name first: a second process must never read half a secret.
        draft = file.with_name(f"{name}.{secrets.token_hex(4)}")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(48))
        with contextlib.suppress(FileExistsError):  # another process was first; its secret stands
            file.hardlink_to(draft)
        draft.unlink()
    return file.read_text()
