"""Every format of a version has the same cells, the same bytes each time, and keeps the rules."""

import csv
import hashlib
import io
import json
import re
import zipfile

import openpyxl
import pyarrow.parquet as pq
import pytest
from python_calamine import CalamineWorkbook

from portal.datasets.files import accessibility
from portal.datasets.files.sheets import plain_number
from portal.datasets.signing import is_signed, public_key
from tests.factories.datasets import make_dataset, make_draft, make_metadata, make_rows

pytestmark = pytest.mark.django_db
AWKWARD = 'Ames & "Sons" <b>, ünï\x07 [x]'


@pytest.fixture
def version(tmp_path):
    dataset = make_dataset("staff", title=AWKWARD.replace("\x07", ""), keywords=["a"])
    metadata = make_metadata(
        roles={"all": "All", "nur": AWKWARD, "phy": "Line\nbreak, comma"}, notes=["Counts are rounded to 5."]
    )
    rows = make_rows(metadata)
    rows[2]["status"] = "e r"
    rows[3]["value"] = 0.1 + 0.2
    return make_draft(dataset, tmp_path, metadata=metadata, rows=rows)


def path_of(version, suffix):
    return version.store.local_path(version.files.filter(name__endswith=suffix).first().sha256)


def copy_of(version, suffix, folder):
    target = folder / f"copy{suffix}"
    target.write_bytes(path_of(version, suffix).read_bytes())
    return target


def expected(version):
    rows = pq.read_table(path_of(version, ".parquet")).to_pylist()
    return [(row["time_period"], row["geography_code"], row["role_code"], row["measure"], row["value"], row["status"], row["source"], row["coverage_received"]) for row in rows]  # fmt: skip


