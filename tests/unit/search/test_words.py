"""From typed words to what is looked for."""

import pytest

from search.spelling import corrected
from search.words import parse, stem, synonyms, tokens

REGISTER = [("Occupational health nurse specialist (SCPHN)", ["OHN", "OH nurse specialist"]), ("Physiotherapist", [])]


def groups(text):
    return [set(group) for group in parse(text, synonyms(REGISTER)).groups]


def test_an_abbreviation_is_looked_for_in_full_and_under_the_title_of_the_register():
    (group,) = groups("OHN")
    assert {"ohn", "occupational health nurse", "occupational health nurse specialist scphn"} <= group


def test_the_longest_known_phrase_is_one_group():
    assert groups("occupational health nurse London")[0] >= {"occupational health nurse", "ohn"}
    assert groups("occupational health nurse London")[1] == {"london"}


@pytest.mark.parametrize("text", ["", "   ", "!?*&|:'\"<>()", "\x00", "—"])
def test_what_has_no_words_looks_for_nothing(text):
    query = parse(text, synonyms())
    assert query.groups == ()
    assert query.strict() is query.loose() is query.any() is None


def test_words_that_only_ask_are_not_looked_for_unless_there_are_no_others():
    assert groups("how many physiotherapists") == [{"how"}, {"physiotherapists"}]
    assert groups("many") == [{"many"}]


def test_a_very_long_query_is_cut():
    assert len(parse("word " * 1000, synonyms()).text) <= 200


@pytest.mark.parametrize(
    ("word", "expected"),
    [("nurses", "nurse"), ("therapies", "therapy"), ("ties", "tie"), ("bus", "bus"), ("illness", "illness")],
)
def test_plurals_are_dropped(word, expected):
    assert stem(word) == expected


def test_accents_and_case_do_not_matter():
    assert tokens("Ünïté  NURSE’s 2027") == ["unite", "nurses", "2027"]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        (["physioterapist"], "physiotherapist"),
        (["nurce", "specialist"], "nurse specialist"),
        (["nurses"], ""),
        (["xyzzyxyzzy"], ""),
        (["ohm"], ""),
        (["2027"], ""),
    ],
)
def test_spelling_is_mended_only_towards_words_of_the_site(typed, expected):
    assert corrected(typed, ["Occupational health nurse specialist", "Physiotherapist"]) == expected
