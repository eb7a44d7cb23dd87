"""A provider sees its return beside published figures, and nothing that is not published."""

from __future__ import annotations

import pytest
from django.urls import reverse

from portal.submissions import published
from portal.submissions.actions import give_reasons, save_totals, submit_return
from portal.submissions.actions.submitting import readiness
from portal.submissions.models import Return
from portal.submissions.peers import like_organisations
from portal.submissions.published import EVERYBODY, PublishedHeadcount, people_by_group
from portal.submissions.storing import RecordValues
from tests.factories import definitions as register
from tests.factories import submissions as make

pytestmark = pytest.mark.django_db(databases=["default", "submissions"])


def figure(
    place: str, organisations: int, people: float | None, predicate: str = EVERYBODY, **by_group: float | None
) -> PublishedHeadcount:
    return PublishedHeadcount(
        place=place,
        period="2026-03",
        counted_as="Multidisciplinary team",
        predicate=predicate,
        definition_url="/definitions/perspectives/D2/v/1/",
        url="/datasets/x",
        organisations=organisations,
        people=people,
        by_group=by_group,
    )


def line(people: int, group: str = "nurses") -> RecordValues:
    return RecordValues("nur-oh-pract", people * 10**9, kind="aggregate", weight_count=people, role_group=group)


def test_own_shares_beside_published_ones_and_what_changes(client, monkeypatch):
    organisation = make.organisation()
    editor = make.person("editor@example.org", organisation)
    client.force_login(editor)
    of_return = make.the_return(make.collection())
    asked = []

    def source(region: str) -> list[PublishedHeadcount]:
        asked.append(region)
        return [
            figure("England", 400, 1000, nurses=500, doctors=None),
            figure("Midlands", 9, 77, nurses=66),
        ]

    monkeypatch.setattr(published, "_sources", [source])
    url = reverse("submissions:comparison", args=[of_return.pk])
    save_totals(by=editor, of_return=of_return, lines=[line(3), line(1, "doctors")])
    page = client.get(url).content.decode()
    assert asked == ["Y60"]
    for words in ("England", "75%", "50%", "not published", "first return"):
        assert words in page
    # Nine organisations are too few to be compared with.
    assert "Midlands" not in page
    assert "77 people" not in page
    submit_return(by=editor, of_return=Return.objects.get())
    later = make.the_return(make.collection("oh-2028-03", reference_date="2028-03-31", title="Next year"))
    save_totals(by=editor, of_return=later, lines=[line(6), line(1, "doctors")])
    page = client.get(reverse("submissions:comparison", args=[later.pk])).content.decode()
    assert "had 3 fewer people" in page
    assert "Nurses: +3" in page
    # What is sent is held against the collection before, not against itself.
    queries = readiness(Return.objects.get(pk=later.pk)).open_queries
    give_reasons(by=editor, of_return=later, reasons={query.pk: "We grew" for query in queries})
    submit_return(by=editor, of_return=Return.objects.get(pk=later.pk))
    assert "had 3 fewer people" in client.get(reverse("submissions:comparison", args=[later.pk])).content.decode()
    monkeypatch.setattr(published, "_sources", [])
    assert "nothing to compare with" in client.get(url).content.decode()


def many_returns(made, count: int, *, doctors: int = 1, elsewhere: int = 0):
    """Return so many organisations of one type: three nurses each, and as many doctors; some in another region."""
    from portal.submissions.actions import accept_returns, load_return_records

    codes = [make.organisation(f"LIKE{number:02}").code for number in range(count)]
    codes += [make.organisation(f"FAR{number:02}", region_code="Y58").code for number in range(elsewhere)]
    records = {
        code: [line(3), *([line(doctors, "doctors")] if doctors else []), *([line(9, "technicians")] if not at else [])]
        for at, code in enumerate(codes)
    }
    load_return_records(by=None, collection=made, records=records)
    accept_returns(by=None, collection=made)


