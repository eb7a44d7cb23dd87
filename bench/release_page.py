"""The full release page beside the home page of a bare `wagtail start` project: uncached, from the page cache, behind nginx.

One run, one machine, the same gunicorn for both: two workers with four threads. What is done when:

- at publication, once: figures are read from the dataset's file, charts drawn, tables, sentences and sections of
  the version rendered, for every perspective and language (the version can never change);
- uncached, on each request: versions of the release, series and next release are read from the database, and the
  page is rendered around those parts; the page cache is not asked;
- from the page cache: the generation of the series is read from Valkey, the bytes come from the process;
- behind nginx: the configuration in deploy/, a copy for as many seconds as the portal allows.

Needs wrk, and for the last part nginx: apt-get install wrk nginx-light.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING
from urllib.request import Request, urlopen

from bench.serving import COUNTS, ROOT, collect_static, free_port, wait_for
from tests.interop.front import find_nginx, nginx

if TYPE_CHECKING:
    from email.message import Message

SECONDS = "2"
CONNECTIONS = "16"
ROUNDS = 5
WORKERS = 2
TRIES = 6
LEAST_SHARE = 0.25


def rate(address: str, *headers: str) -> float:
    """Return requests a second, as wrk counts them; every answer must be a success."""
    command = ["wrk", "-t2", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "--timeout", "20s"]
    for header in ("Host: localhost", *headers):
        command += ["-H", header]
    command.append(address)
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in said or "Socket errors" in said:
        raise SystemExit(f"{address}: {said}")
    return float(re.search(r"Requests/sec:\s+([\d.]+)", said)[1])


def publish(folder: Path) -> None:
    """Publish one release with tables and every kind of chart, in an installation of its own; say where."""
    import django

    django.setup()
    from django.core.management import call_command

    for alias in ("default", "submissions"):
        call_command("migrate", database=alias, verbosity=0)
    call_command("load_starting_content", verbosity=0)
    from portal.publications import fragments
    from tests.factories import publications as make

    people = make.make_people()
    version = make.make_release(folder, make.make_series("bench"))
    page = version.release.get_latest_revision_as_object()
    page.sections = [*page.sections.get_prep_value(), *make.sections_of_every_kind()]
    page.save_revision(user=people["Editors"])
    version = make.publish(version, people)
    # What the worker does right after every publication; here is none.
    print(f"prepared at publication: {fragments.prepare(version)} pages (perspectives × languages × addresses)")
    (folder / "address").write_text(version.get_absolute_url())


def bare_wagtail(folder: Path) -> None:
    """Make the project that `wagtail start` makes, with its tables and its home page."""
    folder.mkdir()
    run = {
        "cwd": folder,
        "stdout": subprocess.DEVNULL,
        "env": {**os.environ, "DJANGO_SETTINGS_MODULE": ""},
    }
    subprocess.run([f"{ROOT}/.venv/bin/wagtail", "start", "bare", "."], check=True, **run)
    # As in production: no debugging. Nothing else is changed.
    settings = folder / "bare" / "settings" / "bench.py"
    settings.write_text(
        "from .base import *\nDEBUG = False\nSECRET_KEY = 'bench'\nALLOWED_HOSTS = ['*']\n"
        "STORAGES['staticfiles']['BACKEND'] = 'django.contrib.staticfiles.storage.StaticFilesStorage'\n"
    )
    (folder / "served.py").write_text("from bare.wsgi import application\n")
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "bare.settings.bench"}
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity", "0"], check=True, **{**run, "env": environment}
    )


def serve(application: str, folder: Path, port: int, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    """Start gunicorn, the same for both."""
    command = [f"{ROOT}/.venv/bin/gunicorn", application, "--bind", f"127.0.0.1:{port}", "--workers", str(WORKERS)]
    command += ["--worker-class", "gthread", "--threads", "4", "--preload", "--log-level", "warning"]
    return subprocess.Popen(command, cwd=folder, env={**os.environ, **environment})


def fetch(base: str, path: str, **headers: str) -> bytes:
    """Return an answer of our own server as it was sent."""
    request = Request(f"{base}{path}", headers={"Host": "localhost", **headers})  # noqa: S310 - our own server
    with urlopen(request) as answer:  # noqa: S310 - our own server
        return answer.read()


def transferred(base: str, address: str) -> int:
    """Return the compressed bytes of the page with its styles and scripts: all there is before images."""
    html = fetch(base, address)
    packed = fetch(base, address, **{"Accept-Encoding": "br, gzip"})
    links = re.findall(r'(?:<link rel="stylesheet" href|<script[^>]* src)="(/static/[^"]+)"', html.decode())
    sent = sum(len(fetch(base, link, **{"Accept-Encoding": "br, gzip"})) for link in sorted(set(links)))
    return len(packed) + sent


def counts_of(base: str) -> dict[int, dict[str, int]]:
    """Return what the page cache of each process counted."""
    found: dict[int, dict[str, int]] = {}
    for _ in range(200):
        told = json.loads(fetch(base, COUNTS))
        found[told.pop("process")] = told
        if len(found) == WORKERS:
            break
    return found


def processor_seconds(server: subprocess.Popen[bytes]) -> list[float]:
    """Return how long each process of a server has computed."""
    children = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()
    fields = [Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split() for pid in children]
    return [(int(one[11]) + int(one[12])) / os.sysconf("SC_CLK_TCK") for one in fields]


def asked(address: str, server: subprocess.Popen[bytes]) -> tuple[float, float]:
    """Return the rate on fresh connections, and the milliseconds that the server computed for each request.

    Connections that stay go to whichever process is quicker to take them. A round in which one process had nearly
    all of them measures half of the server, and is asked again.
    """
    for _ in range(TRIES):
        before = processor_seconds(server)
        found = rate(address)
        spent = [new - old for new, old in zip(processor_seconds(server), before, strict=True)]
        if min(spent) >= LEAST_SHARE * sum(spent):
            break
        print(f"asked again: one process had {max(spent) / sum(spent):.0%} of the work at {found:,.0f} requests/s")
    return found, sum(spent) / (found * int(SECONDS)) * 1000


def measure(folder: Path) -> None:
    ours, theirs = free_port(), free_port()
    address = (folder / "address").read_text()
    common = {"DEBUG": "0", "LOG_LEVEL": "ERROR", "FRONTEND_CACHE_SECONDS": "10"}
    collect_static()
    portal = serve("bench.counted:application", ROOT, ours, {**common, "PORTAL_PROCESS": "service"})
    bare = serve("served:application", folder / "bare", theirs, {"DJANGO_SETTINGS_MODULE": "bare.settings.bench"})
    try:
        wait_for(ours, address)
        wait_for(theirs, "/")
        base = f"http://127.0.0.1:{ours}"
        page = fetch(base, address)
        print(
            f"the page: {len(page):,} bytes; with styles and scripts, compressed: {transferred(base, address):,} bytes"
        )
        asks = (
            (f"http://127.0.0.1:{theirs}/", bare),
            (f"{base}{address}?uncached=1", portal),
            (base + address, portal),
        )
        for one, _server in asks:  # each process makes its templates ready
            rate(one)
        warm = counts_of(base)
        # In turn, on fresh connections, so that what else the machine does hits all of them.
        rounds = [[asked(*one) for one in asks] for _ in range(ROUNDS)]
        say_pages(rounds)
        say_counts(warm, counts_of(base))
        behind_nginx(folder, ours, address)
    finally:
        for server in (portal, bare):
            server.terminate()
            server.wait(20)


def say_pages(rounds: list[list[tuple[float, float]]]) -> None:
    """Print every round, and the medians."""
    titles = ("bare wagtail home page", "release page, uncached", "release page, page cache")
    for title, column in zip(titles, zip(*rounds, strict=True), strict=True):
        rates, costs = zip(*column, strict=True)
        print(
            f"{title:26s} {median(rates):9,.0f} requests/s, {median(costs):6.2f} ms of the processor each"
            f"   rounds: {', '.join(f'{one:,.0f}' for one in rates)}"
        )
    halves = [uncached[0] / bare[0] for bare, uncached, _cached in rounds]
    times = [cached[0] / uncached[0] for _bare, uncached, cached in rounds]
    print(f"uncached against bare: {in_short(halves)} (at least 0.5)")
    print(f"page cache against uncached: {in_short(times)} (at least 10)")


def say_counts(before: dict[int, dict[str, int]], after: dict[int, dict[str, int]]) -> None:
    """Print what each process answered from its page cache while it was measured."""
    for process, counts in sorted(after.items()):
        told = {name: number - before.get(process, {}).get(name, 0) for name, number in counts.items()}
        print(f"page cache of process {process}: {told}")


def in_short(ratios: list[float]) -> str:
    """Return the median of some ratios, and all of them."""
    return f"{median(ratios):.2f}, median of {', '.join(f'{one:.2f}' for one in ratios)}"


def file_locations(folder: Path, head: Message) -> str:
    """Return where nginx serves the page as a file: as it comes, and with the header lines that the page has."""
    of_nginx = {"server", "date", "connection", "content-type", "content-length", "content-encoding", "etag"}
    lines = [(name, value) for name, value in head.items() if name.lower() not in of_nginx]
    same = " ".join(f'add_header {name} "{value}";' for name, value in lines)
    plain = f"alias {folder}/files/; gzip off; add_header Content-Encoding gzip;"
    return f"location /bare/ {{ {plain} }} location /same/ {{ {plain} {same} }}"


def behind_nginx(folder: Path, portal: int, address: str) -> None:
    """Compare nginx's cache of the page with a file of the same bytes, served by the same nginx, as browsers ask."""
    (folder / "files").mkdir()
    packing = {"Host": "localhost", "Accept-Encoding": "gzip"}
    with urlopen(Request(f"http://127.0.0.1:{portal}{address}", headers=packing)) as answer:
        packed, head = answer.read(), answer.headers
    for name in ("X-Accel-Expires", "Surrogate-Control"):
        del head[name]  # said to nginx alone
    (folder / "files" / "page.html").write_bytes(packed)
    with nginx(folder, portal, more=file_locations(folder, head)) as front:
        paths = (address, "/same/page.html", "/bare/page.html")
        # The first fills the cache; then in turn, so that what the machine does hits all.
        rounds = [[rate(f"{front}{path}", "Accept-Encoding: gzip") for path in paths] for _ in range(ROUNDS + 1)]
        with urlopen(Request(f"{front}{address}", headers=packing)) as answer:  # noqa: S310 - our own server
            said, same = answer.headers["X-Cache"], answer.read() == packed
    rounds = rounds[1:]
    titles = ("behind nginx’s cache", "nginx, a file, same header", "nginx, a file, bare")
    for title, rates in zip(titles, zip(*rounds, strict=True), strict=True):
        print(f"{title:26s} {median(rates):9,.0f} requests/s   rounds: {', '.join(f'{one:,.0f}' for one in rates)}")
    print(f"{len(packed):,} bytes, X-Cache: {said}, same bytes: {same}")
    print(f"file with the same header lines against the cache: {in_short([b / a for a, b, _ in rounds])} (at most 1.2)")
    print(f"file without them against the cache: {in_short([c / a for a, _, c in rounds])}")


def main() -> None:
    if not shutil.which("wrk"):
        sys.exit("This bench needs wrk: apt-get install wrk.")
    find_nginx()
    with tempfile.TemporaryDirectory(prefix="bench-release-") as name:
        folder = Path(name)
        own = {"PORTAL_DATA_DIR": str(folder / "data"), "DJANGO_SETTINGS_MODULE": "bench.settings"}
        os.environ.update({**own, "STATIC_ROOT": str(folder / "static")})
        code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from pathlib import Path; from bench.release_page import publish; publish(Path({name!r}))"
        subprocess.run(
            [sys.executable, "-c", code],
            check=True,
            cwd=ROOT,
            env={**os.environ, "PORTAL_PROCESS": "owner", "LOG_LEVEL": "ERROR"},
        )
        bare_wagtail(folder / "bare")
        try:
            measure(folder)
        finally:
            from portal import embedded

            embedded.stop_postgres(folder / "data")
            embedded.stop_valkey(folder / "data")


if __name__ == "__main__":
    main()
