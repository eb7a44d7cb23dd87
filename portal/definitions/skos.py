"""The register as a SKOS concept scheme: roles are concepts, perspectives are collections."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from rdflib import DCTERMS, OWL, RDF, SKOS, XSD, Graph, Literal, Namespace, URIRef

from portal.definitions.enums import GROUPS_OF_FAMILY, Family, ListSlug
from portal.definitions.exports import address, shares_as_at
from portal.definitions.models import PerspectiveVersion, ReferenceEntry, RoleVersion

LANGUAGE = "en-GB"


def register_graph(date: dt.date) -> Graph:
    """Return the register on ``date`` as a graph."""
    graph = Graph()
    here = Namespace(f"{settings.BASE_URL}/definitions/")
    for prefix, namespace in (("skos", SKOS), ("dcterms", DCTERMS), ("owl", OWL), ("register", here)):
        graph.bind(prefix, namespace)
    _add_schemes(graph, here, date)
    used: set[str] = set()
    for version in RoleVersion.objects.as_at(date):
        used |= _add_role(graph, here, version)
    for version in PerspectiveVersion.objects.as_at(date):
        _add_perspective(graph, here, version)
    _add_list_entries(graph, here, used)
    _add_replacements(graph, date)
    return graph


def _words(text: str) -> Literal:
    return Literal(text, lang=LANGUAGE)


def _concept(here: Namespace, code: str) -> URIRef:
    return here[f"roles/{code}/"]


def _scheme(here: Namespace, family: str) -> URIRef:
    return here[f"#{family}"]


def _add_schemes(graph: Graph, here: Namespace, date: dt.date) -> None:
    for family in Family:
        scheme = _scheme(here, family)
        graph.add((scheme, RDF.type, SKOS.ConceptScheme))
        graph.add((scheme, SKOS.prefLabel, _words(f"Roles: {family.label}")))
        graph.add((scheme, DCTERMS.modified, Literal(date.isoformat(), datatype=XSD.date)))
        for group in GROUPS_OF_FAMILY[family]:
            concept = here[f"#group-{group}"]
            graph.add((concept, RDF.type, SKOS.Concept))
            graph.add((concept, SKOS.prefLabel, _words(group.label)))
            graph.add((concept, SKOS.notation, Literal(group.value)))
            graph.add((concept, SKOS.inScheme, scheme))
            graph.add((concept, SKOS.topConceptOf, scheme))
            graph.add((scheme, SKOS.hasTopConcept, concept))


def _add_role(graph: Graph, here: Namespace, version: RoleVersion) -> set[str]:
    """Add one role; return the addresses of the classification codes that it refers to."""
    concept = _concept(here, version.code)
    graph.add((concept, RDF.type, SKOS.Concept))
    graph.add((concept, SKOS.inScheme, _scheme(here, version.family)))
    graph.add((concept, SKOS.broader, here[f"#group-{version.group}"]))
    _add_common(graph, concept, version)
    for title in set(version.other_titles) - {version.title}:
        graph.add((concept, SKOS.altLabel, _words(title)))
    for key, lead in (("inclusion", "Counts"), ("exclusion", "Does not count")):
        for item in version.content.get(key, []):
            graph.add((concept, SKOS.scopeNote, _words(f"{lead}: {item['text']}")))
            if item.get("example"):
                graph.add((concept, SKOS.example, _words(f"{lead}: {item['example']}")))
    links = {f"{link['list']}:{link['code']}" for link in version.content.get("classifications", [])}
    for link in links:
        graph.add((concept, SKOS.relatedMatch, _entry(here, link)))
    return links


def _add_common(graph: Graph, node: URIRef, version: RoleVersion | PerspectiveVersion) -> None:
    graph.add((node, SKOS.prefLabel, _words(version.title)))
    graph.add((node, SKOS.notation, Literal(version.code)))
    graph.add((node, SKOS.definition, _words(version.summary)))
    graph.add((node, OWL.versionInfo, Literal(str(version.number))))
    graph.add((node, DCTERMS.hasVersion, URIRef(address(version))))
    graph.add((node, DCTERMS.issued, Literal(version.published_at.isoformat(), datatype=XSD.dateTime)))
    graph.add((node, DCTERMS.valid, Literal(version.effective_from.isoformat(), datatype=XSD.date)))
    if version.change_note:
        graph.add((node, SKOS.changeNote, _words(version.change_note)))


def _add_perspective(graph: Graph, here: Namespace, version: PerspectiveVersion) -> None:
    """Add a perspective; its members are the roles that count whatever else is true of a record."""
    collection = here[f"perspectives/{version.code}/"]
    graph.add((collection, RDF.type, SKOS.Collection))
    _add_common(graph, collection, version)
    for sentence in version.sentences:
        graph.add((collection, SKOS.scopeNote, _words(sentence)))
    for code, answer in version.membership.items():
        if answer["verdict"] == "always":
            graph.add((collection, SKOS.member, _concept(here, code)))


def _entry(here: Namespace, link: str) -> URIRef:
    slug, _colon, code = link.partition(":")
    return here[f"lists/{slug}/#{code}"]


def _add_list_entries(graph: Graph, here: Namespace, used: set[str]) -> None:
    rows = ReferenceEntry.objects.filter(
        list__slug__in=(ListSlug.SOC2020, ListSlug.NHS_JOB_ROLES), code__in={link.partition(":")[2] for link in used}
    )
    # The newest edition that still has the code: a published role keeps its codes when a list drops them.
    newest = {entry.address: entry for entry in rows.select_related("list").order_by("list__edition")}
    for entry in (newest[link] for link in sorted(used & set(newest))):
        scheme = here[f"lists/{entry.list.slug}/"]
        concept = _entry(here, entry.address)
        graph.add((scheme, RDF.type, SKOS.ConceptScheme))
        graph.add((scheme, SKOS.prefLabel, _words(entry.list.title)))
        graph.add((concept, RDF.type, SKOS.Concept))
        graph.add((concept, SKOS.prefLabel, _words(entry.title)))
        graph.add((concept, SKOS.notation, Literal(entry.code)))
        graph.add((concept, SKOS.inScheme, scheme))


def _add_replacements(graph: Graph, date: dt.date) -> None:
    for share in shares_as_at(date):
        if share.target is not None:
            graph.add((URIRef(address(share.target)), DCTERMS.replaces, URIRef(address(share.source))))
