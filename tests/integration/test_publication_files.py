"""Charts as PNG and a release as PDF: the right content, the same bytes every time, nothing early."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from portal.publications import actions
from portal.publications.typesetting.words import paragraphs
from tests.factories import publications as make

pytestmark = [pytest.mark.django_db(databases=["default"]), pytest.mark.slow]


@pytest.fixture
def published(tmp_path, people):
    version = make.make_release(tmp_path, make.make_series())
    page = version.release.get_latest_revision_as_object()
    page.sections = [*page.sections.get_prep_value(), *make.sections_of_every_kind()]
    page.save_revision(user=people["Editors"])
    return make.publish(version, people)


def figures(client, version):
    answer = client.get(f"/api/content/pages/{version.release_id}/").json()
    blocks = [block for section in answer["release"]["sections"] for block in section["blocks"]]
    return [block["files"] for block in blocks if block["kind"] == "chart"]


def test_every_chart_is_a_png_of_the_same_bytes_twice(client, published):
    files = figures(client, published)
    assert len(files) == 9
    for one in files:
        answer = client.get(one["png"])
        assert answer["Content-Type"] == "image/png"
        assert "immutable" in answer["Cache-Control"]
        image = Image.open(io.BytesIO(answer.content))
        assert image.width == pytest.approx(2 * 662, abs=2)
        colours = image.convert("RGB").getcolors(maxcolors=1_000_000)
        assert len(colours) > 5, "nothing was drawn"
    assert client.get(files[0]["png"]).content == client.get(files[0]["png"]).content


def test_a_release_is_a_tagged_pdf_of_the_same_bytes_twice(client, published):
    from django.core.cache import cache

    address = f"{published.permanent_address}release.pdf"
    first = client.get(f"{address}?perspective=D1").content
    cache.clear()
    assert client.get(f"{address}?perspective=D1").content == first
    assert first.startswith(b"%PDF-")
    # PDF/UA-1: the tree of tags, the language, and the mark of the standard.
    assert b"/StructTreeRoot" in first
    assert b"/Lang" in first
    assert b"pdfuaid:part" in first
    assert client.get(address).content != first
    # What is not a perspective is not kept under an address of its own.
    assert client.get(f"{address}?perspective=nonsense").content == client.get(address).content


def test_a_draft_and_a_withdrawn_version_have_no_files(client, tmp_path, published, people):
    files = figures(client, published)[0]
    draft = make.make_release(tmp_path, make.make_series())
    assert client.get(f"{draft.permanent_address}release.pdf").status_code == 404
    actions.withdraw_release(by=people["Publishers"], version=published, reason="The wrong file was used.")
    assert client.get(f"{published.permanent_address}release.pdf").status_code == 404
    assert {client.get(address).status_code for address in files.values()} == {404}


def test_rich_text_becomes_paragraphs():
    html = "<h3>Who</h3><p>One<br/>two <b>three</b> &amp; four.</p><ul><li>First</li><li> </li></ul>tail"
    assert [(part["kind"], part["text"]) for part in paragraphs(html)] == [
        ("h", "Who"),
        ("p", "One two three & four."),
        ("li", "First"),
        ("p", "tail"),
    ]
