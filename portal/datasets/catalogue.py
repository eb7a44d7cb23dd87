"""The catalogue as DCAT 3: the portal, its datasets as series, the versions of each, every file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from rdflib import DCTERMS, FOAF, RDF, XSD, Graph, Literal, Namespace, URIRef

from portal.datasets.links import absolute

if TYPE_CHECKING:
    from collections.abc import Iterable

    from portal.datasets.models import Dataset, DatasetVersion

DCAT = Namespace("http://www.w3.org/ns/dcat#")  # rdflib knows an older DCAT
VCARD = Namespace("http://www.w3.org/2006/vcard/ns#")
ADMS = Namespace("http://www.w3.org/ns/adms#")
SPDX = Namespace("http://spdx.org/rdf/terms#")
FREQUENCY = Namespace("http://publications.europa.eu/resource/authority/frequency/")
MEDIA = "https://www.iana.org/assignments/media-types/"
# A period as the time series writes it, by its length: 2026, 2026-03, 2026-03-31.
PERIODS = {4: XSD.gYear, 7: XSD.gYearMonth, 10: XSD.date}
ENGLISH = URIRef("http://publications.europa.eu/resource/authority/language/ENG")


def new_graph() -> Graph:
    """Return an empty graph with the prefixes that readers know."""
    graph = Graph()
    for prefix, space in (
        ("dcat", DCAT),
        ("dct", DCTERMS),
        ("foaf", FOAF),
        ("vcard", VCARD),
        ("adms", ADMS),
        ("spdx", SPDX),
    ):
        graph.bind(prefix, space)
    return graph


def text(value: str) -> Literal:
    """Return a text in English."""
    return Literal(value, lang="en")


def add_catalogue(graph: Graph, datasets: Iterable[Dataset]) -> URIRef:
    """Add the catalogue with its datasets and the current version of each."""
    node = URIRef(absolute("/datasets/"))
    publisher = add_agent(graph, settings.WAGTAIL_SITE_NAME, absolute("/"))
    graph.add((node, RDF.type, DCAT.Catalog))
    graph.add((node, DCTERMS.title, text(settings.WAGTAIL_SITE_NAME)))
    graph.add(
        (
            node,
            DCTERMS.description,
            text("Published, versioned statistics of the occupational health workforce in England."),
        )
    )
    graph.add((node, DCTERMS.publisher, publisher))
    graph.add((node, DCTERMS.language, ENGLISH))
    graph.add((node, FOAF.homepage, URIRef(absolute("/"))))
    service = URIRef(absolute("/api/v1/"))
    graph.add((service, RDF.type, DCAT.DataService))
    graph.add((service, DCTERMS.title, text("Data API")))
    graph.add((service, DCAT.endpointURL, service))
    graph.add((service, DCAT.endpointDescription, URIRef(absolute("/api/v1/openapi.json"))))
    graph.add((node, DCAT.service, service))
    for dataset in datasets:
        graph.add((node, DCAT.dataset, add_series(graph, dataset)))
        if dataset.latest:
            graph.add((node, DCAT.dataset, add_version(graph, dataset.latest, _before(dataset.latest))))
    return node


def _before(version: DatasetVersion) -> DatasetVersion | None:
    """Return the version that it was made from, when that is still served."""
    base = version.base
    if base is None or not base.is_served:
        return None
    base.dataset = version.dataset
    return base


def add_agent(graph: Graph, name: str, home: str) -> URIRef:
    """Add an organisation."""
    node = URIRef(home)
    graph.add((node, RDF.type, FOAF.Agent))
    graph.add((node, RDF.type, FOAF.Organization))
    graph.add((node, FOAF.name, Literal(name)))
    return node


def _describe(graph: Graph, node: URIRef, dataset: Dataset) -> None:
    graph.add((node, DCTERMS.description, text(dataset.description or dataset.summary or dataset.title)))
    graph.add((node, DCTERMS.publisher, add_agent(graph, dataset.publisher, absolute("/#publisher"))))
    graph.add((node, DCTERMS.language, ENGLISH))
    frequency = FREQUENCY[dataset.update_frequency]
    graph.add((frequency, RDF.type, DCTERMS.Frequency))
    graph.add((node, DCTERMS.accrualPeriodicity, frequency))
    for keyword in dataset.keywords:
        graph.add((node, DCAT.keyword, text(keyword)))
    contact = URIRef(absolute(f"{dataset.get_absolute_url()}#contact"))
    graph.add((contact, RDF.type, VCARD.Kind))
    graph.add((contact, VCARD.fn, Literal(dataset.contact_name)))
    graph.add((contact, VCARD.hasEmail, URIRef(f"mailto:{dataset.contact_email}")))
    graph.add((node, DCAT.contactPoint, contact))
    place = URIRef("http://publications.europa.eu/resource/authority/country/GBR")
    graph.add((place, RDF.type, DCTERMS.Location))
    graph.add((node, DCTERMS.spatial, place))


def add_series(graph: Graph, dataset: Dataset) -> URIRef:
    """Add a dataset as the series that its versions belong to."""
    node = URIRef(absolute(dataset.get_absolute_url()))
    graph.add((node, RDF.type, DCAT.DatasetSeries))
    graph.add((node, DCTERMS.title, text(dataset.title)))
    graph.add((node, DCTERMS.identifier, Literal(f"urn:uuid:{dataset.uuid}")))
    _describe(graph, node, dataset)
    if dataset.published_at:
        graph.add((node, DCTERMS.issued, Literal(dataset.published_at.isoformat(), datatype=XSD.dateTime)))
    if dataset.latest:
        dataset.latest.dataset = dataset
        graph.add((node, DCAT.last, URIRef(absolute(dataset.latest.get_absolute_url()))))
    return node


def add_version(graph: Graph, version: DatasetVersion, previous: DatasetVersion | None = None) -> URIRef:
    """Add a version with its files."""
    dataset = version.dataset
    node, series = URIRef(absolute(version.get_absolute_url())), URIRef(absolute(dataset.get_absolute_url()))
    graph.add((node, RDF.type, DCAT.Dataset))
    graph.add((node, DCTERMS.title, text(f"{dataset.title}, version {version.number}")))
    graph.add((node, DCTERMS.identifier, Literal(str(node))))
    _describe(graph, node, dataset)
    graph.add((node, DCAT.version, Literal(version.number)))
    graph.add((node, DCAT.inSeries, series))
    graph.add((node, DCAT.landingPage, node))
    if version.change_note:
        graph.add((node, ADMS.versionNotes, text(version.change_note)))
    if version.published_at:
        graph.add((node, DCTERMS.issued, Literal(version.published_at.isoformat(), datatype=XSD.dateTime)))
        graph.add((node, DCTERMS.modified, Literal(version.published_at.isoformat(), datatype=XSD.dateTime)))
    _add_period(graph, node, version)
    if previous:
        graph.add((node, DCAT.previousVersion, URIRef(absolute(previous.get_absolute_url()))))
    for file in version.files.all():
        if file.is_main:
            graph.add((node, DCAT.distribution, _distribution(graph, version, file)))
    return node


def _add_period(graph: Graph, node: URIRef, version: DatasetVersion) -> None:
    """Add the span of time that the version covers."""
    edges = {DCAT.startDate: version.first_period, DCAT.endDate: version.last_period}
    if all(len(period) in PERIODS for period in edges.values()):
        span = URIRef(f"{node}#period")
        graph.add((node, DCTERMS.temporal, span))
        graph.add((span, RDF.type, DCTERMS.PeriodOfTime))
        for edge, period in edges.items():
            graph.add((span, edge, Literal(period, datatype=PERIODS[len(period)])))


def _distribution(graph: Graph, version: DatasetVersion, file: object) -> URIRef:
    name, media_type, digest, size = (getattr(file, key) for key in ("name", "media_type", "sha256", "bytes"))
    address = absolute(f"{version.get_absolute_url()}files/{name}")
    node, kind, licence = URIRef(f"{address}#distribution"), URIRef(MEDIA + media_type), URIRef(version.dataset.licence)
    graph.add((node, RDF.type, DCAT.Distribution))
    graph.add((node, DCTERMS.title, text(name)))
    graph.add((node, DCAT.accessURL, URIRef(address)))
    graph.add((node, DCAT.downloadURL, URIRef(address)))
    graph.add((node, DCAT.mediaType, kind))
    graph.add((node, DCTERMS["format"], kind))
    graph.add((kind, RDF.type, DCTERMS.MediaType))
    graph.add((kind, RDF.type, DCTERMS.MediaTypeOrExtent))
    graph.add((node, DCTERMS.license, licence))
    graph.add((licence, RDF.type, DCTERMS.LicenseDocument))
    graph.add((node, DCAT.byteSize, Literal(size, datatype=XSD.nonNegativeInteger)))
    checksum, algorithm = URIRef(f"{address}#checksum"), SPDX.checksumAlgorithm_sha256
    graph.add((checksum, RDF.type, SPDX.Checksum))
    graph.add((checksum, SPDX.algorithm, algorithm))
    graph.add((algorithm, RDF.type, SPDX.ChecksumAlgorithm))
    graph.add((checksum, SPDX.checksumValue, Literal(digest, datatype=XSD.hexBinary)))
    graph.add((node, SPDX.checksum, checksum))
    return node
