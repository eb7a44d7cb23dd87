"""Look at the pages: ``python -m tests.browser.screenshots http://localhost:8000 /tmp/shots [path …]``.

Takes each page at 320, 768 and 1280 pixels. Not a test: a person judges what is seen.
"""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

WIDTHS = (320, 768, 1280)
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATHS = (
    "/",
    "/publications/",
    "/publications/calendar/",
    "/definitions/",
    "/definitions/roles/nur-scphn/",
    "/definitions/perspectives/D2/",
    "/datasets/",
    "/opportunities/",
    "/guidance/",
    "/guidance/perspectives/",
    "/guidance/release-practices-policy/",
    "/guidance/how-to-use-the-api/",
    "/search/?q=nurse",
    "/search/?q=nothing+like+this",
    "/feedback/",
    "/accessibility/",
    "/news/",
    "/no-such-page/",
)


def name_of(path: str) -> str:
    """Return a file name for an address."""
    return "".join(letter if letter.isalnum() else "-" for letter in path).strip("-") or "home"


def main(base: str, folder: str, *paths: str) -> None:
    """Save a picture of each page at each width, and say what is wider than the window."""
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        for width in WIDTHS:
            page = browser.new_page(viewport={"width": width, "height": 900})
            for path in paths or PATHS:
                answer = page.goto(base + path)
                file = target / f"{name_of(path)}-{width}.png"
                page.screenshot(path=file, full_page=True)
                wide = page.evaluate("document.documentElement.scrollWidth")
                status = answer.status if answer else "none"
                note = f" TOO WIDE: {wide}" if wide > width else ""
                sys.stdout.write(f"{status} {path} {width}{note}\n")
            page.close()
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
