"""A front end of another team: renders the latest release of a publication from the content API alone.

    python examples/front_end/render.py http://localhost:8000 occupational-health-workforce > release.html

It knows nothing of the portal but its API, and needs nothing but Python. Everything that readers
find on the portal's own page is here: headline figures, charts with their tables and files, formulas,
notes, downloads, corrections, quality, earlier versions.
"""

from __future__ import annotations

import html
import json
import sys
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlencode, urljoin
from urllib.request import urlopen

TIMEOUT = 30
PAGES = "/api/content/pages/"
STYLE = """
body { max-width: 48em; margin: 2em auto; padding: 0 1em; font: 1.1em/1.5 sans-serif; color: #0b0c0c; }
figure { margin: 2em 0; } figure img { max-width: 100%; height: auto; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; } caption { text-align: left; font-weight: bold; }
th, td { padding: .3em .8em .3em 0; border-bottom: 1px solid #b1b4b6; text-align: left; } td { text-align: right; }
.tiles { display: grid; gap: 1em; grid-template-columns: repeat(auto-fit, minmax(12em, 1fr)); padding: 0; }
.tiles li { list-style: none; padding: 1em; background: #f3f2f1; } .tiles b { display: block; font-size: 1.8em; }
.notice { padding: .1em 1em; border-left: 5px solid #b1b4b6; }
"""


def fetch(base: str, path: str, **parameters: str) -> Any:
    """Return the answer of the API as data, or end with what went wrong."""
    address = f"{base}{path}?{urlencode(parameters)}" if parameters else f"{base}{path}"
    try:
        with urlopen(address, timeout=TIMEOUT) as answer:  # noqa: S310 - the address is given by whoever runs this
            return json.loads(answer.read())
    except HTTPError as error:
        raise SystemExit(f"{address} answered {error.code} {error.reason}.") from error
    except URLError as error:
        raise SystemExit(f"{address} cannot be reached: {error.reason}.") from error


def latest_release(base: str, series: str, perspective: str = "") -> dict[str, Any]:
    """Return the newest release of a publication under a perspective."""
    listed = fetch(base, PAGES, type="publications.PublicationSeriesPage", slug=series)["items"]
    if not listed:
        raise SystemExit(f"There is no publication “{series}”.")
    releases = fetch(
        base, PAGES, type="publications.ReleasePage", child_of=str(listed[0]["id"]), order="-period", limit="1"
    )["items"]
    if not releases:
        raise SystemExit(f"“{series}” has no published release yet.")
    chosen = {"perspective": perspective} if perspective else {}
    release: dict[str, Any] = fetch(base, f"{PAGES}{releases[0]['id']}/", **chosen)["release"]
    return release


