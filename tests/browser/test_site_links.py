"""No link of the site leads nowhere, fragments included."""

from __future__ import annotations

import re
from collections import deque
from html import unescape
from urllib.parse import urldefrag, urljoin, urlsplit

import pytest

from tests.browser.page_types import MEANT, addresses

pytestmark = pytest.mark.django_db(databases=["default", "submissions"], transaction=True)
LINK = re.compile(r"""<(?:a|link)\b[^>]*?\shref=["']([^"']+)["']""")
IDENTIFIER = re.compile(r"""\s(?:id|name)=["']([^"']+)["']""")
MOST = 500
# Static files are not served by the test client; the API's browser builds its links in the browser.
ELSEWHERE = ("/static/", "/cms/", "/api/v1/docs", "/language/")


def links_of(path, text):
    for found in LINK.findall(text):
        address = urljoin(f"http://testserver{path}", unescape(found))
        parts = urlsplit(address)
        if parts.scheme == "http" and parts.netloc in {"testserver", "localhost"}:
            yield address.split(parts.netloc, 1)[1] or "/"


def test_every_link_and_fragment_of_the_site_leads_somewhere(client, tmp_path):
    client.raise_request_exception = False
    waiting, seen, broken = deque((path, name) for name, path in addresses(tmp_path).items()), set(), []
    fragments, identifiers = {}, {}
    while waiting and len(seen) < MOST:
        path, origin = waiting.popleft()
        plain, fragment = urldefrag(path)
        if fragment:
            fragments[path] = origin
        if plain in seen or plain.startswith(ELSEWHERE):
            continue
        seen.add(plain)
        answer = client.get(plain, follow=True)
        if answer.streaming:
            deque(answer.streaming_content, maxlen=0)  # a file that is not read to its end stays open
        if answer.status_code not in MEANT.get(origin, {200}):
            broken.append(f"{answer.status_code} {plain} (linked from {origin})")
            continue
        if not answer["Content-Type"].startswith("text/html"):
            continue
        text = answer.content.decode()
        identifiers[plain] = set(IDENTIFIER.findall(text))
        # Filters and comparisons are endless: those of a few pages stand for all.
        waiting.extend((link, plain) for link in links_of(answer.request["PATH_INFO"], text) if _worth(link, seen))
    assert not broken, "\n".join(broken)
    missing = {
        path: origin
        for path, origin in fragments.items()
        if urldefrag(path)[0] in identifiers and urldefrag(path)[1] not in identifiers[urldefrag(path)[0]]
    }
    assert missing == {}
    assert len(seen) > 100


def _worth(link, seen):
    plain = urldefrag(link)[0]
    same = sum(1 for other in seen if "?" in other and other.split("?")[0] == plain.split("?")[0])
    return "?" not in plain or same < 4
