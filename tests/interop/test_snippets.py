"""What the page of a version shows below “Use it”, run as it stands by the program that it is meant for."""

from __future__ import annotations

import csv
import html
import io
import re
import shutil
import subprocess
import urllib.request

import pytest

from tests.factories.datasets import make_dataset, make_published
from tests.interop.clients import needs_clients, run

pytestmark = [pytest.mark.interop, pytest.mark.django_db(transaction=True), needs_clients]
ROWS, OF_FIRST_PERIOD = 36, 18


@pytest.fixture
def shown(live_server, settings, tmp_path):
    """Return the lines as a reader copies them from the page."""
    settings.BASE_URL = live_server.url
    version = make_published(make_dataset("staff"), tmp_path)
    with urllib.request.urlopen(live_server.url + version.get_absolute_url()) as answer:  # noqa: S310 - our own server
        page = answer.read().decode()
    found = re.findall(r'<pre class="datasets-code" id="code-(\w+)"><code>(.*?)</code>', page, re.DOTALL)
    return {name: html.unescape(code) for name, code in found}


def test_python(shown):
    run(
        "python",
        code=f"{shown['python']}\nassert len(data) == {ROWS} and str(data['value'].dtype) == 'float64', data.dtypes",
    )


def test_r(shown, tmp_path):
    rscript = shutil.which("Rscript")
    assert rscript, "R is not on this machine; .ci/run installs it"
    script = tmp_path / "use.R"
    script.write_text(
        f"{shown['r']}\nstopifnot(nrow(data) == {ROWS}, is.numeric(data$value), sum(is.na(data$value)) > 0)\n"
    )
    subprocess.run([rscript, str(script)], check=True, capture_output=True, timeout=600)


def test_sql(shown):
    code = f"""
import duckdb, glob, os, duckdb_extension_httpfs as package
con = duckdb.connect(config={{"allow_unsigned_extensions": "true"}})
con.load_extension(glob.glob(os.path.dirname(package.__file__) + "/**/*.duckdb_extension", recursive=True)[0])
assert len(con.sql({shown["sql"]!r}).fetchall()) == {OF_FIRST_PERIOD}
"""
    run("python", code=code)


def test_curl(shown):
    done = subprocess.run(["/bin/sh", "-c", shown["curl"]], check=True, capture_output=True, text=True, timeout=300)
    assert f'"total":{OF_FIRST_PERIOD}' in done.stdout.replace(" ", ""), done.stdout[:500]


def test_excel_gets_a_csv_with_the_column_that_is_typed(shown):
    """Power Query runs nowhere but in Excel: what its line says of the file must be so, to the last row."""
    [address] = re.findall(r'Web\.Contents\("([^"]+)"\)', shown["excel"])
    [delimiter, page, quotes] = re.findall(
        r'\[Delimiter = "(.)", Encoding = (\d+), QuoteStyle = QuoteStyle\.(\w+)\]', shown["excel"]
    )[0]
    assert (page, quotes) == ("65001", "Csv"), "Windows' number of UTF-8; line ends within quotes"
    with urllib.request.urlopen(address) as answer:  # noqa: S310 - our own server
        assert answer.headers.get_content_type() == "text/csv"
        assert answer.headers.get_content_charset() == "utf-8"
        assert answer.headers["Content-Encoding"] is None
        sent = answer.read()
    text = sent.decode("utf-8-sig", errors="strict")
    header, *rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    assert len(rows) == ROWS
    assert {len(row) for row in rows} == {len(header)}
    typed = re.findall(r'\{"(\w+)", type number\}', shown["excel"])
    assert set(typed) <= set(header)
    numbers = [row[header.index(name)] for name in typed for row in rows]
    assert all(re.fullmatch(r"-?\d+(\.\d+)?", number) for number in numbers if number), "as en-GB reads numbers"
    assert '"en-GB"' in shown["excel"]
