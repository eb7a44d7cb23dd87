"""What machines find their way by: the catalogue, feeds, records, the signing key."""

from __future__ import annotations

import hashlib
from itertools import zip_longest
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import orjson
from django.conf import settings
from django.core.paginator import Paginator
from django.db.models import Prefetch
from django.http import Http404, HttpResponse
from django.utils import timezone
from django.utils.feedgenerator import Atom1Feed
from django.utils.formats import date_format
from django.views.decorators.http import require_safe

from portal.core.http_ranges import not_modified
from portal.datasets import catalogue, hooks, signing
from portal.datasets.citations import CITATIONS
from portal.datasets.enums import VersionKind
from portal.datasets.files.descriptions import uk_record
from portal.datasets.links import absolute
from portal.datasets.lookup import NotFoundError, public_dataset, public_version
from portal.datasets.models import AdvanceNotice, Dataset, DatasetFile, DatasetVersion
from portal.datasets.querysets import LONG
from portal.datasets.views.files import with_cors

if TYPE_CHECKING:
    from django.http import HttpRequest
    from rdflib import Graph

    from portal.datasets.hooks import Entry

FORMS = {"jsonld": ("json-ld", "application/ld+json"), "ttl": ("turtle", "text/turtle; charset=utf-8")}
DATASETS_A_PAGE = 100
ENTRIES = 50
ATOM = "application/atom+xml; charset=utf-8"
NOTICES = "advance-notice"
FEEDS = {
    "releases": ("Releases", "New versions of datasets, and of releases whose words changed", set(VersionKind)),
    "revisions": ("Revisions", "Scheduled revisions of datasets", {VersionKind.REVISION}),
    "corrections": ("Corrections", "Corrections of mistakes in datasets", {VersionKind.CORRECTION}),
}
MAIN_FILES = Prefetch("latest__files", queryset=DatasetFile.objects.filter(is_main=True))


@require_safe
def catalogue_file(request: HttpRequest, form: str) -> HttpResponse:
    """Serve the catalogue, 100 datasets a page."""
    datasets = Dataset.objects.public().with_latest().select_related("latest__base").prefetch_related(MAIN_FILES)
    datasets = datasets.defer(*(f"latest__base__{name}" for name in LONG)).order_by("slug")
    pages = Paginator(datasets, DATASETS_A_PAGE)
    page = pages.get_page(request.GET.get("page"))
    graph = catalogue.new_graph()
    catalogue.add_catalogue(graph, page)
    response = _graph(request, graph, form)
    if page.has_next():
        response["Link"] = f'<{absolute(f"/catalog.{form}")}?page={page.next_page_number()}>; rel="next"'
    return response


@require_safe
def dataset_file(request: HttpRequest, slug: str, form: str) -> HttpResponse:
    """Serve a dataset with the chain of all its versions."""
    try:
        dataset = public_dataset(slug)
    except NotFoundError as error:
        raise Http404(str(error)) from error
    graph = catalogue.new_graph()
    catalogue.add_series(graph, dataset)
    files = Prefetch("files", queryset=DatasetFile.objects.filter(is_main=True))
    versions = list(dataset.versions.served().newest_first().defer("metadata", "lineage").prefetch_related(files))
    for version, previous in zip_longest(versions, versions[1:]):
        version.dataset = dataset
        if previous:
            previous.dataset = dataset
        catalogue.add_version(graph, version, previous)
    return _graph(request, graph, form)


def _graph(request: HttpRequest, graph: Graph, form: str) -> HttpResponse:
    name, media_type = FORMS[form]
    body = graph.serialize(format=name, encoding="utf-8")
    if form == "jsonld":
        # Sorted, so that the same catalogue has the same tag.
        body = orjson.dumps(
            sorted(orjson.loads(body), key=lambda node: node.get("@id", "")), option=orjson.OPT_SORT_KEYS
        )
    return tagged(request, body, media_type)


def tagged(request: HttpRequest, body: bytes, media_type: str) -> HttpResponse:
    """Answer with a body and its validator, or say that it has not changed."""
    tag = f'"{hashlib.sha256(body).hexdigest()}"'
    if "If-None-Match" in request.headers and not_modified(request.headers, etag=tag, modified=0):
        response = HttpResponse(status=304)
    else:
        response = HttpResponse(body, content_type=media_type)
    response["ETag"] = tag
    response["Cache-Control"] = "public, max-age=300"
    return with_cors(response)


@require_safe
def feed(request: HttpRequest, name: str) -> HttpResponse:
    """Serve a feed of versions: all, or one kind."""
    if name == NOTICES:
        return _notices(request)
    if name not in FEEDS:
        raise Http404("There is no such feed.")
    title, description, kinds = FEEDS[name]
    versions = DatasetVersion.objects.public().filter(kind__in=kinds).select_related("dataset")
    versions = versions.defer("metadata", "lineage").order_by("-published_at", "-pk")[:ENTRIES]
    entries = [*map(_entry, versions), *hooks.entries(name, ENTRIES)]
    out = _feed(name, title, description)
    for entry in sorted(entries, key=itemgetter("pubdate"), reverse=True)[:ENTRIES]:
        out.add_item(**entry)
    return tagged(request, out.writeString("utf-8").encode(), ATOM)


