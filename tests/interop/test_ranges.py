"""Readers of Parquet take the part they need: under a twentieth of the file for one area."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from portal.datasets import actions
from portal.datasets.files import build
from portal.datasets.views import files as serving
from tests.factories.datasets import make_dataset, make_user
from tests.interop.clients import files, needs_clients, run

pytestmark = [pytest.mark.interop, pytest.mark.django_db(transaction=True), needs_clients]
AREAS, PERIODS, ROLES = 500, 24, 50
ROWS = AREAS * PERIODS * ROLES


@pytest.fixture
def published(live_server, settings, tmp_path, monkeypatch):
    """Publish 600,000 observations, without the spreadsheets, which nobody asks for here."""
    settings.BASE_URL = live_server.url
    settings.API_ANONYMOUS_PER_MINUTE = 0
    monkeypatch.setattr(build, "WRITERS", [part for part in build.WRITERS if part[0] not in {"ODS", "XLSX", "ZIP"}])
    place = np.arange(ROWS)
    columns = {
        "geography_code": pa.array([f"E{number:08d}" for number in range(AREAS)]).take(pa.array(place % AREAS)),
        "time_period": pa.array([f"{2000 + number}" for number in range(PERIODS)]).take(
            pa.array(place // AREAS % PERIODS)
        ),
        "role_code": pa.array([f"r{number}" for number in range(ROLES)]).take(pa.array(place // (AREAS * PERIODS))),
        "measure": pa.array(["headcount"]).take(pa.array(place * 0)),
        "value": pa.array(np.random.default_rng(1).random(ROWS)),
        "status": pa.array([""]).take(pa.array(place * 0)),
    }
    pq.write_table(pa.table(columns), tmp_path / "in.parquet")
    metadata = {
        "dimensions": [{"id": name, "label": name} for name in ("geography_code", "time_period", "role_code")],
        "measures": [{"id": "headcount", "label": "Headcount"}],
    }
    version = actions.create_draft_version(
        by=None, dataset=make_dataset("large"), observations=tmp_path / "in.parquet", metadata=metadata, lineage={}
    )
    actions.submit_version(by=None, version=version)
    version = actions.publish_version(by=None, version=actions.approve_version(by=make_user(), version=version))
    return live_server.url, version


@pytest.fixture
def sent(monkeypatch):
    """Count the bytes of files that were sent."""
    counted = []
    whole = serving._streamed

    def counting(request, file, span):
        counted.append(0 if request.method == "HEAD" else span.length)
        return whole(request, file, span)

    monkeypatch.setattr(serving, "_streamed", counting)
    return counted


DUCKDB = """
import duckdb, glob, os, duckdb_extension_httpfs as package
con = duckdb.connect(config={{"allow_unsigned_extensions": "true"}})
con.load_extension(glob.glob(os.path.dirname(package.__file__) + "/**/*.duckdb_extension", recursive=True)[0])
found = con.sql("SELECT count(*), sum(value) FROM read_parquet('{url}') WHERE geography_code = 'E00000123'").fetchone()
assert found[0] == {rows}, found
"""
PYARROW = """
import fsspec, pyarrow.parquet as pq
with fsspec.open("{url}", "rb", cache_type="none") as file:
    table = pq.read_table(file, columns=["geography_code", "value"], filters=[("geography_code", "=", "E00000123")])
assert table.num_rows == {rows}, table.num_rows
"""


@pytest.mark.parametrize("code", [DUCKDB, PYARROW], ids=["DuckDB httpfs", "pyarrow"])
def test_one_area_takes_under_a_twentieth_of_the_file(published, sent, code):
    name = "large-1.0.0.parquet"
    run("python", code=code.format(url=files(published) + name, rows=PERIODS * ROLES))
    size = published[1].files.get(name=name).bytes
    assert sum(sent) > 0
    assert sum(sent) < size * 0.05, f"{sum(sent):,} of {size:,} bytes"
    print(f"{sum(sent):,} of {size:,} bytes ({sum(sent) / size:.2%}) in {len(sent)} requests")  # noqa: T201 - the measured share
