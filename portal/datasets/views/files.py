"""Serving the files of a version: bytes that never change, in whole or by range."""

from __future__ import annotations

import asyncio
import base64
from typing import IO, TYPE_CHECKING, Any

from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase, HttpResponseNotAllowed
from django.shortcuts import render
from django.utils.http import http_date

from portal.core.generation import Remembered
from portal.core.http_ranges import Span, not_modified, precondition_failed, span_of
from portal.core.storage import public_files
from portal.datasets import limits
from portal.datasets.generation import published
from portal.datasets.links import link_header, version_links
from portal.datasets.lookup import NotFoundError, WithdrawnError, served_version
from portal.datasets.models import DatasetFile, DatasetVersion

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from django.http import HttpRequest

IMMUTABLE = "public, max-age=31536000, immutable"
CHUNK = 256 * 1024
# What is longer may not fit into the buffers of the connection, so that a slow reader holds a thread.
LONG = 1024 * 1024
RETRY_SECONDS = 5
EXPOSED = "ETag, Content-Range, Content-Length, Accept-Ranges, Link, Repr-Digest, Last-Modified, Content-Disposition"

_files: Remembered[DatasetFile] = Remembered(published)


class FileSlice:
    """An open file that ends where the range ends. Servers that can, send it without copying."""

    def __init__(self, file: IO[bytes], start: int, length: int) -> None:
        file.seek(start)
        self.file = file
        self.left = length
        self.fileno = file.fileno
        self.close = file.close

    def read(self, size: int = -1) -> bytes:
        """Return up to ``size`` bytes of the range."""
        data = self.file.read(self.left if size < 0 else min(size, self.left))
        self.left -= len(data)
        return data

    def tell(self) -> int:
        """Return the place in the whole file."""
        return self.file.tell()


class SlicedResponse(FileResponse):
    """A file response that also streams under ASGI, a chunk at a time, off the event loop."""

    block_size = CHUNK
    # Whose place among the long answers it holds.
    reader = ""

    def close(self) -> None:
        """End the answer and give its place back."""
        super().close()
        if self.reader:
            limits.streams.leave(self.reader)
            self.reader = ""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Read in threads, so that a slow reader holds neither the loop nor the memory."""
        while chunk := await asyncio.to_thread(self.file_to_stream.read, CHUNK):
            yield chunk


def version_file(request: HttpRequest, slug: str, number: str, name: str) -> HttpResponseBase:
    """Serve one file of a published version."""
    if request.method == "OPTIONS":
        return with_cors(HttpResponse(status=204))
    if request.method not in {"GET", "HEAD"}:
        return HttpResponseNotAllowed(["GET", "HEAD", "OPTIONS"])
    try:
        return serve(request, _files.get((slug, number, name), lambda: _found(slug, number, name)))
    except DatasetFile.DoesNotExist:
        return _absent(request, slug, number, name)


def _found(slug: str, number: str, name: str) -> DatasetFile:
    versions = DatasetVersion.objects.served().numbered(number).filter(dataset__slug=slug)
    return DatasetFile.objects.filter(version__in=versions).for_serving().get(name=name)


def _absent(request: HttpRequest, slug: str, number: str, name: str) -> HttpResponseBase:
    try:
        version = served_version(slug, number)
    except WithdrawnError as error:
        return with_cors(render(request, "datasets/withdrawn.html", {"version": error.version}, status=410))
    except NotFoundError as error:
        raise Http404(str(error)) from error
    raise Http404(f"{version} has no file {name}.")


def serve(request: HttpRequest, file: DatasetFile) -> HttpResponseBase:
    """Answer with the file, a part of it, or that nothing changed."""
    version = file.version
    etag = f'"{file.sha256}"'
    modified = int(version.published_at.timestamp()) if version.published_at else 0
    if precondition_failed(request.headers, etag=etag, modified=modified):
        return with_cors(HttpResponse(status=412))
    if not_modified(request.headers, etag=etag, modified=modified):
        return _described(HttpResponse(status=304), file, etag, modified)
    span = span_of(request.headers, size=file.bytes, etag=etag, modified=modified)
    if span is None:
        response = HttpResponse(status=416)
        response["Content-Range"] = f"bytes */{file.bytes}"
        return with_cors(response)
    response = _streamed(request, file, span)
    if response is None:
        response = HttpResponse("Too many files are being sent. Try again in a moment.\n", status=429)
        response["Retry-After"] = str(RETRY_SECONDS)
        return with_cors(response)
    response["Content-Length"] = str(span.length)
    if span.is_part:
        response["Content-Range"] = f"bytes {span.start}-{span.stop - 1}/{file.bytes}"
    response["Content-Disposition"] = f'attachment; filename="{file.name}"' if file.is_main else "inline"
    return _described(response, file, etag, modified)


def _streamed(request: HttpRequest, file: DatasetFile, span: Span) -> Any:
    status, content_type = 206 if span.is_part else 200, _content_type(file)
    if request.method == "HEAD":
        return HttpResponse(status=status, content_type=content_type)
    reader = request.META.get("REMOTE_ADDR", "") if span.length > LONG else ""
    if reader and not limits.streams.enter(reader):
        return None
    stream = FileSlice(public_files.local_path(file.sha256).open("rb"), span.start, span.length)
    response = SlicedResponse(stream, status=status, content_type=content_type)
    response.reader = reader
    return response


def _content_type(file: DatasetFile) -> str:
    return f"{file.media_type}; charset=utf-8" if file.media_type.startswith("text/") else file.media_type


def _described(response: Any, file: DatasetFile, etag: str, modified: int) -> Any:
    response["ETag"] = etag
    response["Repr-Digest"] = f"sha-256=:{base64.b64encode(bytes.fromhex(file.sha256)).decode()}:"
    response["Cache-Control"] = IMMUTABLE
    response["Accept-Ranges"] = "bytes"
    response["Last-Modified"] = http_date(modified)
    response["Link"] = link_header(version_links(file.version, of_file=file))
    return with_cors(response)


def with_cors(response: Any) -> Any:
    """Let any site's scripts read what is public."""
    response["Access-Control-Allow-Origin"] = "*"
    response["Access-Control-Allow-Methods"] = "GET, HEAD, OPTIONS"
    response["Access-Control-Allow-Headers"] = (
        "Range, If-Range, If-None-Match, If-Modified-Since, If-Match, Content-Type"
    )
    response["Access-Control-Expose-Headers"] = EXPOSED
    response["Access-Control-Max-Age"] = "86400"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response
