"""What a source of records says of itself. Loads without the apps, so that specifications do as well."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from portal.pipelines.layouts import Layout


@dataclass(frozen=True)
class Question:
    """What an organisation is asked of each role and may leave out, by the quantities of its records."""

    #: How many are there, of organisations that answered the question.
    size: str
    #: The same of organisations that left it out; no measure counts these.
    left_out: str
    #: What the answer consists of; one that says nothing of a role says none.
    answers: tuple[str, ...]

    @property
    def quantities(self) -> tuple[str, ...]:
        """All quantities that hang on the answer."""
        return (self.size, *self.answers)


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
    #: What organisations may leave out, and estimates may fill.
    questions: Mapping[str, Question] = field(default_factory=dict)

    @property
    def items(self) -> frozenset[str]:
        """What may be left out and filled: items of people, or answers of organisations."""
        return frozenset(self.layout.categories if self.has_perspectives else self.questions)
