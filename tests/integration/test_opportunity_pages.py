"""Opportunities as readers, programs and feed readers find them."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from rest_framework.renderers import JSONRenderer
from rest_framework.serializers import ModelSerializer

from portal.applications import actions
from portal.opportunities.api import OpportunitySerializer
from portal.opportunities.enums import PUBLIC_STATES, OpportunityState
from portal.opportunities.models import PublishedDraw
from tests.factories.opportunities import OpportunityFactory, application_for

pytestmark = pytest.mark.django_db(databases=["default", "submissions"])
LONDON = {"postcode": "SW1A 1AA", "easting": 529090, "northing": 179645}


@pytest.fixture
def held_draw(django_capture_on_commit_callbacks) -> PublishedDraw:
    opportunity = OpportunityFactory(
        capacity=2, shares=[{"label": "Deciles 1 to 3", "deciles": [1, 2, 3], "share": 0.5}]
    )
    for decile in (1, 2, 9, 9, 9):
        application_for(opportunity, deprivation_decile=decile)
    with django_capture_on_commit_callbacks(using="submissions", execute=True):
        draw = actions.close_round(by=None, opportunity=opportunity)
    with django_capture_on_commit_callbacks(using="submissions", execute=True):
        actions.run_draw(by=None, draw=draw, public_value="12 19 33", source="National lottery, 1 May 2027")
    return PublishedDraw.objects.get(opportunity=opportunity)


def titles(response) -> list[str]:
    return [item.title for item in response.context["page_obj"]]


def test_only_public_states_have_a_page(client) -> None:
    for state in OpportunityState:
        listing = OpportunityFactory(state=state)
        expected = 200 if state in PUBLIC_STATES else 404
        assert client.get(listing.get_absolute_url()).status_code == expected, state


def test_the_list_holds_open_listings_only(client) -> None:
    OpportunityFactory(title="Open one")
    OpportunityFactory(title="Closed by time", closes_at=timezone.now() - timedelta(minutes=1))
    OpportunityFactory(title="Draft", draft=True)
    assert titles(client.get("/opportunities/")) == ["Open one"]


def test_distance_order_and_online_ones(client) -> None:
    OpportunityFactory(title="Leeds")
    OpportunityFactory(title="Wakefield way", northing=433330 - 10_000)
    OpportunityFactory(title="London", **LONDON)
    OpportunityFactory(title="Online", online=True)
    response = client.get("/opportunities/", {"place": "LS1 4AP", "miles": 10})
    assert titles(response) == ["Leeds", "Wakefield way", "Online"]
    assert response.context["page_obj"][1].distance_miles == pytest.approx(6.2, abs=0.1)


def test_an_empty_search_suggests_wider_ones_that_find_something(client) -> None:
    OpportunityFactory(title="Thirty kilometres off", northing=433330 + 30_000)
    OpportunityFactory(title="Online", online=True)  # near everybody, and nothing to travel to
    response = client.get("/opportunities/", {"place": "LS1", "miles": 5})
    assert titles(response) == ["Online"]
    assert response.context["wider"] == [(20, 1), (30, 1), (50, 1)]
    assert "Within 20 miles: 1 opportunity" in response.content.decode()
    assert not client.get("/opportunities/", {"place": "LS1", "miles": 5, "mode": "online"}).context["wider"]
    assert not client.get("/opportunities/", {"place": "LS1", "miles": 20}).context["wider"]


def test_the_list_says_where_when_and_for_whom(client) -> None:
    OpportunityFactory(
        local_authority_code="E08000035", starts_on=date(2030, 2, 4), ends_on=date(2030, 2, 8), maximum_age=19
    )
    page = " ".join(client.get("/opportunities/", {"place": "LS1 4AP", "age": "16"}).content.decode().split())
    assert "In person, Leeds · 0 miles away" in page
    assert "4 February 2030 to 8 February 2030" in page
    assert "age 14 to 19" in page
    assert "1 open opportunity: within 15 miles of LS1 4AP, and online, age 16" in page
    nothing = client.get("/opportunities/", {"kind": "cadet"}).content.decode()
    assert "No open opportunities: Cadet scheme" in nothing
    assert "Look for any kind" in nothing
    assert "Map: where they are" not in nothing


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("open", "Everyone who applied hears by"),
        ("decided", "Places are given."),
        ("finished", "This round is finished"),
    ],
)
def test_a_closed_listing_says_so_once(client, state: str, said: str) -> None:
    listing = OpportunityFactory(state=state, closes_at=timezone.now() - timedelta(minutes=1))
    page = client.get(listing.get_absolute_url()).content.decode()
    assert f"Applications are closed. {said}" in page
    assert "/applications/apply/" not in page


def test_words_and_facets(client) -> None:
    OpportunityFactory(title="Nursing week")
    OpportunityFactory(title="Nursing taster", kind="taster")
    OpportunityFactory(title="Laboratory day", kind="taster")
    response = client.get("/opportunities/", {"q": "nurse", "kind": "taster"})
    assert titles(response) == ["Nursing taster"]
    counts = {facet.value: facet.count for facet in response.context["facets"]["kind"]}
    assert counts == {"taster": 1, "work_experience": 1}


@pytest.mark.parametrize(
    ("field", "value"), [("place", "ZZ9 9ZZ"), ("age", "old"), ("miles", "7"), ("starts_after", "31/02/2027")]
)
def test_bad_input_is_answered_with_what_is_wrong(client, field: str, value: str) -> None:
    response = client.get("/opportunities/", {field: value})
    assert response.status_code == 422
    assert "There is a problem" in response.content.decode()


def test_the_page_says_the_rule_and_the_chance(client) -> None:
    listing = OpportunityFactory(previous_applications=40, previous_places=8, must_live_within_miles=10)
    assert "last time 40 applied for 8: a chance of 20 in 100" in client.get("/opportunities/").content.decode()
    page = client.get(listing.get_absolute_url()).content.decode()
    assert "Draw by lot" in page
    assert "40 people applied for 8 places: a chance of about 20 in 100" in page
    assert "live within 10 miles" in page


def test_queries_do_not_grow_with_listings(client, django_assert_max_num_queries) -> None:
    for _ in range(30):
        OpportunityFactory()
    client.get("/opportunities/")
    with django_assert_max_num_queries(8):
        client.get("/opportunities/", {"place": "LS1", "q": "experience"})


def test_the_draw_is_public_and_verifies_by_command(client, held_draw, tmp_path, capsys) -> None:
    address = held_draw.opportunity.get_absolute_url() + "draw"
    assert held_draw.record["commitment"] in client.get(address + "/").content.decode()
    record = client.get(address + ".json").json()
    file = tmp_path / "draw.json"
    file.write_text(json.dumps(record))
    call_command("verify_draw", str(file))
    said = capsys.readouterr().out
    assert "The draw holds. Entries: 5, places: 2." in said
    assert "National lottery, 1 May 2027" in said
    call_command("verify_draw", str(file), commitment=record["commitment"])
    with pytest.raises(CommandError, match="not the one of closing"):
        call_command("verify_draw", str(file), commitment="00" * 32)
    file.write_text(json.dumps({**record, "public_value": "1 2 3"}))
    with pytest.raises(CommandError, match="seed does not follow"):
        call_command("verify_draw", str(file))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"seed": "00"}'])
def test_what_is_not_a_record_is_refused_in_words(tmp_path, text: str) -> None:
    file = tmp_path / "draw.json"
    file.write_text(text)
    with pytest.raises(CommandError, match="not a draw record"):
        call_command("verify_draw", str(file))


def test_the_record_names_nobody(held_draw) -> None:
    text = json.dumps(held_draw.record)
    assert "Young Person" not in text
    assert "example.org" not in text


def test_a_draw_left_behind_by_a_crash_is_published_later() -> None:
    opportunity = OpportunityFactory()
    application_for(opportunity)
    actions.close_round(by=None, opportunity=opportunity)  # the commit hook never runs here
    assert not PublishedDraw.objects.exists()
    assert actions.publish_missing_draws() == 1
    assert PublishedDraw.objects.get().drawn_at is None
    assert actions.publish_missing_draws() == 0


def test_the_api_and_the_feed_say_what_the_pages_say(client, held_draw) -> None:
    open_one = OpportunityFactory(
        listed_at=datetime(2026, 7, 1, 12, tzinfo=UTC), safeguarding_contact="Jo Bloggs", review_line=Decimal("3.5")
    )
    found = client.get("/api/v1/opportunities/", {"place": "LS1 4AP"}).json()
    assert [row["reference"] for row in found["results"]] == [open_one.reference]
    assert "Jo Bloggs" not in json.dumps(found)
    # Rows are read without the framework's field objects, and say the same as these would.
    open_one.refresh_from_db()
    slowly = ModelSerializer.to_representation(OpportunitySerializer(), open_one)
    assert found["results"] == [json.loads(JSONRenderer().render(slowly))]
    assert client.get("/api/v1/opportunities/", {"place": "nowhere"}).status_code == 400
    assert client.get(f"/api/v1/draws/{held_draw.opportunity.reference}/").json()["record"] == held_draw.record
    assert open_one.title in client.get("/opportunities/feed.atom").content.decode()
