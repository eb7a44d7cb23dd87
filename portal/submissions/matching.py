"""Which column of a person's file is which item: by name, by label, as remembered, or as chosen."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rapidfuzz import fuzz, process

from portal.submissions.reading import Refused, TableReader, fold

if TYPE_CHECKING:
    from collections.abc import Mapping

    from portal.submissions.forms import FormVersion

#: Columns that our own error files add; a file that comes back with them is read without them.
OWN_COLUMNS = frozenset({"errors and queries", "result"})
GUESS_CUTOFF = 70


@dataclass
class Match:
    """How headings were matched."""

    #: Item to (index in a row, column of the file).
    columns: dict[str, tuple[int, int]] = field(default_factory=dict)
    #: Headings that mean no item, with the nearest guess.
    unmatched: dict[str, str] = field(default_factory=dict)
    ignored: list[str] = field(default_factory=list)
    #: Items that two columns claim.
    doubled: dict[str, list[str]] = field(default_factory=dict)
    missing_required: list[str] = field(default_factory=list)

    @property
    def needs_a_person(self) -> bool:
        """Whether somebody must look at the columns before rows can be checked."""
        return bool(self.doubled or self.missing_required)


def match_headings(form: FormVersion, table: TableReader, remembered: Mapping[str, str]) -> Match:
    """Match the headings of a file. What the organisation chose before goes before what we know."""
    match = Match()
    claims: dict[str, list[int]] = {}
    for index, heading in enumerate(table.headings):
        folded = fold(heading)
        if folded in OWN_COLUMNS:
            continue
        item = remembered[folded] if folded in remembered else form.by_heading.get(folded)
        if item is None:
            match.unmatched[heading] = folded
        elif not item:
            match.ignored.append(heading)
        elif item in form.by_name:
            claims.setdefault(item, []).append(index)
    for item, indexes in claims.items():
        if len(indexes) > 1:
            match.doubled[item] = [table.headings[index] for index in indexes]
        match.columns[item] = (indexes[0], table.columns[indexes[0]])
    # What another heading means for certain is no guess.
    free = {known: item for known, item in form.by_heading.items() if item not in claims}
    match.unmatched = {heading: _guess(free, folded) for heading, folded in match.unmatched.items()}
    match.missing_required = [item.name for item in form.items if item.required and item.name not in match.columns]
    return match


def _guess(free: Mapping[str, str], folded: str) -> str:
    # Whole words against whole words: a guess that stands in the list is soon taken for the truth.
    found = process.extractOne(folded, free.keys(), scorer=fuzz.token_sort_ratio, score_cutoff=GUESS_CUTOFF)
    return free[found[0]] if found else ""


def refuse_other_tables(form: FormVersion, table: TableReader, match: Match, *, has_choices: bool) -> None:
    """Refuse a file that has next to none of the columns: it is some other table."""
    if len(match.columns) >= form.minimum_known_headings or has_choices:
        return
    known = [table.headings[index] for index, _column in match.columns.values()]
    raise Refused(
        "F-060",
        f"Line {table.heading_line} was read as the headings ({', '.join(table.headings[:6])}{'…' if len(table.headings) > 6 else ''}). "  # noqa: PLR2004 - a few examples
        f"{'Of these only ' + ', '.join(known) if known else 'None of these'} {'is' if len(known) < 2 else 'are'} in the form “{form.title}”, "  # noqa: PLR2004 - singular
        f"which has {', '.join(item.label for item in form.items[:4])} and {len(form.items) - 4} more. "
        "Use the template, or say which line has the headings and which column is which.",
        line=table.heading_line,
    )