@pytest.mark.parametrize(("others", "shown"), [(9, False), (10, True)])
def test_ten_organisations_of_the_same_type_are_compared_with_and_none_is_told_apart(
    client, monkeypatch, others, shown
):
    past = make.collection("oh-2026-03", reference_date="2026-03-31", title="Last year")
    many_returns(past, others)
    organisation = make.organisation()
    editor = make.person("editor@example.org", organisation)
    client.force_login(editor)
    of_return = make.the_return(make.collection())
    save_totals(by=editor, of_return=of_return, lines=[line(3), line(1, "doctors")])
    monkeypatch.setattr(published, "_sources", [lambda _region: [figure("England", 400, 1000, nurses=500)]])
    url = reverse("submissions:comparison", args=[of_return.pk])
    # What still comes in is not compared with.
    assert client.get(url).context["like"] is None
    type(past).objects.filter(pk=past.pk).update(state="sealed")
    answer = client.get(url)
    like = answer.context["like"]
    assert (like is not None) is shown
    if not shown:
        assert "Fewer than 10 organisations like yours" in answer.content.decode()
        return
    # Of 49 people 30 are nurses and 10 doctors; the nine technicians are of one organisation, so that two shares are hidden.
    assert like.organisations == others
    assert like.shares == {"doctors": None, "nurses": 60, "technicians": None}
    assert "too few" in answer.content.decode()


@pytest.mark.parametrize(("near", "is_of_the_region", "others"), [(9, False, 9 + 3), (10, True, 10)])
def test_the_closest_group_of_ten_organisations_is_taken(near, is_of_the_region, others):
    past = make.collection("oh-2026-03", reference_date="2026-03-31", title="Last year")
    many_returns(past, near, elsewhere=3)
    type(past).objects.filter(pk=past.pk).update(state="sealed")
    organisation = make.organisation()
    of_return = make.the_return(make.collection())
    save_totals(by=make.person("editor@example.org", organisation), of_return=of_return, lines=[line(4)])
    like = like_organisations(of_return.versions.get(), of_return, past.time_period)
    assert like.organisations == others
    assert like.words.endswith("Midlands") is is_of_the_region


def test_every_column_is_counted_by_the_rule_of_the_published_figures(client, monkeypatch):
    past = make.collection("oh-2026-03", reference_date="2026-03-31", title="Last year")
    many_returns(past, 10)
    type(past).objects.filter(pk=past.pk).update(state="sealed")
    organisation = make.organisation()
    editor = make.person("editor@example.org", organisation)
    client.force_login(editor)
    of_return = make.the_return(make.collection())
    part_time = line(2)
    part_time.oh_share_milli = 100
    qualified = line(1, "doctors")
    qualified.qualifications = "|msc-oh|"
    save_totals(by=editor, of_return=of_return, lines=[line(3), part_time, qualified, line(4, "doctors")])
    rule = "((role_group = 'nurses' AND oh_share_milli >= 200) OR (qualifications LIKE '%|msc-oh|%'))"
    monkeypatch.setattr(published, "_sources", [lambda _region: [figure("England", 400, 1000, rule, nurses=750)]])
    answer = client.get(reverse("submissions:comparison", args=[of_return.pk]))
    shown = {row["group"]: (row["people"], row["share"], row["published"][0][1]) for row in answer.context["rows"]}
    assert shown == {"Nurses": (3, "75%", "75%"), "Doctors": (1, "25%", "not published")}
    assert answer.context["outside"] == [("Doctors", 4), ("Nurses", 2)]
    assert "4 of the 10 people" in answer.content.decode()
    # Of the others too only whom the rule counts: their doctors and technicians are not among them.
    assert answer.context["like"].shares == {"nurses": 100}


def test_a_role_is_in_the_group_that_the_register_puts_it_in_today_as_in_published_figures():
    organisation = make.organisation()
    of_return = make.the_return(make.collection())
    moved = RecordValues("tech", 10**9, kind="aggregate", weight_count=2, role_group="nurses")
    save_totals(by=make.person("editor@example.org", organisation), of_return=of_return, lines=[line(3), moved])
    register.published_role(register.person("author"), register.approver(), "tech", group="technicians")
    assert people_by_group(of_return.versions.get()) == {"nurses": 3, "technicians": 2}
