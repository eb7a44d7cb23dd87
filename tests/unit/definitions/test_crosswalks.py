"""Crosswalks of the register: what may be published, and following a role through time."""

import datetime as dt
from fractions import Fraction

import pytest

from portal.definitions import lookup
from portal.definitions.changes import definition_changes
from portal.definitions.errors import DefinitionError
from portal.definitions.models import CrosswalkShare, Role
from tests.factories import definitions as make

pytestmark = pytest.mark.django_db

D25, D26, D27, D28 = (dt.date(year, 4, 1) for year in (2025, 2026, 2027, 2028))


def rows(*rows_: tuple[str, str, str]):
    return [
        {"type": "row", "value": {"source": source, "target": target, "share": share, "basis": "Survey of 2026."}}
        for source, target, share in rows_
    ]


def test_widening_split_and_merge_are_followed_to_the_end(author, approver, tech, nurse):
    make.next_version(
        author,
        approver,
        tech.role,
        change_class="widening",
        effective_from=D25,
        crosswalk=rows(("tech v1", "this", "1")),
    )
    for code in ("tech-hearing", "tech-lungs"):
        make.published_role(author, approver, code, effective_from=D26)
    make.next_version(
        author,
        approver,
        Role.objects.get(code="tech"),
        change_class="split",
        effective_from=D26,
        crosswalk=rows(("tech v2", "tech-hearing v1", "1/3"), ("tech  V2", "tech-lungs v1", "2/3")),
    )
    make.published_role(
        author,
        approver,
        "surveillance",
        change_class="merge",
        effective_from=D27,
        crosswalk=rows(
            ("tech-hearing v1", "this", "75%"), ("tech-hearing v1", "", "0.25"), ("tech-lungs v1", "This", "1")
        ),
    )

    def in_terms_of(date):
        found = lookup.translate("tech", from_date=make.START, to_date=date)
        return {part.version.reference if part.version else "": part.share for part in found.destinations}

    third, quarter = Fraction(1, 3), Fraction(1, 4)
    assert in_terms_of(make.START) == {"tech v1": 1}
    assert in_terms_of(D25) == {"tech v2": 1}
    assert in_terms_of(D26) == {"tech-hearing v1": third, "tech-lungs v1": 2 * third}
    assert in_terms_of(D27) == {"surveillance v1": Fraction(2, 3) + third * 3 * quarter, "": third * quarter}
    assert sum(in_terms_of(D28).values()) == 1
    assert lookup.translate("tech", from_date=D26, to_date=D28).source.number == 3
    assert lookup.translate("tech", from_date=dt.date(2020, 1, 1), to_date=D28) is None
    assert lookup.translate("nothing", from_date=D26, to_date=D28) is None
    for source in {share.source_id for share in CrosswalkShare.objects.all()}:
        assert sum(share.share for share in CrosswalkShare.objects.filter(source=source)) == 1


def test_an_editorial_version_is_the_whole_of_the_one_before(author, approver, tech):
    make.next_version(author, approver, tech.role)
    share = CrosswalkShare.objects.get()
    assert (share.source.reference, share.target.reference, share.share) == ("tech v1", "tech v2", 1)


@pytest.mark.parametrize(
    ("change_class", "crosswalk", "reason"),
    [
        ("narrowing", [], "needs a crosswalk"),
        ("narrowing", rows(("tech v1", "this", "0.9")), "add up to 9/10, not to 1"),
        (
            "narrowing",
            rows(("tech v1", "this", "1/3"), ("tech v1", "nurse v1", "1/3"), ("tech v1", "", "0.333")),
            "not to 1",
        ),
        ("narrowing", rows(("tech v1", "this", "1/2"), ("tech v1", "this", "1/2")), "written twice"),
        ("narrowing", rows(("tech v9", "this", "1")), "no published version “tech v9”"),
        ("narrowing", rows(("nurse v1", "this", "1")), "says nothing about tech v1"),
        ("narrowing", rows(("tech v1", "this", "none")), "not a share"),
        ("narrowing", rows(("tech v1", "this", "0")), "above 0 and is at most 1"),
        ("widening", rows(("tech v1", "this", "1/2"), ("tech v1", "nurse v1", "1/2")), "All of the version before"),
        ("split", rows(("tech v1", "this", "1")), "at least two parts"),
        ("merge", rows(("tech v1", "this", "1")), "at least two versions"),
        ("retired", rows(("tech v1", "this", "1")), "passes nothing on to itself"),
        ("narrowing", rows(("tech v1", "this", "1/2"), ("tech v1", "other-family v1", "1/2")), "another family"),
    ],
)
def test_crosswalks_that_make_no_sense_are_refused(author, approver, tech, nurse, change_class, crosswalk, reason):
    make.published_role(author, approver, "other-family", family="pcn", group="directors")
    with pytest.raises(DefinitionError, match=reason):
        make.next_version(author, approver, tech.role, change_class=change_class, crosswalk=crosswalk)
    assert not CrosswalkShare.objects.exists()


def test_a_version_passes_on_once_and_never_round_in_a_circle(author, approver, tech, nurse):
    make.next_version(author, approver, tech.role, change_class="retired", crosswalk=rows(("tech v1", "nurse v1", "1")))
    nurse_role = Role.objects.get(code="nurse")
    with pytest.raises(DefinitionError, match="tech v1 is itself replaced"):
        make.next_version(
            author, approver, nurse_role, change_class="narrowing", crosswalk=rows(("nurse v1", "tech v1", "1"))
        )
    nurse_role.refresh_from_db()
    with pytest.raises(DefinitionError, match="tech v1 has a crosswalk already"):
        make.next_version(
            author,
            approver,
            nurse_role,
            change_class="widening",
            crosswalk=rows(("nurse v1", "this", "1"), ("tech v1", "this", "1")),
        )


def test_changes_between_pins_give_the_reason_for_a_major_version(author, approver, tech, nurse, core):
    make.next_version(author, approver, tech.role, change_note="Spelling.")
    make.next_version(
        author,
        approver,
        Role.objects.get(code="tech"),
        change_class="widening",
        change_note="Now with support workers.",
        crosswalk=rows(("tech v2", "this", "1")),
    )
    make.next_version(author, approver, nurse.role, change_note="Spelling.")
    old = {"roles": {"tech": 1, "nurse": 1}, "perspectives": {"D1": 1}}
    found = definition_changes(old, {"roles": {"tech": 3, "nurse": 2}, "perspectives": {"D1": 1}})
    assert [(change.code, change.old, change.new, change.is_breaking) for change in found] == [
        ("nurse", 1, 2, False),
        ("tech", 1, 3, True),
    ]
    assert "from version 1 to 3 (widening). Now with support workers." in found[1].reason
    assert definition_changes(old, old) == []
    gone, came = definition_changes({"perspectives": {"D1": 1}}, {"perspectives": {"D9": 4}})
    assert gone.is_breaking
    assert "no longer used" in gone.reason
    assert came.is_breaking
    assert "is new: version 4" in came.reason
