"""Spreadsheets open in other programs with the cells of the CSV."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import subprocess
import urllib.request

import pytest

from tests.factories.datasets import make_dataset, make_metadata, make_published, make_rows
from tests.interop.clients import files, needs_clients, run

pytestmark = [pytest.mark.interop, pytest.mark.django_db(transaction=True), needs_clients]
DATA_SHEET = 4
OFFICE = shutil.which("soffice")


@pytest.fixture
def published(live_server, settings, tmp_path):
    """Publish a small version with text that spreadsheets find hard."""
    settings.BASE_URL = live_server.url
    metadata = make_metadata(roles={"all": 'All "roles", <b> & more', "nur": "Line\nbreak", "phy": "ünï 0012"})
    rows = make_rows(metadata)
    rows[3]["value"] = 1234567.125
    version = make_published(make_dataset("staff"), tmp_path, metadata=metadata, rows=rows)
    return live_server.url, version


def cells_of(rows):
    """Return the cells of the data sheet below its header, as texts."""
    start = next(number for number, row in enumerate(rows) if len(row) > 1 and row[1])
    return [[re.sub(r"\.0$", "", str(cell)) for cell in row] for row in rows[start + 1 :]]


def expected(published):
    """Return what a sheet must show, from the CSV."""
    with urllib.request.urlopen(files(published) + "staff-1.0.0.csv") as answer:  # noqa: S310 - our own server
        text = io.StringIO(answer.read().decode(), newline="")
    wanted = []
    for row in csv.DictReader(text):
        value = re.sub(r"\.0$", "", row["value"]) or f"[{row['status']}]"
        labels = [
            row[f"{name}{kind}"] for name in ("time_period", "geography_code", "role_code") for kind in ("_label", "")
        ]
        marks = f"[{row['status']}]" if row["status"] else "none"
        rest = [row[name] for name in ("coverage_expected", "coverage_received", "source")]
        wanted.append([*labels, row["measure_label"], row["unit"], value, marks, *rest])
    return wanted


@pytest.mark.parametrize("kind", ["xlsx", "ods"])
def test_calamine_and_openpyxl(published, tmp_path, kind):
    readers = {
        "calamine": "from python_calamine import load_workbook; rows = load_workbook(path).get_sheet_by_name('Data').to_python()",
        "openpyxl": "import openpyxl; rows = [[*row] for row in openpyxl.load_workbook(path)['Data'].iter_rows(values_only=True)]",
    }
    for name, code in readers.items():
        if (kind, name) == ("ods", "openpyxl"):
            continue
        address, path = f"{files(published)}staff-1.0.0.{kind}", str(tmp_path / f"staff.{kind}")
        start = f"import json, urllib.request; path = urllib.request.urlretrieve({address!r}, {path!r})[0]"
        rows = json.loads(run("python", code=f"{start}; {code}; print(json.dumps(rows))"))
        rows = [[cell for cell in row if cell is not None] for row in rows]
        assert cells_of(rows) == expected(published), name


@pytest.mark.skipif(OFFICE is None, reason="LibreOffice is not on this machine")
@pytest.mark.parametrize("kind", ["ods", "xlsx"])
def test_libreoffice_opens_it_as_it_is(published, tmp_path, kind):
    """Its own conversion of the data sheet has the cells of the CSV; a file that it had to repair would not."""
    source = tmp_path / f"staff.{kind}"
    urllib.request.urlretrieve(files(published) + f"staff-1.0.0.{kind}", source)  # noqa: S310 - our own server
    done = subprocess.run(
        [OFFICE, "--headless", "--norestore", f"-env:UserInstallation=file://{tmp_path}/profile", "--convert-to",
         f"csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false,false,false,false,{DATA_SHEET}", "--outdir", str(tmp_path), str(source)],
        capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "repair" not in (done.stdout + done.stderr).lower()
    with (tmp_path / "staff-Data.csv").open(newline="", encoding="utf-8") as file:
        rows = [[cell for cell in row if cell] for row in csv.reader(file)]
    assert cells_of([row for row in rows if row]) == expected(published)
