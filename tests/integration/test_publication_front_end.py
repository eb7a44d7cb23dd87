"""The example front end renders a whole release with nothing but the API."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.factories import publications as make

SCRIPT = Path(__file__).resolve().parents[2] / "examples" / "front_end" / "render.py"
pytestmark = [pytest.mark.django_db(databases=["default", "submissions"], transaction=True), pytest.mark.slow]


def render(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, SCRIPT, *arguments], capture_output=True, text=True, check=False, timeout=60)


def test_a_release_is_rendered_from_the_api_alone(live_server, tmp_path):
    version = make.publish(make.make_release(tmp_path, make.make_series()), make.make_people())
    done = render(live_server.url, version.series.slug, "D1")
    assert done.returncode == 0, done.stderr
    assert "<h1>Occupational health workforce, England, March 2022</h1>" in done.stdout
    assert "<b>750</b> People in occupational health" in done.stdout
    assert "Up 125 (20.0%) since September 2021" in done.stdout
    assert "<strong>Clinical core</strong>" in done.stdout
    assert "<tr><th>Midlands</th><td>300</td></tr>" in done.stdout
    assert "<td>[c]</td>" in done.stdout


def test_a_publication_without_a_release_says_so(live_server, tmp_path):
    version = make.make_release(tmp_path, make.make_series())
    done = render(live_server.url, version.series.slug)
    assert done.returncode != 0
    assert "has no published release yet" in done.stderr
