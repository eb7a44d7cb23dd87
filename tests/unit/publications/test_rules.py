"""The rules of releases that need no database: moves between states, words, what the machine may say."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING

import pytest
from django.core.exceptions import ValidationError
from wagtail import blocks

from portal.datasets.queries import Observation
from portal.publications.actions.workflow import publication_moment
from portal.publications.bare_figures import bare_figures
from portal.publications.blocks import HeadlineFigureBlock, SectionBlock, SentenceBlock, SourcedFigureBlock
from portal.publications.downloads import csv_of_table
from portal.publications.enums import (
    CALENDAR_TRANSITIONS,
    LOCKED_STATES,
    OPEN_STATES,
    PUBLIC_STATES,
    TRANSITIONS,
    CalendarStatus,
    ReleaseState,
)
from portal.publications.figures import change_between
from portal.publications.planned import _subject
from portal.publications.validators import check_sentence, check_title, refuse_typed_figures

if TYPE_CHECKING:
    from collections.abc import Iterator

S = ReleaseState


def test_every_state_has_its_row_and_belongs_to_one_kind():
    assert set(TRANSITIONS) == set(ReleaseState)
    assert not OPEN_STATES & PUBLIC_STATES
    assert set(ReleaseState) - OPEN_STATES - PUBLIC_STATES == {S.CANCELLED}
    assert LOCKED_STATES < OPEN_STATES


def test_nothing_public_becomes_open_again_and_nothing_is_published_unapproved():
    for state in PUBLIC_STATES:
        assert TRANSITIONS[state] <= PUBLIC_STATES
    assert {state for state, moves in TRANSITIONS.items() if S.PUBLISHED in moves} == {S.APPROVED, S.SCHEDULED}
    assert {state for state, moves in TRANSITIONS.items() if S.APPROVED in moves} == {S.IN_REVIEW, S.SCHEDULED}


def test_what_was_published_or_cancelled_stays_so_in_the_calendar():
    assert CALENDAR_TRANSITIONS[CalendarStatus.PUBLISHED] == frozenset()
    assert CALENDAR_TRANSITIONS[CalendarStatus.CANCELLED] == frozenset()


@pytest.mark.parametrize(
    ("day", "utc"), [(dt.date(2027, 1, 14), "09:30"), (dt.date(2027, 5, 14), "08:30"), (dt.date(2027, 10, 31), "09:30")]
)
def test_publication_is_at_half_past_nine_in_london_summer_and_winter(day, utc):
    assert f"{publication_moment(day).astimezone(dt.UTC):%H:%M}" == utc


@pytest.mark.parametrize("text", ["There are 1,330 nurses", "up 3.1 points", "<p>12%</p>", "40 per cent", "about 5 %"])
def test_figures_typed_into_prose_are_found(text):
    with pytest.raises(ValidationError, match="typed in"):
        refuse_typed_figures(text)


@pytest.mark.parametrize(
    "text",
    [
        "Since March 2022",
        "Perspective D1, version 2",
        "fewer than 10 people",
        "37 hours",
        "section 4",
        "COVID-19",
        "1/2",
    ],
)
def test_years_codes_and_plain_counts_of_rules_are_not_figures(text):
    refuse_typed_figures(text)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("<p>There are 930 nurses</p><p>12 more</p>", ["930", "12"]),
        ("On 14 May 2027 there were 1330 of 2,027.", ["1330", "2,027"]),
        ("up 12.5% in 2027", ["12.5%"]),
        ("May 2027, version 2.1, SOC 2020, D12, 09:30, 2025-26, 1/2, fewer than 5 people", []),
    ],
)
def test_numbers_that_may_be_statistics_are_named_to_the_editor_years_and_names_are_not(text, found):
    assert bare_figures(text) == found


@pytest.mark.parametrize("text", ["{value} people, {change} more", "{subject} {movement} in {period}.", "Plain."])
def test_sentences_take_figures_by_name(text):
    check_sentence(text)


@pytest.mark.parametrize("text", ["{total}", "{value", "It rose to 1,330 from {previous}", "{highest}"])
def test_sentences_with_other_names_or_typed_figures_are_refused(text):
    with pytest.raises(ValidationError):
        check_sentence(text)


def test_titles_take_what_is_highest_and_not_what_belongs_to_sentences():
    check_title("Most nurses work in {highest}")
    with pytest.raises(ValidationError):
        check_title("{subject}")


def cell(value: float | None, status: str = "") -> Observation:
    return Observation({}, "headcount", value, status)


@pytest.mark.parametrize(
    ("now", "before", "words"),
    [
        (cell(1330.0), cell(1290.0), "rose by 40 (3.1%) to 1,330"),
        (cell(1290.0), cell(1330.0), "fell by 40 (3.0%) to 1,290"),
        (cell(1290.0), cell(1290.0), "was unchanged at 1,290"),
        (cell(10.0), cell(0.0), "rose by 10 to 10"),
        (cell(10.0), None, "was 10"),
        (cell(10.0), cell(None, "c"), "was 10"),
        (cell(None, "c"), cell(10.0), "cannot be shown"),
        (None, cell(10.0), "cannot be shown"),
        (cell(10.0, "b"), cell(5.0), "was 10"),
    ],
)
def test_change_is_said_from_published_values_and_never_over_a_gap_or_a_break(now, before, words):
    assert change_between(now, before, decimals=0).movement == words


def test_a_change_that_rounds_to_nothing_is_no_change():
    assert change_between(cell(3.04), cell(3.01), decimals=1).movement == "was unchanged at 3.0"


def test_people_are_counted_by_number_and_other_measures_have_names():
    assert _subject("Occupational health nurses", "people") == "The number of occupational health nurses"
    assert _subject("Full-time equivalent", "FTE") == "Full-time equivalent"


def test_a_label_is_never_a_formula_in_a_spreadsheet():
    table = {
        "columns": [{"label": "Area"}, {"label": "=cmd()"}],
        "rows": [{"header": "@SUM(A1)", "cells": [{"value": -5.5, "status": ""}]}],
    }
    assert csv_of_table(table).splitlines()[1] == "'@SUM(A1),'=cmd(),-5.5,"


def _lines(block: blocks.Block, path: str = "") -> Iterator[tuple[str, blocks.Block]]:
    """Yield every field of a block that takes words, with the way to it."""
    inside = getattr(block, "child_blocks", None) or ({"": block.child_block} if hasattr(block, "child_block") else {})
    for name, child in inside.items():
        yield from _lines(child, f"{path}.{name}".strip("."))
    if isinstance(block, blocks.CharBlock | blocks.TextBlock | blocks.RichTextBlock):
        yield path, block


# Codes of the data; what a chart's axis counts (“for every 10,000 residents”); constants of a formula; and the one
# block for figures from elsewhere, which asks for source and date.
NOT_WORDS = re.compile(r"cells\.|\b(x|series|rows|columns|code|subtitle|latex)$|equation\.words|^sourced_figure\.")


def test_no_block_of_a_release_takes_a_typed_figure_without_source_and_date():
    lines = dict(_lines(SectionBlock().child_blocks["body"])) | dict(_lines(HeadlineFigureBlock()))
    lines["heading"] = SectionBlock().child_blocks["heading"]
    asked = {path: block for path, block in lines.items() if not NOT_WORDS.search(path)}
    taken = []
    for path, block in asked.items():
        value = (
            "<p>There are 1,330 nurses.</p>" if isinstance(block, blocks.RichTextBlock) else "There are 1,330 nurses"
        )
        try:
            block.clean(block.to_python(value))
            taken.append(path)
        except ValidationError:
            continue
    assert len(asked) > 8
    # A sentence is judged with its placeholders, as a whole.
    assert taken == ["sentence.text"]
    with pytest.raises(ValidationError):
        SentenceBlock().clean(
            {"text": "There are 1,330 nurses", "subject": "", "cells": {"measure": "m", "filters": []}}
        )
    sourced = SourcedFigureBlock()
    assert all(sourced.child_blocks[name].required for name in ("figure", "source", "date"))
