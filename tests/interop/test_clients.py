"""Clients that others wrote, from an environment of their own, read what the portal serves over HTTP."""

from __future__ import annotations

import json

import pytest

from tests.factories.datasets import make_dataset, make_metadata, make_published, make_rows
from tests.interop.clients import CKAN, files, needs_clients, run

pytestmark = [pytest.mark.interop, pytest.mark.django_db(transaction=True), needs_clients]
SHAPES = """
@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix dcat: <http://www.w3.org/ns/dcat#> .
@prefix dct: <http://purl.org/dc/terms/> . @prefix foaf: <http://xmlns.com/foaf/0.1/> .
@prefix spdx: <http://spdx.org/rdf/terms#> . @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
[] a sh:NodeShape ; sh:targetClass dcat:Catalog ; sh:property
  [ sh:path dct:title ; sh:minCount 1 ] , [ sh:path dct:description ; sh:minCount 1 ] ,
  [ sh:path dct:publisher ; sh:minCount 1 ; sh:maxCount 1 ; sh:class foaf:Agent ] .
[] a sh:NodeShape ; sh:targetClass dcat:Dataset, dcat:DatasetSeries ; sh:property
  [ sh:path dct:title ; sh:minCount 1 ] , [ sh:path dct:description ; sh:minCount 1 ] ,
  [ sh:path dct:publisher ; sh:maxCount 1 ; sh:class foaf:Agent ] , [ sh:path dcat:version ; sh:maxCount 1 ] ,
  [ sh:path dct:issued ; sh:maxCount 1 ; sh:datatype xsd:dateTime ] .
[] a sh:NodeShape ; sh:targetClass dcat:Distribution ; sh:property
  [ sh:path dcat:accessURL ; sh:minCount 1 ; sh:nodeKind sh:IRI ] ,
  [ sh:path dcat:mediaType ; sh:maxCount 1 ; sh:class dct:MediaType ] , [ sh:path dct:license ; sh:minCount 1 ; sh:maxCount 1 ] ,
  [ sh:path dcat:byteSize ; sh:maxCount 1 ; sh:datatype xsd:nonNegativeInteger ] , [ sh:path spdx:checksum ; sh:maxCount 1 ; sh:class spdx:Checksum ] .
[] a sh:NodeShape ; sh:targetClass dcat:DataService ; sh:property
  [ sh:path dct:title ; sh:minCount 1 ] , [ sh:path dcat:endpointURL ; sh:minCount 1 ] .
[] a sh:NodeShape ; sh:targetClass spdx:Checksum ; sh:property
  [ sh:path spdx:algorithm ; sh:minCount 1 ; sh:class spdx:ChecksumAlgorithm ] , [ sh:path spdx:checksumValue ; sh:minCount 1 ] .
"""


METADATA = make_metadata(
    areas={f"E{number:08d}": f"Area {number}" for number in range(400)},
    roles={f"r{number}": f"Role {number}" for number in range(15)},
)


@pytest.fixture
def published(live_server, settings, tmp_path):
    """Publish 24,000 observations in 400 areas, so that ranges are worth asking for."""
    settings.BASE_URL = live_server.url
    settings.API_ANONYMOUS_PER_MINUTE = 0
    metadata = METADATA
    dataset = make_dataset("staff", description="Counts of made-up staff.", keywords=["staff"])
    rows = make_rows(metadata)
    rows[7].update(coverage_received=None, coverage_expected=None)  # as of figures that no return stands behind
    version = make_published(dataset, tmp_path, metadata=metadata, rows=rows)
    return live_server.url, version


def test_frictionless(published):
    report = json.loads(
        run("frictionless", "validate", files(published) + "datapackage.json", "--type", "package", "--json")
    )
    assert report["valid"] is True, json.dumps(report)[:3000]
    assert report["stats"]["tasks"] == 2


def test_csvw(published):
    run("csvwvalidate", "-v", files(published) + "staff-1.0.0.csv")
    code = f"""
from csvw import CSVW
table = CSVW({files(published) + "staff-1.0.0.csv"!r}, validate=True)
assert table.is_valid, table
rows = list(table.to_json(minimal=True))
assert len(rows) == 24000, len(rows)
assert float(rows[0]["value"]) == 10.25, rows[0]
"""
    run("python", code=code)


def test_pandas_and_pyarrow(published):
    code = f"""
import pandas as pd
base = {files(published)!r}
parquet = pd.read_parquet(base + "staff-1.0.0.parquet")
csv = pd.read_csv(base + "staff-1.0.0.csv", keep_default_na=False, na_values={{"value": [""]}})
assert str(csv["value"].dtype) == "float64" and len(csv) == len(parquet) == 24000
assert csv["value"].equals(parquet["value"])
assert (csv["status"] == parquet["status"]).all()
"""
    run("python", code=code)


