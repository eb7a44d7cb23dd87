"""Catalogue, feeds and records say what is published, and nothing else."""

import json
import re
from html import unescape
from xml.etree import ElementTree as ET

import pytest
from rdflib import DCTERMS, RDF, Graph, Literal, URIRef

from portal.datasets import actions
from portal.datasets.catalogue import DCAT
from tests.factories.datasets import make_dataset, make_draft, make_published, make_user

pytestmark = pytest.mark.django_db
BASE = "http://localhost:8000"
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def versions(tmp_path):
    dataset = make_dataset("staff", title="Staff </script><b>", keywords=["nurses"])
    first = make_published(dataset, tmp_path)
    second = make_published(dataset, tmp_path, kind="correction", change_note="Two regions were swapped.")
    make_draft(make_dataset("secret", title="Secret"), tmp_path)
    dataset.refresh_from_db()
    make_draft(dataset, tmp_path, kind="revision", change_note="Not out yet")
    return first, second


def node(version):
    return URIRef(BASE + version.get_absolute_url())


@pytest.mark.filterwarnings("ignore:ConjunctiveGraph:DeprecationWarning")  # inside rdflib's own JSON-LD parser
def test_catalogue_in_both_forms_is_the_same_graph(client, versions):
    graphs = [
        Graph().parse(data=client.get(f"/catalog.{form}").content, format=name)
        for form, name in (("ttl", "turtle"), ("jsonld", "json-ld"))
    ]
    assert set(graphs[0]) == set(graphs[1])
    graph, (_, latest) = graphs[0], versions
    assert (node(latest), DCAT.version, Literal("1.0.1")) in graph
    assert len(list(graph.objects(node(latest), DCAT.distribution))) == 5
    assert {str(value) for value in graph.objects(None, DCTERMS.title) if "Secret" in value} == set()
    sizes = {int(value) for value in graph.objects(None, DCAT.byteSize)}
    assert sizes == set(latest.files.filter(is_main=True).values_list("bytes", flat=True))
    assert (URIRef("https://www.iana.org/assignments/media-types/text/csv"), RDF.type, DCTERMS.MediaType) in graph


def test_a_dataset_has_the_chain_of_its_versions(client, versions):
    first, second = versions
    graph = Graph().parse(data=client.get("/datasets/staff/dcat.ttl").content, format="turtle")
    assert (node(second), DCAT.previousVersion, node(first)) in graph
    assert (node(first), DCAT.inSeries, URIRef(f"{BASE}/datasets/staff/")) in graph
    assert client.get("/datasets/secret/dcat.ttl").status_code == 404


def test_the_catalogue_leads_to_the_version_before(client, versions):
    graph = Graph().parse(data=client.get("/catalog.ttl").content, format="turtle")
    [(newest, before)] = graph.subject_objects(DCAT.previousVersion)
    assert (str(newest).rpartition("/v/")[2], str(before).rpartition("/v/")[2]) == ("1.0.1/", "1.0.0/")


def test_the_catalogue_is_not_sent_twice(client, versions):
    first = client.get("/catalog.jsonld")
    again = client.get("/catalog.jsonld", headers={"If-None-Match": first["ETag"]})
    assert (first.status_code, again.status_code) == (200, 304)


def test_feeds_by_kind(client, versions, tmp_path):
    def titles(name):
        feed = ET.fromstring(client.get(f"/feeds/{name}.atom").content)  # noqa: S314 - our own answer
        return [entry.findtext(f"{ATOM}title") for entry in feed.iter(f"{ATOM}entry")]

    assert titles("releases") == ["Staff </script><b>, version 1.0.1", "Staff </script><b>, version 1.0.0"]
    assert titles("corrections") == ["Staff </script><b>, version 1.0.1"]
    assert titles("revisions") == []
    assert client.get("/feeds/everything.atom").status_code == 404
    actions.withdraw_version(by=make_user(), version=versions[1], reason="Wrong year.")
    assert "Withdrawn: Wrong year." in client.get("/feeds/corrections.atom").content.decode()


def test_page_describes_itself_to_search_engines(client, versions):
    page = client.get("/datasets/staff/v/1.0.0/").content.decode()
    found = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page)
    about = json.loads(found[0])
    assert about["name"] == "Staff </script><b>, version 1.0.0"
    assert about["supersededBy"] == f"{BASE}/datasets/staff/v/1.0.1/"
    assert about["expires"] == versions[1].published_at.date().isoformat()
    assert {"Headcount", "Full-time equivalent"} == {measure["name"] for measure in about["variableMeasured"]}
    whole = client.get("/datasets/staff/").content.decode()
    [current] = re.findall(r'<script type="application/ld\+json">(.*?)</script>', whole)
    assert json.loads(current)["version"] == "1.0.1"


def test_signposts_are_in_the_header_and_in_the_page(client, versions):
    """What a program needs to find its way, whichever of the two it reads (FAIR Signposting, RFC 5829)."""
    first, second = "/datasets/staff/v/1.0.0/", "/datasets/staff/v/1.0.1/"
    response = client.get(second)
    header = re.findall(r'<([^>]+)>; rel="([^"]+)"', response["Link"])
    page = re.findall(r'<link rel="([^"]+)" href="([^"]+)"', response.content.decode())
    assert {(relation, address) for address, relation in header} <= {
        (name, unescape(address)) for name, address in page
    }
    found = {relation: address for address, relation in header}
    assert found["predecessor-version"] == BASE + first
    assert found["cite-as"] == found["latest-version"] == BASE + second
    assert {"type", "author", "describedby", "license", "item"} <= set(found)
    assert "successor-version" not in found
    for address, relation in header:
        if address.startswith(BASE) and "#" not in address:
            assert client.head(address.removeprefix(BASE)).status_code == 200, (relation, address)
    older = client.head(f"{first}files/staff-1.0.0.csv")["Link"]
    assert f'<{BASE}{second}>; rel="successor-version"' in older
    assert 'rel="predecessor-version"' not in older


def test_uk_record_has_what_the_model_requires(client, versions):
    record = client.get("/datasets/staff/v/1.0.1/uk-metadata.json").json()
    required = {"title", "description", "identifier", "type", "creator", "publisher", "contactPoint", "licence", "modified", "version", "accessRights", "securityClassification", "updateFrequency"}  # fmt: skip
    assert required <= {name for name, value in record.items() if value}
    assert all({"identifier", "title", "type", "licence", "mediaType"} <= set(file) for file in record["distribution"])
    kept = json.loads(b"".join(client.get("/datasets/staff/v/1.0.1/files/uk-metadata.json")))
    assert required - set(kept) == {"modified"}, "made before anybody knows the day of publication"
    assert [file["mediaType"] for file in record["distribution"][:4]] == [
        file["mediaType"] for file in kept["distribution"]
    ]
    assert {name: kept[name] for name in kept if name != "distribution"}.items() <= record.items()


def test_key_and_csvm_are_found(client):
    assert client.get("/datasets/signing-key.pem").content.startswith(b"-----BEGIN PUBLIC KEY-----")
    assert client.get("/.well-known/csvm").content.splitlines()[0] == b"{+url}-metadata.json"


def test_catalogue_takes_few_queries(client, versions, tmp_path, django_assert_max_num_queries):
    for number in range(4):
        make_published(make_dataset(f"more-{number}"), tmp_path)
    with django_assert_max_num_queries(4):
        client.get("/catalog.ttl")
