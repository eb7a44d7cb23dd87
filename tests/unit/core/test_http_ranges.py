"""Ranges and conditions follow RFC 9110."""

import pytest

from portal.core.http_ranges import Span, not_modified, precondition_failed, span_of

ETAG = '"abc"'
MODIFIED = 1_700_000_000
HTTP_DATE = "Tue, 14 Nov 2023 22:13:20 GMT"
EARLIER = "Tue, 14 Nov 2023 22:13:19 GMT"


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, Span(0, 100, is_part=False)),
        ({"Range": "bytes=0-9"}, Span(0, 10, is_part=True)),
        ({"Range": "bytes=90-"}, Span(90, 100, is_part=True)),
        ({"Range": "bytes=90-500"}, Span(90, 100, is_part=True)),
        ({"Range": "bytes=-10"}, Span(90, 100, is_part=True)),
        ({"Range": "bytes=-1000"}, Span(0, 100, is_part=True)),
        ({"Range": "bytes=100-"}, None),
        ({"Range": "bytes=-0"}, None),
        ({"Range": "bytes=9-3"}, Span(0, 100, is_part=False)),
        ({"Range": "bytes=-"}, Span(0, 100, is_part=False)),
        ({"Range": "bytes=0-1,5-6"}, Span(0, 100, is_part=False)),
        ({"Range": "rows=0-9"}, Span(0, 100, is_part=False)),
        ({"Range": "bytes=" + "9" * 400 + "-"}, Span(0, 100, is_part=False)),
        ({"Range": "bytes=0-9", "If-Range": ETAG}, Span(0, 10, is_part=True)),
        ({"Range": "bytes=0-9", "If-Range": '"other"'}, Span(0, 100, is_part=False)),
        ({"Range": "bytes=0-9", "If-Range": "W/" + ETAG}, Span(0, 100, is_part=False)),
        ({"Range": "bytes=0-9", "If-Range": HTTP_DATE}, Span(0, 10, is_part=True)),
        ({"Range": "bytes=0-9", "If-Range": EARLIER}, Span(0, 100, is_part=False)),
    ],
)
def test_span(headers, expected):
    assert span_of(headers, size=100, etag=ETAG, modified=MODIFIED) == expected


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, False),
        ({"If-None-Match": ETAG}, True),
        ({"If-None-Match": f'"x", W/{ETAG}'}, True),
        ({"If-None-Match": "*"}, True),
        ({"If-None-Match": '"x"', "If-Modified-Since": HTTP_DATE}, False),
        ({"If-Modified-Since": HTTP_DATE}, True),
        ({"If-Modified-Since": EARLIER}, False),
        ({"If-Modified-Since": "yesterday"}, False),
    ],
)
def test_not_modified(headers, expected):
    assert not_modified(headers, etag=ETAG, modified=MODIFIED) is expected


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, False),
        ({"If-Match": ETAG}, False),
        ({"If-Match": "*"}, False),
        ({"If-Match": '"x"'}, True),
        ({"If-Match": f"W/{ETAG}"}, True),
        ({"If-Match": ETAG, "If-Unmodified-Since": EARLIER}, False),
        ({"If-Unmodified-Since": EARLIER}, True),
        ({"If-Unmodified-Since": HTTP_DATE}, False),
        ({"If-Unmodified-Since": "yesterday"}, False),
    ],
)
def test_precondition(headers, expected):
    assert precondition_failed(headers, etag=ETAG, modified=MODIFIED) is expected
