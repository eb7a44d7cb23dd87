"""Byte ranges and conditional requests for bytes that never change (RFC 9110, sections 13 and 14)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.http import parse_http_date_safe

if TYPE_CHECKING:
    from collections.abc import Mapping

ONE_RANGE = re.compile(r"^bytes=(\d{0,18})-(\d{0,18})$", re.IGNORECASE | re.ASCII)
TAG = re.compile(r'(?:W/)?"[^"]*"')


@dataclass(frozen=True)
class Span:
    """Part of a file, ``start`` to ``stop`` exclusive; ``is_part`` when a range was asked for."""

    start: int
    stop: int
    is_part: bool

    @property
    def length(self) -> int:
        """Return how many bytes it has."""
        return self.stop - self.start


def span_of(headers: Mapping[str, str], *, size: int, etag: str, modified: int) -> Span | None:
    """Return the part of a file that a request asks for; None when it lies outside the file.

    A range that is malformed, of another unit, one of several, or bound by ``If-Range`` to
    other bytes is ignored, as the standard allows: the answer is then the whole file.
    """
    whole = Span(0, size, is_part=False)
    found = ONE_RANGE.match(headers.get("Range", "").replace(" ", ""))
    if not found or not any(found.groups()) or not _same_bytes(headers.get("If-Range"), etag, modified):
        return whole
    first, last = found.groups()
    if not first:
        return Span(max(0, size - int(last)), size, is_part=True) if int(last) and size else None
    start = int(first)
    stop = min(size, int(last) + 1) if last else size
    if last and int(last) < start:
        return whole
    return Span(start, stop, is_part=True) if start < size else None


def _same_bytes(condition: str | None, etag: str, modified: int) -> bool:
    if not condition:
        return True
    if condition.startswith('"'):
        return condition == etag
    return parse_http_date_safe(condition) == modified


def not_modified(headers: Mapping[str, str], *, etag: str, modified: int) -> bool:
    """Return whether the client already has these bytes (``If-None-Match``, else ``If-Modified-Since``)."""
    if tags := headers.get("If-None-Match"):
        return tags.strip() == "*" or etag in {tag.removeprefix("W/") for tag in TAG.findall(tags)}
    since = parse_http_date_safe(headers.get("If-Modified-Since", "")) if headers.get("If-Modified-Since") else None
    return since is not None and modified <= since


def precondition_failed(headers: Mapping[str, str], *, etag: str, modified: int) -> bool:
    """Return whether the client wants other bytes only (``If-Match``, else ``If-Unmodified-Since``)."""
    if tags := headers.get("If-Match"):  # weak tags never match
        return tags.strip() != "*" and etag not in {tag for tag in TAG.findall(tags) if tag[0] == '"'}
    since = parse_http_date_safe(headers.get("If-Unmodified-Since", ""))
    return since is not None and modified > since