class Page:
    """A release as a page; addresses in it lead back to the portal."""

    def __init__(self, release: dict[str, Any], base: str) -> None:
        self.release, self.base = release, base

    def render(self) -> str:
        """Return the whole page."""
        release = self.release
        if release["state"] == "withdrawn":
            return self.document("Withdrawn", [f"<p>This release was withdrawn: {html.escape(release['reason'])}</p>"])
        text = release["text"]
        parts = [
            f"<p>{html.escape(text['summary'])}</p>",
            self.status(),
            self.perspectives(),
            f"<ul class='tiles'>{''.join(map(self.headline, release['headlines']))}</ul>",
            listing([html.escape(point) for point in release["main_points"]]),
            *map(self.section, release["sections"]),
            self.quality(),
            self.data(),
            self.changes(),
            self.about(),
        ]
        return self.document(text["title"], parts)

    def document(self, title: str, parts: list[str]) -> str:
        """Return the page around its parts."""
        head = f"<meta charset='utf-8'><meta name='viewport' content='width=device-width'><style>{STYLE}</style>"
        body = "\n".join(part for part in parts if part)
        words = html.escape(title)
        return (
            f"<!doctype html>\n<html lang='en-GB'><head>{head}<title>{words}</title></head>"
            f"<body><main><h1>{words}</h1>\n{body}\n</main></body></html>\n"
        )

    def link(self, address: str, words: str) -> str:
        """Return a link to the portal."""
        return f"<a href='{html.escape(urljoin(self.base, address))}'>{html.escape(words)}</a>"

    def status(self) -> str:
        """Say what this is and from when."""
        release = self.release
        synthetic = "<strong>Synthetic data.</strong> " if release["is_synthetic"] else ""
        said = f"{release['status']}. Version {release['version']}, {release['published_at'][:10]}."
        return f"<p>{synthetic}{html.escape(said)} {self.link(release['permanent_address'], 'Permanent address')}</p>"

    def perspectives(self) -> str:
        """Return the switch between perspectives."""
        links = [
            f"<strong>{html.escape(one['label'])}</strong>"
            if one["code"] == self.release["perspective"]
            else f"<a href='?perspective={quote(one['code'])}'>{html.escape(one['label'])}</a>"
            for one in self.release["perspectives"]
        ]
        return f"<nav aria-label='Counted as'><p>Counted as: {' · '.join(links)}</p></nav>" if links else ""

    def headline(self, one: dict[str, Any]) -> str:
        """Return a headline figure."""
        said = ", ".join(html.escape(one[key]) for key in ("period", "change", "coverage", "quality") if one[key])
        return f"<li><b>{html.escape(one['value'])}</b> {html.escape(one['label'])} ({said})</li>"

    def section(self, section: dict[str, Any]) -> str:
        """Return a section with its blocks."""
        blocks = "".join(self.block(block) for block in section["blocks"])
        name = html.escape(section["id"])
        return f"<section aria-labelledby='{name}'><h2 id='{name}'>{html.escape(section['heading'])}</h2>{blocks}</section>"

    def block(self, block: dict[str, Any]) -> str:
        """Return a block; a kind that this front end does not know shows at least its words."""
        draw = getattr(self, f"block_{block['kind']}", None)
        if draw is not None:
            return str(draw(block))
        return f"<p>{html.escape(block.get('text') or block.get('label') or block.get('title') or '')}</p>"

    def block_chart(self, block: dict[str, Any]) -> str:
        """Return a chart: the portal's drawing, its text alternative, its table, its files."""
        source = html.escape(urljoin(self.base, block["files"]["svg"]))
        notes = "".join(f"<p><small>{html.escape(note)}</small></p>" for note in block["notes"])
        return (
            f"<figure><figcaption><h3>{html.escape(block['title'])}</h3><p>{html.escape(block['subtitle'])}</p></figcaption>"
            f"<img alt='{html.escape(block['alternative'])}' src='{source}'>{notes}"
            f"<details><summary>Data of this chart</summary>{table(block['table'])}</details>{self.files(block)}</figure>"
        )

    def block_table(self, block: dict[str, Any]) -> str:
        """Return a table with its file."""
        return table(block["table"]) + self.files(block)

    def block_text(self, block: dict[str, Any]) -> str:
        """Return prose: the API gives it as markup."""
        return f"<div>{block['text']}</div>"

    def block_callout(self, block: dict[str, Any]) -> str:
        """Return what readers must not miss."""
        return f"<div class='notice'><p><strong>{html.escape(block['title'])}</strong></p>{block['text']}</div>"

    def block_equation(self, block: dict[str, Any]) -> str:
        """Return a formula as MathML, which browsers set and screen readers speak, and its words."""
        return f"<p>{block['mathml']}</p><p>{html.escape(block['text'])}</p>"

    def block_footnote(self, block: dict[str, Any]) -> str:
        """Return a note with its number."""
        return f"<div id='note-{block['number']}'><small>[note {block['number']}] {block['text']}</small></div>"

    def block_download(self, block: dict[str, Any]) -> str:
        """Return a document to download; one that was removed says so by its title."""
        if not block["url"]:
            return f"<p>{html.escape(block['title'])}</p>"
        size = f", {sized(int(block['size']))}" if block["size"] else ""
        more = f"<br>{html.escape(block['text'])}" if block["text"] else ""
        return f"<p>{self.link(block['url'], block['title'])} ({html.escape(block['form'])}{size}){more}</p>"

    def block_definition(self, block: dict[str, Any]) -> str:
        """Return a definition as a link to the version that the figures were made with."""
        return f"<p>Definition: {self.link(block['url'], block['label']) if block['url'] else html.escape(block['label'])}</p>"

    def block_sourced_figure(self, block: dict[str, Any]) -> str:
        """Return a figure from elsewhere with its source and date."""
        said = f"{block['label']} (source: {block['source']}, {block['date']})"
        return f"<p><strong>{html.escape(block['figure'])}</strong> {html.escape(said)}</p>"

    def block_absent(self, block: dict[str, Any]) -> str:
        """Say what does not exist under this perspective."""
        return f"<p>“{html.escape(block['title'])}” is not published under “{html.escape(block['perspective'])}”.</p>"

    def files(self, block: dict[str, Any]) -> str:
        """Return the downloads of a figure."""
        links = [
            self.link(address, f"{form.upper()} of “{block['title']}”") for form, address in block["files"].items()
        ]
        return f"<p>Download: {' · '.join(links)}</p>"

    def quality(self) -> str:
        """Say how sure the figures are."""
        release = self.release
        response = f"<p>Response: {html.escape(release['coverage'])}.</p>" if release["coverage"] else ""
        pages = listing([self.link(page["address"], page["title"]) for page in release["quality"]["pages"]])
        words = f"{response}{release['text']['quality_note']}{release['quality']['summary']}{pages}"
        return f"<section><h2>How sure are we</h2>{words}</section>"

    def data(self) -> str:
        """Return the dataset with its files and what they can be checked by."""
        release = self.release
        files = [
            f"{self.link(file['address'], file['label'])} ({sized(file['bytes'])}, SHA-256 <code>{file['sha256'][:12]}…</code>)"
            for file in release["files"]
        ]
        dataset = self.link(release["dataset"]["address"], f"Dataset, version {release['dataset']['version']}")
        return f"<section><h2>Data</h2><p>{dataset}</p>{listing(files)}</section>"

    def changes(self) -> str:
        """Return corrections, changes of the data and earlier versions."""
        release = self.release
        notices = "".join(
            f"<div class='notice'><p><strong>{html.escape(one['reason'].capitalize())}, version {one['version']}, "
            f"{one['published_at'][:10]}.</strong> {html.escape(one['notice'])}</p></div>"
            for one in release["notices"]
        )
        note = f"<p>{html.escape(release['change_note'])}</p>" if release["change_note"] else ""
        versions = listing(
            [
                f"{self.link(one['address'], 'Version ' + str(one['version']))} ({html.escape(one['state'])})"
                for one in release["versions"]
            ]
        )
        changed = listing([html.escape(change) for change in release["changes"]])
        return f"<section><h2>What changed</h2>{notices}{note}{changed}{versions}</section>"

    def about(self) -> str:
        """Return notes, who could read it early, what comes next, whom to ask."""
        release, contact = self.release, self.release["contact"]
        early = [html.escape(f"{one['post']}, {one['organisation']}") for one in release["pre_release_access"]]
        said = (
            "These posts could read it early:" if early else "Nobody outside the team read it before it was published."
        )
        upcoming = (
            f"<p>Next release: {html.escape(release['next_release']['when'])}</p>" if release["next_release"] else ""
        )
        mail = html.escape(contact["email"])
        asked = f"<p>Contact: {html.escape(contact['name'])}, <a href='mailto:{mail}'>{mail}</a></p>"
        return (
            f"<section><h2>About this release</h2>{release['text']['notes']}<p>{said}</p>{listing(early)}"
            f"{upcoming}{asked}</section>"
        )


