"""The one way a file is refused as a whole."""

from __future__ import annotations


class Refused(Exception):  # noqa: N818 - it is an outcome with a message for a person, not a fault
    """The file cannot be read. ``code`` says why for machines, the message for people.

    The message names what was found, where, and what was expected.
    """

    def __init__(self, code: str, message: str, *, line: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.line = line
