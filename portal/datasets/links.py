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
    if version.dataset.latest:
        links.append(("latest-version", absolute(version.dataset.latest.get_absolute_url()), "text/html"))
    if of_file is not None:
        links.append(("collection", absolute(page), "text/html"))
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


def link_header(links: Iterable[Link]) -> str:
    """Return the value of a ``Link`` header."""
    return ", ".join(
        f'<{address}>; rel="{relation}"' + (f'; type="{kind}"' if kind else "") for relation, address, kind in links
    )
