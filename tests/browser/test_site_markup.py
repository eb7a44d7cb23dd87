"""The Nu HTML checker finds nothing on any type of page."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections import Counter, deque
from pathlib import Path
from urllib.parse import urldefrag

import pytest
from django.conf import settings
from django.urls import resolve

from tests.browser.page_types import addresses
from tests.browser.test_site_links import ELSEWHERE, links_of

pytestmark = [pytest.mark.slow, pytest.mark.django_db(databases=["default", "submissions"], transaction=True)]
CHECKER = Path(settings.BASE_DIR) / "var" / "vnu" / "vnu.jar"
OF_EACH_TYPE = 3
MOST = 150
# What the checker says of itself or of good practice that it does not know yet, each with its reason.
KNOWN = re.compile(
    r"container-type|cqi|forced-colors|color-mix"  # newer than its style checker
    # Where rows are shown as blocks on a phone, some browsers forget that they are a table unless told.
    r"|The “(table|rowgroup|row|rowheader|columnheader|cell)” role is unnecessary"
)


def test_the_checker_finds_nothing_on_any_type_of_page(client, tmp_path):
    if not (shutil.which("java") and CHECKER.exists()):
        pytest.skip("the Nu HTML checker needs Java and var/vnu/vnu.jar (scripts/fetch_checker.py)")
    client.raise_request_exception = False
    types = addresses(tmp_path)
    pages = tmp_path / "pages"
    pages.mkdir()
    names = {}
    starts = [*types.values(), f"{types['release']}?perspective=D1"]
    for number, (path, text) in enumerate(_walk(client, starts)):
        file = pages / f"{number:03d}.html"
        file.write_text(text)
        names[file.name] = path
    assert len(names) > 30
    done = subprocess.run(
        ["java", "-Xss4m", "-jar", CHECKER, "--format", "json", "--skip-non-html", "--stdout", pages],
        capture_output=True, text=True, check=False, timeout=240,
    )  # fmt: skip
    found = Counter()
    for message in json.loads(done.stdout)["messages"]:
        said = f"{message['type']}: {message['message']}"
        if message["type"] == "info" and message.get("subType") != "warning":
            continue
        if not KNOWN.search(said):
            found[f"{names[Path(message['url']).name]}: {said} … {message.get('extract', '')[:160]!r}"] += 1
    assert not found, "\n".join(sorted(found))


def _walk(client, starts):
    """Yield up to three pages of each type, with their markup."""
    waiting, seen, types = deque(starts), set(), Counter()
    while waiting and len(seen) < MOST:
        path = urldefrag(waiting.popleft())[0]
        if path in seen or path.startswith(ELSEWHERE):
            continue
        view = resolve(path.split("?")[0]).func
        kind = f"{view.__module__}.{getattr(view, '__qualname__', view)}"
        # Pages of the page tree share one view: their first folder tells them apart.
        kind = f"{kind}:{path.split('/')[1]}" if "wagtail" in kind else kind
        if types[kind] >= OF_EACH_TYPE and path not in starts:
            continue
        seen.add(path)
        answer = client.get(path, follow=True)
        if answer.streaming:
            deque(answer.streaming_content, maxlen=0)
            continue
        if not answer.get("Content-Type", "").startswith("text/html"):
            continue
        types[kind] += 1
        text = answer.content.decode()
        yield path, text
        waiting.extend(links_of(answer.request["PATH_INFO"], text))
