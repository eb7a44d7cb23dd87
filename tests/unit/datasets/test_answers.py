"""Answers as JSON, and versions found a moment ago."""

import json

import pytest

from portal.datasets import recent
from portal.datasets.answers import as_json


def test_columns_become_the_same_json_as_rows():
    values = {
        "area": ['a"b', "a,b", "{}", "é\u2028", ""],
        "area_label": [None, "x", "x", "], [", None],
        'odd "name"': [1, None, -3, 2**53, 0],
        "value": [0.1, None, 1e22, -0.0, 5e-324],
        "nothing": [None] * 5,
    }
    rows = [dict(zip(values, row, strict=True)) for row in zip(*values.values(), strict=True)]
    assert json.loads(as_json({"total": 5}, values)) == {"total": 5, "results": rows}


def test_an_answer_without_rows_is_an_empty_list():
    assert json.loads(as_json({"total": 0}, {"area": [], "value": []})) == {"total": 0, "results": []}


def test_what_was_found_is_kept_for_a_moment_only(settings, monkeypatch):
    now = [100.0]
    monkeypatch.setattr(recent.time, "monotonic", lambda: now[0])
    settings.LOOKUP_SECONDS = 1
    kept = recent.Recent[str](most=2)
    assert [kept.get("a", lambda answer=answer: answer) for answer in ("1", "2")] == ["1", "1"]
    now[0] += 1
    assert kept.get("a", lambda: "3") == "3"
    for key in "bcdef":
        kept.get(key, lambda: key)  # noqa: B023 - called at once
        assert len(kept.kept) <= 2


def test_what_is_not_found_is_looked_for_again(settings):
    settings.LOOKUP_SECONDS = 60
    kept = recent.Recent[str]()

    def missing() -> str:
        raise LookupError

    with pytest.raises(LookupError):
        kept.get("a", missing)
    assert kept.get("a", lambda: "here") == "here"
    settings.LOOKUP_SECONDS = 0
    assert kept.get("a", lambda: "again") == "again"