def test_mlcroissant_reads_every_record_and_refuses_other_bytes(published):
    total = sum(row["value"] or 0 for row in make_rows(METADATA))
    code = f"""
import os, tempfile
os.environ["CROISSANT_CACHE"] = tempfile.mkdtemp()
import mlcroissant as mlc
dataset = mlc.Dataset(jsonld={files(published) + "croissant.json"!r})
assert not dataset.metadata.ctx.issues.errors, dataset.metadata.ctx.issues.errors
records = dataset.records(record_set="observations")
rows = list(records)
assert len(rows) == 24000, len(rows)
assert rows[0]["observations/measure"] in (b"fte", "fte", b"headcount", "headcount"), rows[0]
assert abs(sum(row["observations/value"] for row in rows if row["observations/value"] is not None and row["observations/value"] == row["observations/value"]) - {total!r}) < 0.01
"""
    run("python", code=code)
    served = published[1].store.local_path(published[1].files.get(name="staff-1.0.0.csv").sha256)
    data = served.read_bytes()
    served.chmod(0o644)
    altered = data.replace(b"10.25", b"10.35", 1)
    assert altered != data
    served.write_bytes(altered)
    with pytest.raises(AssertionError, match=r"[Hh]ash|checksum|sha256"):
        run("python", code=code)


def test_shapes_of_the_mandatory_properties(published, tmp_path):
    shapes = tmp_path / "shapes.ttl"
    shapes.write_text(SHAPES)
    code = f"""
import urllib.request, pyshacl
for path in ("/catalog.ttl", "/datasets/staff/dcat.ttl"):
    data = urllib.request.urlopen({published[0]!r} + path).read().decode()
    conforms, _, text = pyshacl.validate(data, data_graph_format="turtle", shacl_graph={str(shapes)!r}, shacl_graph_format="turtle")
    assert conforms, text
    assert data.count("dcat:Distribution") == 5, data.count("dcat:Distribution")
"""
    run("python", code=code)


def test_sdmx1(published):
    code = f"""
import sdmx
from sdmx.source import add_source
add_source({{"id": "OHW", "name": "OHW", "url": {published[0] + "/sdmx/2.1"!r}}}, override=True)
client = sdmx.Client("OHW")
flows = client.dataflow("staff")
structure = flows.structure["staff_dsd"]
assert [d.id for d in structure.dimensions] == ["geography_code", "role_code", "measure", "TIME_PERIOD"], structure.dimensions
message = client.data("staff", key="E00000007.r3.headcount")
series = sdmx.to_pandas(message)
assert len(series) == 2 and list(series.index.get_level_values("TIME_PERIOD")) == ["2021-03", "2022-03"], series
"""
    run("python", code=code)


def test_pysdmx_with_schema_validation(published):
    code = f"""
import urllib.request
from pysdmx.io.xml.doc_validation import validate_doc
from pysdmx.io import read_sdmx
base = {published[0] + "/sdmx/2.1"!r}
for path in ("/dataflow/OHW/staff/latest?references=all", "/datastructure/OHW/staff_dsd/latest", "/dataflow", "/data/staff/E00000007..headcount"):
    text = urllib.request.urlopen(base + path).read().decode()
    validate_doc(text)
structures = read_sdmx(urllib.request.urlopen(base + "/datastructure/OHW/staff_dsd/latest").read().decode(), validate=True)
assert structures.get_data_structure_definitions()[0].id == "staff_dsd"
data = read_sdmx(urllib.request.urlopen(base + "/data/staff/E00000007..headcount").read().decode(), validate=True)
assert len(data.get_datasets()[0].data) == 30
"""
    run("python", code=code)


def test_sdmx_history_is_read_by_both_clients(published, tmp_path):
    """Every version that was published, in one message, which the schemas accept."""
    base, first = published
    second = make_published(
        first.dataset,
        tmp_path,
        metadata={**METADATA, "notes": ["Mended."]},
        rows=make_rows(METADATA),
        kind="correction",
    )
    assert second.number == "1.0.1"
    code = f"""
import urllib.request, io, sdmx
from pysdmx.io import read_sdmx
from pysdmx.io.xml.doc_validation import validate_doc
text = urllib.request.urlopen({base!r} + "/sdmx/2.1/data/staff/E00000007.r3.headcount?includeHistory=true").read()
validate_doc(text.decode())
message = sdmx.read_sdmx(io.BytesIO(text))
assert len(message.data) == 2 and [len(part.obs) for part in message.data] == [2, 2], message.data
"""
    run("python", code=code)


def test_ckan_harvests_the_catalogue(published):
    """CKAN's own parser, as its harvester runs it, keeps what a catalogue page of CKAN shows."""
    code = f"""
import urllib.request
from ckanext.dcat.processors import RDFParser
for path in ("/catalog.ttl", "/datasets/staff/dcat.ttl"):
    parser = RDFParser(profiles=["euro_dcat_ap_3"])
    parser.parse(urllib.request.urlopen({published[0]!r} + path).read().decode(), _format="turtle")
    [found] = [one for one in parser.datasets() if one.get("version")]
    assert found["title"] == "Staff, version 1.0.0" and found["version"] == "1.0.0", found
    assert found["notes"] == "Counts of made-up staff." and found["tags"] == [{{"name": "staff"}}], found
    extras = {{extra["key"]: extra["value"] for extra in found["extras"]}}
    assert extras["publisher_name"] and extras["issued"] and extras["contact_email"], extras
    for resource in found["resources"]:
        assert resource["size"] and resource["hash"] and resource["license"] and resource["url"], resource
        assert resource["format"] or resource["mimetype"], resource
    assert len(found["resources"]) == 5, len(found["resources"])
"""
    run("python", code=code, folder=CKAN)