def from_csv(version):
    with path_of(version, ".csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return [(row["time_period"], row["geography_code"], row["role_code"], row["measure"], float(row["value"]) if row["value"] else None, row["status"], row["source"], int(row["coverage_received"])) for row in rows]  # fmt: skip


def from_sheet(rows):
    start = next(number for number, row in enumerate(rows) if row[1] not in {None, ""})
    header, measures = list(rows[start]), {"Headcount": "headcount", "Full-time equivalent": "fte"}
    found = []
    for values in rows[start + 1 :]:
        row = dict(zip(header, values, strict=True))
        status = "" if row["Symbol"] == "none" else " ".join(re.findall(r"\[(\w+)\]", row["Symbol"]))
        value = None if isinstance(row["Value"], str) else float(row["Value"])
        found.append((row["Period code"], row["Area code"], row["Role code"], measures[row["Measure"]], value, status, row["Source"], int(row["Coverage received"])))  # fmt: skip
    return found


def test_all_formats_agree_cell_for_cell(version, tmp_path):
    wanted = expected(version)
    assert len(wanted) == 36
    assert from_csv(version) == wanted
    xlsx = copy_of(version, ".xlsx", tmp_path)
    book = openpyxl.load_workbook(xlsx)
    assert from_sheet(list(book["Data"].iter_rows(values_only=True))) == wanted
    for file in (xlsx, copy_of(version, ".ods", tmp_path)):
        rows = CalamineWorkbook.from_path(str(file)).get_sheet_by_name("Data").to_python()
        assert from_sheet(rows) == wanted, file.name


def test_labels_survive_every_format(version, tmp_path):
    label = AWKWARD.replace("\x07", "")
    with path_of(version, ".csv").open(newline="", encoding="utf-8") as file:
        assert AWKWARD in {row["role_code_label"] for row in csv.DictReader(file)}
    for suffix in (".xlsx", ".ods"):
        rows = CalamineWorkbook.from_path(str(copy_of(version, suffix, tmp_path))).get_sheet_by_name("Data").to_python()
        assert label in {row[4] for row in rows if len(row) > 4}, suffix


def test_csv_is_as_rfc_4180_says(version):
    data = path_of(version, ".csv").read_bytes()
    assert not data.startswith(b"\xef\xbb\xbf")
    assert data.count(b"\r\n") == 37
    assert b'"Line\nbreak, comma"' in data


def test_spreadsheets_have_title_language_and_marked_tables(version, tmp_path):
    book = openpyxl.load_workbook(copy_of(version, ".xlsx", tmp_path))
    assert book.sheetnames == ["Cover", "Contents", "Notes", "Data"]
    assert book.properties.title.startswith("Ames & ")
    assert book.properties.language == "en-GB"
    assert list(book["Data"].tables) == ["table_data"]
    assert book["Data"]["A1"].value.endswith("[note 1]")
    assert not book["Data"].merged_cells.ranges


def test_published_reports_say_that_every_rule_holds(version):
    for suffix in (".xlsx-accessibility.json", ".ods-accessibility.json"):
        report = json.loads(path_of(version, suffix).read_text())
        assert report["holds"] is True
        assert len(report["rules"]) == len(accessibility.RULES)


def edit(source, target, part, change):
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            new.writestr(name, change(data.decode()).encode() if name == part else data)
    return target


@pytest.mark.parametrize(
    ("suffix", "part", "change", "rule"),
    [
        (".ods", "content.xml", lambda s: s.replace("<table:table-cell ", '<table:table-cell table:number-columns-spanned="2" ', 1), 2),
        (".ods", "content.xml", lambda s: s.replace("<text:p>none</text:p>", "", 1), 7),
        (".ods", "content.xml", lambda s: s.replace("<table:table-row>", '<table:table-row table:visibility="collapse">', 1), 8),
        (".ods", "content.xml", lambda s: s.replace('table:name="Data"', 'table:name="Notes"', 1), 19),
        (".ods", "content.xml", lambda s: re.sub(r"<table:database-ranges>.*</table:database-ranges>", "", s), 1),
        (".ods", "content.xml", lambda s: s.replace("<text:p>Area code</text:p>", "<text:p>Area</text:p>", 1), 4),
        (".ods", "content.xml", lambda s: re.sub(r"(.*)<text:p>[^<]+</text:p>", r"\1<text:p></text:p>", s, flags=re.DOTALL), 7),
        (".ods", "content.xml", lambda s: re.sub(r"(.*)<table:table-cell[^<]*<text:p>[^<]*</text:p></table:table-cell>", r"\1", s, flags=re.DOTALL), 3),
        (".xlsx", "xl/worksheets/sheet4.xml", lambda s: re.sub(r"(.*)<v>[^<]*</v>", r"\1<v></v>", s, flags=re.DOTALL), 7),
        (".ods", "meta.xml", lambda s: s.replace("<dc:language>en-GB</dc:language>", ""), 23),
        (".xlsx", "xl/worksheets/sheet4.xml", lambda s: s.replace("</sheetData>", '</sheetData><mergeCells><mergeCell ref="A1:B1"/></mergeCells>'), 2),
        (".xlsx", "xl/worksheets/sheet4.xml", lambda s: s.replace("</row></sheetData>", "</row><row/></sheetData>"), 3),
        (".xlsx", "xl/worksheets/sheet4.xml", lambda s: s.replace("</row></sheetData>", '</row><row><c t="s"><v>0</v></c></row></sheetData>'), 21),
        (".xlsx", "xl/worksheets/sheet4.xml", lambda s: s.replace("<row>", '<row hidden="1">', 1), 8),
        (".xlsx", "xl/workbook.xml", lambda s: s.replace('name="Notes"', 'name="Notes" state="hidden"'), 8),
        (".xlsx", "docProps/core.xml", lambda s: re.sub(r"<dc:title>.*</dc:title>", "", s), 23),
    ],
)  # fmt: skip
def test_the_checker_finds_each_fault(version, tmp_path, suffix, part, change, rule):
    broken = edit(path_of(version, suffix), tmp_path / f"broken{suffix}", part, change)
    report = accessibility.check(broken)
    assert not report["holds"]
    assert rule in [found["rule"] for found in report["rules"] if not found["holds"]]


def test_manifest_names_every_file_and_its_signature_holds(version):
    data = path_of(version, "manifest.json").read_bytes()
    manifest = json.loads(data)
    for file in manifest["files"]:
        stored = version.store.local_path(version.files.get(name=file["name"]).sha256).read_bytes()
        assert (file["sha256"], file["bytes"]) == (hashlib.sha256(stored).hexdigest(), len(stored))
    assert manifest["lineage"] == {"run": 7, "snapshots": ["ab" * 32]}
    signature = path_of(version, "manifest.json.sig").read_bytes()
    assert is_signed(data, signature, public_key())
    assert not is_signed(data + b" ", signature, public_key())
    assert not is_signed(data, b"bm90IGEgc2lnbmF0dXJl", public_key())


def test_the_zip_holds_everything_else(version):
    with zipfile.ZipFile(io.BytesIO(path_of(version, ".zip").read_bytes())) as archive:
        names = {name.split("/", 1)[1] for name in archive.namelist()}
        assert archive.testzip() is None
    assert names == set(version.files.exclude(name__endswith=".zip").values_list("name", flat=True))


def test_numbers_are_written_plainly():
    assert [plain_number(value) for value in (5.0, 0.1 + 0.2, -3, 1e15, 1e300)] == [
        "5",
        "0.30000000000000004",
        "-3",
        "1000000000000000",
        "1e+300",
    ]


def test_the_data_package_agrees_with_the_csv(version):
    package = json.loads(path_of(version, "datapackage.json").read_text())
    resource = package["resources"][0]
    header = path_of(version, ".csv").read_text(encoding="utf-8").splitlines()[0].split(",")
    assert [field["name"] for field in resource["schema"]["fields"]] == header
    assert resource["hash"] == "sha256:" + version.files.get(name=resource["path"]).sha256
    csvw = json.loads(path_of(version, ".csv-metadata.json").read_text())
    assert [column["name"] for column in csvw["tableSchema"]["columns"]] == header
