"""A front end of another team: renders the latest release of a publication from the content API alone.

    python examples/front_end/render.py http://localhost:8000 occupational-health-workforce > release.html

It knows nothing of the portal but its API, and needs nothing but Python.
"""

from __future__ import annotations

import html
import json
import sys
from typing import Any
from urllib.parse import quote, urlencode
from urllib.request import urlopen

TIMEOUT = 30


def fetch(base: str, path: str, **parameters: str) -> Any:
    """Return the answer of the API as data."""
    address = f"{base}{path}?{urlencode(parameters)}" if parameters else f"{base}{path}"
    with urlopen(address, timeout=TIMEOUT) as answer:  # noqa: S310 - the address is given by whoever runs this
        return json.loads(answer.read())


def latest_release(base: str, series: str, perspective: str = "") -> dict[str, Any]:
    """Return the newest release of a publication under a perspective."""
    pages = "/api/content/pages/"
    listed = fetch(base, pages, type="publications.PublicationSeriesPage", slug=series)["items"]
    if not listed:
        raise SystemExit(f"There is no publication “{series}”.")
    releases = fetch(
        base, pages, type="publications.ReleasePage", child_of=str(listed[0]["id"]), order="-period", limit="1"
    )["items"]
    if not releases:
        raise SystemExit(f"“{series}” has no published release yet.")
    chosen = {"perspective": perspective} if perspective else {}
    release: dict[str, Any] = fetch(base, f"{pages}{releases[0]['id']}/", **chosen)["release"]
    return release


def page(release: dict[str, Any], base: str) -> str:
    """Return the release as one page."""
    words = {key: html.escape(value) for key, value in release["text"].items()}
    parts = [
        f"<!doctype html><html lang='en-GB'><meta charset='utf-8'><title>{words['title']}</title>",
        f"<h1>{words['title']}</h1><p>{words['summary']}</p>",
        _perspectives(release),
        "".join(_headline(one) for one in release["headlines"]),
        "<ul>",
        *(f"<li>{html.escape(point)}</li>" for point in release["main_points"]),
        "</ul>",
        *(_section(section, base) for section in release["sections"]),
        f"<p>Version {release['version']}, {html.escape(release['permanent_address'])}</p></html>",
    ]
    return "\n".join(part for part in parts if part)


def _perspectives(release: dict[str, Any]) -> str:
    links = [
        f"<strong>{html.escape(one['label'])}</strong>"
        if one["code"] == release["perspective"]
        else f"<a href='?perspective={quote(one['code'])}'>{html.escape(one['label'])}</a>"
        for one in release["perspectives"]
    ]
    return f"<p>Counted as: {' · '.join(links)}</p>" if links else ""


def _headline(one: dict[str, Any]) -> str:
    said = ", ".join(html.escape(one[key]) for key in ("period", "change", "coverage") if one[key])
    return f"<p><b>{html.escape(one['value'])}</b> {html.escape(one['label'])} ({said})</p>"


def _section(section: dict[str, Any], base: str) -> str:
    blocks = "".join(_block(block, base) for block in section["blocks"])
    return f"<section><h2>{html.escape(section['heading'])}</h2>{blocks}</section>"


def _block(block: dict[str, Any], base: str) -> str:
    if block["kind"] == "chart":
        source = html.escape(base + block["files"]["svg"])
        return f"<h3>{html.escape(block['title'])}</h3><img alt='' src='{source}'>{_table(block['table'])}"
    if block["kind"] == "table":
        return _table(block["table"])
    return f"<p>{html.escape(block.get('text') or block.get('label') or block.get('title') or '')}</p>"


def _table(table: dict[str, Any]) -> str:
    head = "".join(f"<th>{html.escape(column['label'])}</th>" for column in table["columns"])
    rows = "".join(
        f"<tr><th>{html.escape(row['header'])}</th>"
        + "".join(f"<td>{html.escape(cell['text'])}</td>" for cell in row["cells"])
        + "</tr>"
        for row in table["rows"]
    )
    return f"<table><caption>{html.escape(table['caption'])}</caption><tr>{head}</tr>{rows}</table>"


if __name__ == "__main__":
    address, publication, *rest = sys.argv[1:]
    sys.stdout.write(page(latest_release(address, publication, *rest), address))
