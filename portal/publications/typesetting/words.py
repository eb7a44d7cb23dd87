"""Rich text as plain paragraphs, for paper."""

from __future__ import annotations

from html.parser import HTMLParser

BLOCKS = {"p": "p", "li": "li", "h2": "h", "h3": "h", "h4": "h"}


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[dict[str, str]] = []
        self.kind, self.words = "p", ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        if tag in BLOCKS:
            self._end()
            self.kind = BLOCKS[tag]
        elif tag == "br":
            self.words += " "

    def handle_endtag(self, tag: str) -> None:
        if tag in BLOCKS:
            self._end()

    def handle_data(self, data: str) -> None:
        self.words += data

    def _end(self) -> None:
        if self.words.strip():
            self.parts.append({"kind": self.kind, "text": " ".join(self.words.split())})
        self.kind, self.words = "p", ""

    def close(self) -> None:
        super().close()
        self._end()


def paragraphs(html: object) -> list[dict[str, str]]:
    """Return paragraphs, list items and headings in order, without their markup."""
    reader = _Reader()
    reader.feed(str(getattr(html, "source", html) or ""))
    reader.close()
    return reader.parts
