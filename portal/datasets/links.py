"""Typed links between versions, files and descriptions (RFC 8288, RFC 5829, FAIR Signposting)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    from collections.abc import Iterable

    from portal.datasets.models import DatasetFile, DatasetVersion

Link = tuple[str, str, str]  # relation, address, media type
MANY = 40


def absolute(path: str) -> str:
    """Return the full address of a path of this site."""
    return path if path.startswith("http") else settings.BASE_URL.rstrip("/") + path


def version_links(
    version: DatasetVersion, *, of_file: DatasetFile | None = None, files: Iterable[DatasetFile] = ()
) -> list[Link]:
    """Return the links of a version's page or of one of its files."""
    page = version.get_absolute_url()
    links: list[Link] = [("cite-as", absolute(page), "")]
    neighbours = {
        "latest-version": version.dataset.latest,
        "predecessor-version": version.base,
        "successor-version": version.superseded_by,
    }
    for relation, other in neighbours.items():
        if other is not None:
            links.append((relation, absolute(f"{version.dataset.get_absolute_url()}v/{other.number}/"), "text/html"))
    if of_file is not None:
        links.append(("collection", absolute(page), "text/html"))
    else:
        links.extend(_about_the_page(version))
    links.append(("license", version.dataset.licence, ""))
    # CSV on the Web takes whatever describes a CSV to be its metadata, and readers look at the first link.
    is_csv = of_file is not None and of_file.name == f"{version.stem}.csv"
    name, kind = (
        (f"{version.stem}.csv-metadata.json", "application/csvm+json")
        if is_csv
        else ("manifest.json", "application/json")
    )
    links.insert(0, ("describedby", absolute(f"{page}files/{name}"), kind))
    links.extend(("item", absolute(file.get_absolute_url()), file.media_type) for file in list(files)[:MANY])
    return links


def _about_the_page(version: DatasetVersion) -> list[Link]:
    """Return what the page is, who made what it describes, and where programs read that."""
    page, dataset = version.get_absolute_url(), version.dataset.get_absolute_url()
    kinds = [("type", f"https://schema.org/{name}", "") for name in ("AboutPage", "Dataset")]
    descriptions = [
        (f"{dataset}dcat.ttl", "text/turtle"),
        (f"{dataset}dcat.jsonld", "application/ld+json"),
        (f"{page}files/croissant.json", "application/ld+json"),
        (f"{page}files/datapackage.json", "application/json"),
        (f"{page}uk-metadata.json", "application/json"),
    ]
    author: Link = ("author", absolute("/#publisher"), "")
    return [*kinds, author, *(("describedby", absolute(address), kind) for address, kind in descriptions)]


def link_header(links: Iterable[Link]) -> str:
    """Return the value of a ``Link`` header."""
    return ", ".join(
        f'<{address}>; rel="{relation}"' + (f'; type="{kind}"' if kind else "") for relation, address, kind in links
    )
