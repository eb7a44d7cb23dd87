"""Every sentence that the machine can draft from the specifications of the portal reads as English."""

from __future__ import annotations

import re

import pytest

from portal.pipelines.specification import Specification, specifications
from portal.publications import planned
from portal.publications.changes import change_between
from portal.publications.charts import Point

NOW = "March 2027"
#: The value now and the one before, with what is said of the two.
CASES = {
    "rise": (("a", 12.0, ""), ("b", 10.0, "")),
    "fall": (("a", 10.0, ""), ("b", 12.0, "")),
    "no change": (("a", 12.0, ""), ("b", 12.0, "")),
    "hidden": (("a", None, "c"), ("b", 12.0, "")),
    "first release": (("a", 12.0, ""), None),
    "broken series": (("a", 12.0, "b"), ("b", 10.0, "")),
}
FIGURE = r"[\d,.]+%?"
SAID = {
    "rise": rf"rose by {FIGURE}(?: percentage points| \({FIGURE}\)) to {FIGURE}",
    "fall": rf"fell by {FIGURE}(?: percentage points| \({FIGURE}\)) to {FIGURE}",
    "no change": rf"was unchanged at {FIGURE}",
    "hidden": "cannot be shown",
    "first release": rf"was {FIGURE}",
    "broken series": rf"was {FIGURE}",
}


def drafted(specification: Specification, case: str) -> list[str]:
    """Return the sentences of a draft with the figures of a case."""
    described = {
        "headlines": [one.model_dump(mode="json") for one in specification.headlines],
        "measures": [one.model_dump(mode="json") for one in specification.measures],
    }
    now, before = (None if one is None else Point(one[0], one[1], one[2]) for one in CASES[case])
    found = []
    for block in planned.sentences(described):
        measure = specification.measure(block["value"]["cells"]["measure"])
        moved = change_between(now, before, decimals=measure.decimals, unit=measure.unit).movement
        found.append(block["value"]["text"].format(subject=block["value"]["subject"], movement=moved, period=NOW))
    return found


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("code", sorted(specifications()))
def test_every_sentence_of_a_draft_is_one_of_a_noun_and_what_it_did(code: str, case: str) -> None:
    specification = specifications()[code]
    sentences = drafted(specification, case)
    assert len(sentences) == len(specification.headlines)
    for sentence in sentences:
        found = re.fullmatch(rf"(?P<subject>[A-Z].*[a-z0-9]) {SAID[case]} in {NOW}\.", sentence)
        assert found, sentence
        # A clause may stand before what the sentence is about, never between that and its verb.
        assert found["subject"].rpartition(", ")[2].lower().startswith("the "), sentence
