"""What is broken is refused: the clients of the other tests look at what they say they look at."""

from __future__ import annotations

import re
import shutil
import subprocess
import urllib.request
import zipfile

import pytest

from tests.factories.datasets import make_dataset, make_published
from tests.interop.clients import CKAN, files, needs_clients, run
from tests.interop.test_clients import SHAPES

pytestmark = [pytest.mark.interop, pytest.mark.django_db(transaction=True), needs_clients]


@pytest.fixture
def published(live_server, settings, tmp_path):
    """Publish a small version."""
    settings.BASE_URL = live_server.url
    return live_server.url, make_published(make_dataset("staff", keywords=["staff"]), tmp_path)


def read(address: str) -> bytes:
    """Return what an address of our own server answers."""
    with urllib.request.urlopen(address) as answer:  # noqa: S310 - our own server
        return answer.read()


def alter(version, old: bytes, new: bytes) -> None:
    """Change the CSV where it is stored, to as many bytes."""
    path = version.store.local_path(version.files.get(name="staff-1.0.0.csv").sha256)
    data = path.read_bytes()
    assert len(old) == len(new)
    assert old in data
    path.chmod(0o644)
    path.write_bytes(data.replace(old, new, 1))


def test_another_value_breaks_the_data_package(published):
    alter(published[1], b"10.25", b"10.35")
    with pytest.raises(AssertionError, match="hash-count"):
        run("frictionless", "validate", files(published) + "datapackage.json", "--type", "package", "--json")


@pytest.mark.parametrize(
    ("old", "new"), [(b"10.25", b"ten??"), (b"E92000001", b"E99999999")], ids=["no number", "unknown code"]
)
def test_a_cell_that_the_description_does_not_allow_breaks_csvw(published, old, new):
    alter(published[1], old, new)
    with pytest.raises(AssertionError, match=re.escape(new.decode())):
        run("csvwvalidate", "-v", files(published) + "staff-1.0.0.csv")


def test_an_unknown_element_breaks_sdmx(published):
    code = f"""
import urllib.request
from pysdmx.io.xml.doc_validation import validate_doc
text = urllib.request.urlopen({published[0]!r} + "/sdmx/2.1/data/staff").read().decode()
validate_doc(text)
broken = text.replace("generic:ObsValue", "generic:Value", 1).replace("<generic:Value value", "<generic:Worth value", 1)
try:
    validate_doc(broken)
except Exception as error:
    print("refused", type(error).__name__)
"""
    assert "refused" in run("python", code=code)


@pytest.mark.parametrize("lost", ["dct:title", "dcat:accessURL", "dct:license", "spdx:checksumValue"])
def test_a_lost_property_breaks_the_shapes(published, tmp_path, lost):
    shapes, data = tmp_path / "shapes.ttl", tmp_path / "data.nt"
    shapes.write_text(SHAPES)
    data.write_bytes(read(published[0] + "/catalog.ttl"))
    code = f"""
import pyshacl, rdflib
graph = rdflib.Graph().parse({str(data)!r}, format="turtle")
space = dict(graph.namespaces())
prefix, name = {lost!r}.split(":")
before = len(graph)
graph.remove((None, rdflib.URIRef(space[prefix] + name), None))
assert len(graph) < before
conforms, _, text = pyshacl.validate(graph, shacl_graph={str(shapes)!r}, shacl_graph_format="turtle")
assert not conforms
assert name in text, text
"""
    run("python", code=code)


def test_ckan_misses_what_is_lost(published, tmp_path):
    data = tmp_path / "catalog.ttl"
    text = read(published[0] + "/catalog.ttl").decode()
    data.write_text(re.sub(r'dcat:keyword "staff"@en ;', "", text))
    code = f"""
from ckanext.dcat.processors import RDFParser
parser = RDFParser(profiles=["euro_dcat_ap_3"])
parser.parse(open({str(data)!r}).read(), _format="turtle")
[found] = [one for one in parser.datasets() if one.get("version")]
assert found["title"] and not found["tags"], found
"""
    run("python", code=code, folder=CKAN)


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not on this machine")
def test_libreoffice_does_not_open_a_broken_sheet(published, tmp_path):
    whole, broken = tmp_path / "whole.ods", tmp_path / "broken.ods"
    whole.write_bytes(read(files(published) + "staff-1.0.0.ods"))
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(broken, "w") as target:
        for entry in source.infolist():
            data = source.read(entry)
            target.writestr(
                entry, data.replace(b"</table:table-row>", b"", 1) if entry.filename == "content.xml" else data
            )
    done = subprocess.run(
        ["soffice", "--headless", "--norestore", f"-env:UserInstallation=file://{tmp_path}/profile", "--convert-to", "csv", "--outdir", str(tmp_path / "out"), str(broken)],
        capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert not list((tmp_path / "out").glob("*.csv")), done.stdout
