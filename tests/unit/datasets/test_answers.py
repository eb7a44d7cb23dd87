"""Answers as JSON."""

import json

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