def listing(items: list[str]) -> str:
    """Return a list, nothing where there is nothing to list."""
    return f"<ul>{''.join(f'<li>{item}</li>' for item in items)}</ul>" if items else ""


def sized(number: int) -> str:
    """Write a size."""
    return f"{number / 1_000_000:.1f} MB" if number >= 1_000_000 else f"{number / 1000:.1f} kB"  # noqa: PLR2004 - a million


def table(shown: dict[str, Any]) -> str:
    """Return a table that scrolls by itself where it is wide."""
    head = "".join(f"<th scope='col'>{html.escape(column['label'])}</th>" for column in shown["columns"])
    rows = "".join(
        f"<tr><th scope='row'>{html.escape(row['header'])}</th>"
        + "".join(f"<td>{html.escape(cell['text'])}</td>" for cell in row["cells"])
        + "</tr>"
        for row in shown["rows"]
    )
    notes = "".join(f"<p><small>{html.escape(note)}</small></p>" for note in shown.get("notes", []))
    caption = html.escape(shown["caption"])
    return (
        f"<div class='scroll' role='region' tabindex='0' aria-label='{caption}'><table><caption>{caption}</caption>"
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>{notes}"
    )


if __name__ == "__main__":
    if len(sys.argv) < 3:  # noqa: PLR2004 - the address and the publication
        raise SystemExit(
            "Say the address of the portal and the publication: render.py http://localhost:8000 SLUG [CODE]"
        )
    address, publication, *rest = sys.argv[1:]
    sys.stdout.write(Page(latest_release(address, publication, *rest), address).render())
