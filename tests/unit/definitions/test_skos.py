"""The SKOS download: it parses, keeps its shapes, and says the same in both syntaxes."""

from pathlib import Path

import pytest
from pyshacl import validate
from rdflib import OWL, RDF, SKOS, Graph, Literal
from rdflib.compare import isomorphic

import portal.definitions
from tests.factories import definitions as make

pytestmark = pytest.mark.django_db
SHAPES = Path(portal.definitions.__file__).parent / "shapes" / "register.shacl.ttl"


@pytest.fixture
def register(author, approver, core, tech):
    from portal.definitions.starting_content import _load_lists

    _load_lists()
    links = [{"type": "link", "value": {"code": "soc-2020:3219", "share": "", "note": ""}}]
    make.next_version(author, approver, tech.role, summary="Écoute & mesure <les> bruits", classifications=links)


def graph_of(client, name, syntax):
    response = client.get(f"/definitions/register.{name}")
    assert response.status_code == 200
    return Graph().parse(data=response.content.decode(), format=syntax)


def broken_by(graph, triple):
    graph.remove(triple)
    return not validate(graph, shacl_graph=Graph().parse(SHAPES))[0]


# The parser of JSON-LD inside rdflib uses what rdflib itself deprecates.
@pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")
def test_both_syntaxes_parse_to_the_same_graph_and_keep_the_shapes(client, register):
    turtle, json_ld = graph_of(client, "ttl", "turtle"), graph_of(client, "jsonld", "json-ld")
    assert isomorphic(turtle, json_ld)
    conforms, _, report = validate(turtle, shacl_graph=Graph().parse(SHAPES))
    assert conforms, report
    tech = turtle.value(predicate=SKOS.notation, object=Literal("tech"))
    assert str(turtle.value(tech, SKOS.definition)) == "Écoute & mesure <les> bruits"
    assert str(turtle.value(tech, OWL.versionInfo)) == "2"
    assert {str(label) for label in turtle.objects(tech, SKOS.altLabel)} == {"OHT", "Support worker"}
    assert [str(turtle.value(entry, SKOS.notation)) for entry in turtle.objects(tech, SKOS.relatedMatch)] == ["3219"]
    collection = turtle.value(predicate=RDF.type, object=SKOS.Collection)
    assert [str(turtle.value(role, SKOS.notation)) for role in turtle.objects(collection, SKOS.member)] == ["nurse"]


@pytest.mark.parametrize("predicate", [SKOS.prefLabel, SKOS.definition, SKOS.inScheme, OWL.versionInfo])
def test_the_shapes_notice_what_is_missing(client, register, predicate):
    graph = graph_of(client, "ttl", "turtle")
    tech = graph.value(predicate=SKOS.notation, object=Literal("tech"))
    assert broken_by(graph, (tech, predicate, None))
