"""Citations of a published version carry its date; the files of the version, made before, stay as they are."""

from __future__ import annotations

import datetime as dt
import re

import pytest
import yaml
from django.test import Client

from portal.core.storage import public_files
from tests.factories.datasets import make_dataset, make_draft, make_published

pytestmark = pytest.mark.django_db


@pytest.fixture
def version(tmp_path):
    at = dt.datetime(2026, 3, 31, 23, 30, tzinfo=dt.UTC)  # in London it is 1 April already
    return make_published(make_dataset("staff", title="Staff: a “count”"), tmp_path, at=at)


def test_each_form_names_version_and_date(version):
    client, page = Client(), version.get_absolute_url()
    shown = client.get(page).content.decode()
    addresses = re.findall(rf'href="({page}citation\.[\w.]+)"', shown)
    assert [one.removeprefix(f"{page}citation.") for one in addresses] == ["txt", "bib", "ris", "csl.json", "cff"]
    answers = {one.removeprefix(f"{page}citation."): client.get(one) for one in addresses}
    text = {form: answer.content.decode() for form, answer in answers.items()}
    assert "(2026). Staff: a “count”, version 1.0.0 [dataset]." in text["txt"]
    assert "\n  year = {2026},\n  month = {4},\n" in text["bib"]
    assert text["bib"].startswith("@misc{")
    assert text["bib"].rstrip().endswith("}")
    assert text["ris"].endswith("PY  - 2026\r\nDA  - 2026/04/01/\r\nER  - \r\n")
    [entry] = answers["csl.json"].json()
    assert (entry["version"], entry["issued"]) == ("1.0.0", {"date-parts": [[2026, 4, 1]]})
    cff = yaml.safe_load(text["cff"])
    assert (cff["title"], cff["version"], str(cff["date-released"])) == ("Staff: a “count”", "1.0.0", "2026-04-01")
    assert cff["authors"] == [{"name": version.dataset.publisher}]
    assert client.get(f"{page}citation.doc").status_code == 404


def test_a_draft_has_none_and_the_files_have_no_date(version, tmp_path):
    draft = make_draft(version.dataset, tmp_path)
    assert Client().get(f"{draft.get_absolute_url()}citation.bib").status_code == 404
    with public_files.open(version.files.get(name="citation.bib").sha256) as file:
        assert b"year" not in file.read()
