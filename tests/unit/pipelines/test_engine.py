"""The engine is chosen by a setting, and one that is not there says so. `make scale` compares the cells."""

from __future__ import annotations

import sys

import duckdb
import pyarrow.parquet as pq
import pytest

from portal.methods.measures import MeasureError, compute_cells
from portal.pipelines.engine import cells_from
from portal.pipelines.errors import PipelineError
from tests.unit.methods.records import PREDICATES, random_records

ASKED = {"breakdowns": [("time_period",), ("time_period", "role_code")], "perspectives": PREDICATES}


@pytest.fixture
def sealed(tmp_path):
    path = tmp_path / "sealed.parquet"
    pq.write_table(random_records(200, 1), path)
    return path


def test_duckdb_is_the_default(sealed, settings):
    assert settings.STATISTICS_ENGINE == "duckdb"
    connection = duckdb.connect()
    again = compute_cells(connection, f"read_parquet('{sealed}')", **ASKED)
    assert cells_from(connection, sealed, **ASKED).equals(again)


def test_an_engine_that_nobody_knows_is_refused(sealed, settings):
    settings.STATISTICS_ENGINE = "abacus"
    with pytest.raises(PipelineError, match="“abacus”; it may be duckdb or pyspark"):
        cells_from(duckdb.connect(), sealed, **ASKED)


def test_spark_that_is_not_installed_is_named(sealed, settings, monkeypatch, tmp_path):
    settings.STATISTICS_ENGINE, settings.DATA_DIR = "pyspark", tmp_path
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    with pytest.raises(MeasureError, match="install the group “spark”"):
        cells_from(duckdb.connect(), sealed, **ASKED)
