"""The body of a query: JSON as the standard has it (RFC 8259), read strictly."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any

import orjson
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

if TYPE_CHECKING:
    from collections.abc import Mapping


class QueryParser(JSONParser):
    """Refuses what other readers let through: NaN, half characters, nesting without end, any encoding but UTF-8."""

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,  # noqa: ARG002 - the framework's signature
        parser_context: Mapping[str, Any] | None = None,  # noqa: ARG002 - as above
    ) -> Any:
        """Return what the body says."""
        try:
            return orjson.loads(stream.read())
        except orjson.JSONDecodeError as error:
            raise ParseError(f"The query is not JSON in UTF-8: {error}.") from error
