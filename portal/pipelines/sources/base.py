"""What a source of records says of itself. Loads without the apps, so that specifications do as well."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from portal.pipelines.layouts import Layout


@dataclass(frozen=True)
class Source:
    """A kind of records: what there is to seal, what a seal is made of, and how the records are copied out."""

    code: str
    label: str
    layout: Layout
    #: For a family, the names of what can be sealed, oldest first, one for each period.
    collections: Callable[[str], list[str]]
    #: For one of them, what the seal is made of: plain data whose hash says whether to seal again.
    summary: Callable[[str], dict[str, Any]]
    #: Copies the records out as CSV with a header and returns how many rows it wrote.
    copy: Callable[[str, Path], int]
    #: SQL over the copied file that gives the layout's columns, where the file has others.
    relation: Callable[[Path], str] | None = None
    #: Whether the rules of perspectives, which speak of people and their posts, can be asked of a record.
    has_perspectives: bool = False
