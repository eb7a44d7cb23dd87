"""One predicate, every engine: DuckDB, PostgreSQL, plain Python, and Spark where it is installed."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest
from django.db import connection
from hypothesis import given, settings

from portal.methods import rules
from tests.unit.methods.rule_cases import RECORDS, RULES, WORDS

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
COLUMNS = {"n": "INTEGER"} | {name: "INTEGER" if name == "oh_share_milli" else "VARCHAR(60)" for name in RECORDS[0]}
#: All that a predicate may be made of: words that DuckDB, PostgreSQL, Spark and Trino read alike.
ALLOWED = {"AND", "OR", "NOT", "IN", "LIKE", "TRUE", "=", ">=", "(", ")", ","}


def rows() -> list[tuple[Any, ...]]:
    return [(number, *record.values()) for number, record in enumerate(RECORDS)]


def table(name: str) -> str:
    return f"{name} ({', '.join(f'{column} {kind}' for column, kind in COLUMNS.items())})"


def counted(rule: rules.Rule) -> set[int]:
    return {number for number, record in enumerate(RECORDS) if rules.evaluate(rule, record)}


def test_duckdb_postgresql_and_python_answer_alike() -> None:
    with duckdb.connect() as duck, connection.cursor() as postgres:
        duck.execute(f"CREATE TABLE {table('rule_records')}")
        duck.executemany(f"INSERT INTO rule_records VALUES ({', '.join('?' * len(COLUMNS))})", rows())
        postgres.execute(f"CREATE TEMP TABLE {table('rule_records')} ON COMMIT DROP")
        with postgres.copy("COPY rule_records FROM STDIN") as copy:
            for row in rows():
                copy.write_row(row)

        @settings(max_examples=120)
        @given(rule=RULES)
        def alike(rule: rules.Rule) -> None:
            resolved = rules.resolve(rule, WORDS)
            statement = f"SELECT n FROM rule_records WHERE {rules.to_sql(resolved)}"
            postgres.execute(statement.replace("%", "%%"), [])
            found = {n for (n,) in postgres.fetchall()}
            assert found == {n for (n,) in duck.execute(statement).fetchall()} == counted(resolved)

        alike()


@settings(max_examples=200)
@given(rule=RULES)
def test_a_predicate_is_made_of_words_that_every_dialect_knows(rule: rules.Rule) -> None:
    import re

    sql = rules.to_sql(rules.resolve(rule, WORDS))
    rest = re.sub(r"'[^']*'", "", sql)  # codes in quotes
    words = set(re.findall(r"[A-Za-z_]+|>=|=|\(|\)|,|[0-9]+", rest))
    assert re.sub(r"[A-Za-z_]+|>=|=|\(|\)|,|[0-9]+|\s", "", rest) == ""
    assert {word for word in words if not word.isdigit()} <= ALLOWED | set(COLUMNS)


@pytest.mark.interop  # `make scale` has Spark and runs it
def test_spark_answers_like_the_others() -> None:
    from pyspark.sql import SparkSession

    spark = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
    try:
        frame = spark.createDataFrame(rows(), list(COLUMNS)).cache()

        @settings(max_examples=15)
        @given(rule=RULES)
        def alike(rule: rules.Rule) -> None:
            resolved = rules.resolve(rule, WORDS)
            assert {row.n for row in frame.where(rules.to_sql(resolved)).select("n").collect()} == counted(resolved)

        alike()
    finally:
        spark.stop()
