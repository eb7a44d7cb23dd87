"""Clients that others wrote, from an environment of their own, read what the portal serves over HTTP."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.factories.datasets import make_dataset, make_metadata, make_published, make_rows

CLIENTS = Path(__file__).resolve().parents[2] / "var" / "interop" / "bin"
pytestmark = [
    pytest.mark.interop,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not CLIENTS.exists(), reason="the clients are not installed here: make interop"),
]
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


def run(*command: str, code: str = "") -> str:
    """Run a client and return what it says; fail with it when it is not content."""
    parts = [str(CLIENTS / command[0]), *command[1:], *(["-c", code] if code else [])]
    environment = {**os.environ, "PYTHONPATH": "", "NO_PROXY": "*", "no_proxy": "*"}
    done = subprocess.run(parts, capture_output=True, text=True, timeout=240, check=False, env=environment, cwd="/tmp")
    assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
    return done.stdout


@pytest.fixture
def published(live_server, settings, tmp_path):
    """Publish 24,000 observations in 400 areas, so that ranges are worth asking for."""
    settings.BASE_URL = live_server.url
    settings.API_ANONYMOUS_PER_MINUTE = 0
    metadata = make_metadata(
        areas={f"E{number:08d}": f"Area {number}" for number in range(400)},
        roles={f"r{number}": f"Role {number}" for number in range(15)},
    )
    dataset = make_dataset("staff", description="Counts of made-up staff.", keywords=["staff"])
    version = make_published(dataset, tmp_path, metadata=metadata, rows=make_rows(metadata))
    return live_server.url, version


def files(published) -> str:
    return published[0] + published[1].get_absolute_url() + "files/"


def test_frictionless(published):
    report = json.loads(
        run("frictionless", "validate", files(published) + "datapackage.json", "--type", "package", "--json")
    )
    assert report["valid"] is True, json.dumps(report)[:3000]
    assert report["stats"]["tasks"] == 2


def test_csvw(published):
    assert "OK" in run("csvwvalidate", "-v", files(published) + "staff-1.0.0.csv") + "OK"
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


def test_pyarrow_reads_by_range(published):
    """A reader that asks for parts gets the rows of one area without the whole file."""
    code = f"""
import io, urllib.request
import pyarrow.parquet as pq, pyarrow.compute as pc
url = {files(published) + "staff-1.0.0.parquet"!r}
read = [0]
class Remote(io.RawIOBase):
    def __init__(self):
        self.place = 0
        self.size = int(urllib.request.urlopen(urllib.request.Request(url, method="HEAD")).headers["Content-Length"])
    def readable(self): return True
    def seekable(self): return True
    def tell(self): return self.place
    def seek(self, offset, whence=0):
        self.place = offset if whence == 0 else self.place + offset if whence == 1 else self.size + offset
        return self.place
    def readinto(self, buffer):
        last = min(self.place + len(buffer), self.size) - 1
        if last < self.place: return 0
        answer = urllib.request.urlopen(urllib.request.Request(url, headers={{"Range": f"bytes={{self.place}}-{{last}}"}}))
        assert answer.status == 206
        data = answer.read(); buffer[:len(data)] = data; self.place += len(data); read[0] += len(data)
        return len(data)
remote = Remote()
table = pq.read_table(remote, columns=["geography_code", "value"], filters=[("geography_code", "=", "E00000399")])
assert table.num_rows == 60, table.num_rows
assert read[0] < remote.size / 2, (read[0], remote.size)
"""
    run("python", code=code)


def test_mlcroissant(published):
    code = f"""
import mlcroissant as mlc
dataset = mlc.Dataset(jsonld={files(published) + "croissant.json"!r})
assert not dataset.metadata.ctx.issues.errors, dataset.metadata.ctx.issues.errors
records = dataset.records(record_set="observations")
first = next(iter(records))
assert first["observations/measure"] in (b"fte", "fte", b"headcount", "headcount"), first
"""
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


def test_schemathesis_finds_no_crash_and_no_answer_outside_the_description(published):
    """Requests made from the description, right and wrong, never crash the API or leave its contract."""
    checks = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,unsupported_method"
    run(
        "schemathesis", "run", published[0] + "/api/v1/openapi.json", "--checks", checks, "--max-examples", "8",
        "--include-path-regex", "^/api/v1/datasets", "--workers", "1", "--seed", "1", "--request-timeout", "60",
    )  # fmt: skip
