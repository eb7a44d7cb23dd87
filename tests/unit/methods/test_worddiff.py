"""Word differences: readable, and true to both texts."""

from hypothesis import given
from hypothesis import strategies as st

from portal.methods.worddiff import ADDED, GONE, SAME, has_changed, word_difference


def marked(before, after):
    marks = {SAME: "{}", GONE: "[-{}-]", ADDED: "[+{}+]"}
    return "".join(marks[piece.kind].format(piece.text) for piece in word_difference(before, after))


def test_words_are_struck_and_added_whole():
    assert marked("A nurse on part 3.", "A registered nurse on part 3.") == "A [+registered +]nurse on part 3."
    assert marked("hearing tests", "hearing and lung tests") == "hearing [+and lung +]tests"
    assert marked("counts", "counted") == "[-counts-][+counted+]"
    assert marked("one, two", "one two") == "[-one-][+one +][-, -]two"
    assert marked("", "new") == "[+new+]"
    assert not has_changed(word_difference("same words", "same words"))


texts = st.lists(st.sampled_from(["nurse", "doctor", ", ", " ", "é", "\n", "42%", "OH-nurse"]), max_size=20).map(
    "".join
)


@given(before=texts, after=texts)
def test_both_texts_can_be_read_back(before, after):
    pieces = word_difference(before, after)
    assert "".join(piece.text for piece in pieces if piece.kind != ADDED) == before
    assert "".join(piece.text for piece in pieces if piece.kind != GONE) == after
    assert has_changed(pieces) == (before != after)
