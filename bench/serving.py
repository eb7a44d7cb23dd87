"""What benches of servers share: ports, waiting, asking with wrk, nginx over a folder."""

from __future__ import annotations

import http.client
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from portal.embedded import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[1]
COUNTS = "/counts-of-the-page-cache"  # an address of bench/counted.py
# Asks for another area each time where the path says AREA, and for another range where a size is given.
ASKING = """
local path, size, length
function init(args) path, size, length = args[1], tonumber(args[2]), tonumber(args[3]); math.randomseed(os.time()) end
function request()
  local asked = path:gsub("AREA", string.format("E%08d", math.random(0, 399)))
  if size then
    local start = math.random(0, size - length)
    return wrk.format("GET", asked, {Range = string.format("bytes=%d-%d", start, start + length - 1)})
  end
  return wrk.format("GET", asked)
end
function done(summary, latency)
  local e = summary.errors
  io.write(string.format("RESULT %d %f %f %f %d %d\\n", summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3,
    latency:percentile(95) / 1e3, summary.bytes, e.connect + e.read + e.write + e.status + e.timeout))
end
"""
NGINX = """
daemon off; worker_processes 2; pid {folder}/nginx.pid; error_log {folder}/error.log; events {{ worker_connections 1024; }}
http {{
  access_log off; sendfile on; tcp_nopush on; default_type application/octet-stream;
  client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{ listen 127.0.0.1:{port}; root {files}; }}
}}
"""


def collect_static() -> None:
    """Collect, hash and compress styles and scripts, as in production before a server starts.

    Those of the CMS and of the API's documentation, which no reader's page asks for, take a minute and are left out.
    """
    command = [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"]
    for others in ("wagtail*", "drf_*", "rest_framework", "account", "mfa", "admin", "treebeard", "table_block"):
        command += ["--ignore", others]
    subprocess.run(command, cwd=ROOT, check=True)


class Figures(NamedTuple):
    """What a server did while it was asked."""

    rate: float
    p50: float
    p95: float
    megabytes: float

    def __str__(self) -> str:
        return f"{self.rate:9,.1f} requests/s   p50 {self.p50:7,.1f} ms   p95 {self.p95:7,.1f} ms   {self.megabytes:8,.1f} MB/s"


def need(*programs: str) -> None:
    """End with a word when a program is not here."""
    if missing := [name for name in programs if not shutil.which(name)]:
        sys.exit(f"This bench needs {', '.join(missing)}: apt-get install wrk nginx-light.")


def wait_for(port: int, path: str) -> None:
    """Wait until a server answers."""
    for _ in range(240):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            connection.request("GET", path)
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.25)
    raise TimeoutError(f"nothing answers at {port}{path}")


def ask(folder: Path, port: int, path: str, *, clients: int = 8, seconds: int = 6, ranges: tuple = ()) -> Figures:
    """Ask from several clients, each on a connection that stays; every answer must be a success."""
    script = folder / "asking.lua"
    script.write_text(ASKING)
    command = ["wrk", "-t1", f"-c{clients}", "--timeout", "60s", "-s", str(script)]
    rest = [f"http://127.0.0.1:{port}", "--", path, *map(str, ranges)]
    for time_of in (1, seconds):  # the first warms whatever a server keeps
        said = subprocess.run([*command, f"-d{time_of}s", *rest], capture_output=True, text=True, check=True).stdout
    found = next(line.split()[1:] for line in said.splitlines() if line.startswith("RESULT"))
    requests, took, p50, p95, size, errors = map(float, found)
    if errors or not requests:
        raise SystemExit(f"{port}{path}: {said}")
    return Figures(requests / took, p50, p95, size / took / 1e6)


@contextmanager
def nginx(folder: Path, files: Path) -> Iterator[int]:
    """Serve a folder with nginx; give the port."""
    place = folder / "nginx"
    place.mkdir()
    port = free_port()
    # nginx gives up root for its workers: they must reach the files.
    for one in (folder, place, *[part for part in (files, *files.parents) if part.is_relative_to(folder)]):
        one.chmod(0o755)
    settings = place / "nginx.conf"
    settings.write_text(NGINX.format(folder=place, port=port, files=files))
    server = subprocess.Popen(["nginx", "-c", settings, "-e", f"{place}/error.log"])
    try:
        yield port
    finally:
        server.terminate()
        server.wait(20)