def _feed(name: str, title: str, description: str) -> Atom1Feed:
    return Atom1Feed(
        title=f"{title} – {settings.WAGTAIL_SITE_NAME}",
        link=absolute("/datasets/"),
        description=description,
        feed_url=absolute(f"/feeds/{name}.atom"),
        language="en-gb",
    )


def _notices(request: HttpRequest) -> HttpResponse:
    """Serve the announcements of changes that are still to come, and of those that came."""
    out = _feed(NOTICES, "Advance notice", "Changes of datasets that break what people have built, before they happen")
    for notice in AdvanceNotice.objects.select_related("dataset").order_by("-published_at")[:ENTRIES]:
        out.add_item(
            title=f"{notice.dataset.title}: {notice.title}",
            link=absolute(notice.get_absolute_url()),
            unique_id=absolute(notice.get_absolute_url()),
            description=f"Expected on {date_format(notice.expected_on, 'j F Y')}. {notice.text}",
            pubdate=notice.published_at,
            updateddate=notice.published_at,
            author_name=notice.dataset.publisher,
        )
    return tagged(request, out.writeString("utf-8").encode(), ATOM)


def _entry(version: DatasetVersion) -> Entry:
    link = absolute(version.get_absolute_url())
    state = f" Withdrawn: {version.withdrawn_reason}" if version.state == "withdrawn" else ""
    return {
        "title": f"{version.dataset.title}, version {version.number}",
        "link": link,
        "unique_id": link,
        "description": f"{version.get_kind_display()}. {version.change_note}{state}".strip(),
        "pubdate": version.published_at,
        "updateddate": version.withdrawn_at or version.published_at,
        "categories": [version.get_kind_display()],
        "author_name": version.dataset.publisher,
    }


@require_safe
def signing_key(_request: HttpRequest) -> HttpResponse:
    """Serve the public key that signatures of manifests are checked with."""
    return with_cors(HttpResponse(signing.public_key(), content_type="application/x-pem-file"))


@require_safe
def csvm(_request: HttpRequest) -> HttpResponse:
    """Say where the metadata of a CSV is found (CSV on the Web, section 5.3)."""
    return with_cors(
        HttpResponse("{+url}-metadata.json\ncsv-metadata.json\n", content_type="text/plain; charset=utf-8")
    )


@require_safe
def uk_metadata(_request: HttpRequest, slug: str, number: str) -> HttpResponse:
    """Serve the record of a version after the UK cross-government metadata exchange model, with its dates.

    The one among the files has none: like the citations there, it is made before the day of publication is known.
    """
    try:
        version = public_version(slug, number)
    except NotFoundError as error:
        raise Http404(str(error)) from error
    record = uk_record(version, version.files.all() if version.is_served else ())
    dates = {"issued": version.dataset.published_at, "modified": version.published_at}
    record |= {name: timezone.localdate(moment).isoformat() if moment else None for name, moment in dates.items()}
    return with_cors(HttpResponse(orjson.dumps(record, option=orjson.OPT_INDENT_2), content_type="application/json"))


@require_safe
def citation_file(_request: HttpRequest, slug: str, number: str, form: str) -> HttpResponse:
    """Serve the citation of a version, with the date of its publication."""
    try:
        version = public_version(slug, number)
    except NotFoundError as error:
        raise Http404(str(error)) from error
    if version.published_at is None:
        raise Http404
    _label, media_type, write = CITATIONS[form]
    response = HttpResponse(write(version, timezone.localdate(version.published_at)), content_type=media_type)
    response["Content-Disposition"] = f'attachment; filename="{version.stem}-citation.{form}"'
    return with_cors(response)


def schema_org(version: DatasetVersion, files: list[DatasetFile]) -> dict[str, Any]:
    """Return the description of a version for search engines."""
    dataset = version.dataset
    about: dict[str, Any] = {
        "@context": "https://schema.org/",
        "@type": "Dataset",
        "name": f"{dataset.title}, version {version.number}",
        "description": (dataset.description or dataset.summary or dataset.title)[:5000],
        "identifier": absolute(version.get_absolute_url()),
        "url": absolute(version.get_absolute_url()),
        "version": version.number,
        "license": dataset.licence,
        "keywords": dataset.keywords,
        "creator": {"@type": "Organization", "name": dataset.publisher, "url": absolute("/#publisher")},
        "publisher": {"@type": "Organization", "name": dataset.publisher, "url": absolute("/#publisher")},
        "spatialCoverage": dataset.spatial,
        "variableMeasured": [
            {"@type": "PropertyValue", "name": measure.label, "unitText": measure.unit} for measure in version.meta.measures
        ],
        "includedInDataCatalog": {"@type": "DataCatalog", "name": settings.WAGTAIL_SITE_NAME, "url": absolute("/datasets/")},
        "dateCreated": version.created_at.date().isoformat(),
        "isAccessibleForFree": True,
        "distribution": [
            {"@type": "DataDownload", "contentUrl": absolute(file.get_absolute_url()), "encodingFormat": file.media_type, "sha256": file.sha256}
            for file in files
            if file.is_main
        ],
    }  # fmt: skip
    if version.published_at:
        about["datePublished"] = version.published_at.date().isoformat()
    if version.first_period:
        about["temporalCoverage"] = f"{version.first_period}/{version.last_period}"
    if version.superseded_by_id and version.superseded_at:
        about["supersededBy"] = absolute(f"{dataset.get_absolute_url()}v/{version.superseded_by.number}/")
        about["expires"] = version.superseded_at.date().isoformat()
    return about
