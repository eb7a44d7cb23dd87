"""The example front end renders a whole release with nothing but the API."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest
from django.core.files.base import ContentFile
from wagtail.documents import get_document_model

from portal.publications import actions
from tests.factories import publications as make

SCRIPT = Path(__file__).resolve().parents[2] / "examples" / "front_end" / "render.py"
pytestmark = [pytest.mark.django_db(databases=["default", "submissions"], transaction=True), pytest.mark.slow]


def render(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, SCRIPT, *arguments], capture_output=True, text=True, check=False, timeout=300
    )


def test_a_release_is_rendered_from_the_api_alone(live_server, tmp_path):
    version = make.publish(make.make_release(tmp_path, make.make_series()), make.make_people())
    done = render(live_server.url, version.series.slug, "D1")
    assert done.returncode == 0, done.stderr
    assert "<h1>Occupational health workforce, England, March 2022</h1>" in done.stdout
    assert "<b>750</b> People in occupational health" in done.stdout
    assert "Up 125 (20.0%) since September 2021" in done.stdout
    assert "<strong>Clinical core</strong>" in done.stdout
    assert "<tr><th scope='row'>Midlands</th><td>300</td></tr>" in done.stdout
    assert "<td>[c]</td>" in done.stdout


def test_a_full_release_loses_nothing_on_the_way(live_server, tmp_path):
    people = make.make_people()
    version = _with_every_block(make.make_release(tmp_path, make.make_series()), people)
    make.publish(version, people)
    correction = actions.start_correction(by=people["Editors"], release=version.release, notice="London was too low.")
    make.publish(correction, people)
    done = render(live_server.url, version.series.slug)
    assert done.returncode == 0, done.stderr
    shown = done.stdout
    assert "<mfrac>" in shown, "a formula is set"
    assert "Hours divided by" in shown
    assert "[note 1]" in shown
    assert "The form" in shown
    assert re.search(r"href='[^']*/documents/\d+/form[^'/]*\.txt'", shown), "a document can be downloaded"
    assert "Correction, version 2" in shown
    assert "London was too low." in shown
    assert "Version 1</a> (superseded)" in shown
    assert "Made from returns." in shown, "quality"
    assert "412 of 520 organisations sent a return" in shown
    assert "Methodology</a>" in shown
    assert "Nobody outside the team" in shown
    assert re.search(r"<img alt='Bar chart: [^']+' src='", shown), "a chart has its text alternative"
    links = re.findall(rf"(?:href|src)='({live_server.url}[^']+)'", shown)
    forms = {urlsplit(link).path.rsplit(".", 1)[-1] for link in links}
    assert {"svg", "png", "csv"} <= forms
    # The definitions themselves are not part of this small site.
    for link in (link for link in links if "/definitions/" not in link):
        with urlopen(link.replace("&amp;", "&"), timeout=120) as answer:  # noqa: S310 - our own server
            assert answer.status == 200, link


def _with_every_block(version, people):
    document = get_document_model().objects.create(title="Form", file=ContentFile(b"form", "form.txt"))
    page = version.release.get_latest_revision_as_object()
    sections = page.sections.get_prep_value()
    sections[0]["value"]["body"] += [
        *make.blocks_beside_figures(document.pk),
        {"type": "callout", "value": {"title": "Take care", "text": "<p>With <b>this</b>.</p>"}, "id": "c"},
        {"type": "definition", "value": {"kind": "perspective", "code": "D2"}, "id": "g"},
    ]
    page.sections = sections
    page.save_revision(user=people["Editors"])
    return version


def test_a_publication_without_a_release_says_so(live_server, tmp_path):
    version = make.make_release(tmp_path, make.make_series())
    done = render(live_server.url, version.series.slug)
    assert done.returncode != 0
    assert "has no published release yet" in done.stderr
