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

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.request import Request, urlopen

from bench.serving import ROOT, collect_static, free_port, wait_for
from tests.interop.front import find_nginx, nginx

SECONDS = "3"
CONNECTIONS = "16"


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
    command = [f"{ROOT}/.venv/bin/gunicorn", application, "--bind", f"127.0.0.1:{port}", "--workers", "2"]
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


def measure(folder: Path) -> None:
    ours, theirs = free_port(), free_port()
    address = (folder / "address").read_text()
    common = {"DEBUG": "0", "LOG_LEVEL": "ERROR", "FRONTEND_CACHE_SECONDS": "10"}
    collect_static()
    servers = [
        serve("portal.wsgi:application", ROOT, ours, {**common, "PORTAL_PROCESS": "service"}),
        serve("served:application", folder / "bare", theirs, {"DJANGO_SETTINGS_MODULE": "bare.settings.bench"}),
    ]
    try:
        wait_for(ours, address)
        wait_for(theirs, "/")
        base = f"http://127.0.0.1:{ours}"
        page = fetch(base, address)
        addresses = (f"http://127.0.0.1:{theirs}/", f"{base}{address}?uncached=1", f"{base}{address}")
        # In turn, so that what else the machine does hits all of them; of each the best.
        rounds = [[rate(one) for one in addresses] for _ in range(3)]
        bare, uncached, cached = (max(found) for found in zip(*rounds, strict=True))
        print(
            f"the page: {len(page):,} bytes; with styles and scripts, compressed: {transferred(base, address):,} bytes"
        )
        print(f"bare wagtail home page     {bare:10,.0f} requests/s")
        print(
            f"release page, uncached     {uncached:10,.0f} requests/s   {uncached / bare:6.2f} of bare (at least 0.5)"
        )
        print(
            f"release page, page cache   {cached:10,.0f} requests/s   {cached / uncached:6.1f} times uncached (at least 10)"
        )
        behind_nginx(folder, ours, address)
    finally:
        for server in servers:
            server.terminate()
            server.wait(20)


def behind_nginx(folder: Path, portal: int, address: str) -> None:
    """Compare nginx's cache of the page with a file of the same bytes, served by the same nginx, as browsers ask."""
    (folder / "files").mkdir()
    packed = fetch(f"http://127.0.0.1:{portal}", address, **{"Accept-Encoding": "gzip"})
    (folder / "files" / "page.html").write_bytes(packed)
    file = f"location /file/ {{ alias {folder}/files/; gzip off; add_header Content-Encoding gzip; }}"
    with nginx(folder, portal, more=file) as front:
        kept, static, asks = f"{front}{address}", f"{front}/file/page.html", "Accept-Encoding: gzip"
        rate(kept, asks)  # fills the cache
        # In turn, so that what the machine does hits both.
        rates = [(rate(kept, asks), rate(static, asks)) for _ in range(3)]
        with urlopen(Request(kept, headers={"Host": "localhost", "Accept-Encoding": "gzip"})) as answer:  # noqa: S310 - our own server
            said, same = answer.headers["X-Cache"], answer.read() == packed
    cached, still = (max(pair[side] for pair in rates) for side in (0, 1))
    print(
        f"behind nginx’s cache       {cached:10,.0f} requests/s   {len(packed):,} bytes, X-Cache: {said}, same bytes: {same}"
    )
    print(f"nginx, file of same bytes  {still:10,.0f} requests/s   {still / cached:6.2f} times the cache (at most 1.2)")


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
