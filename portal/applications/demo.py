"""A made-up service for the demo: hosts, listings, two finished rounds of applications and one that is under way.

Everything is marked synthetic. A known bias is built in, so that the equity statistics can be seen
to find it: less deprived districts have more listings for their young people, and reviewers place
applicants from deprived districts below the line more often. Draws are real draws.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from portal.applications.actions import distance_band, public_record
from portal.applications.demo_answers import online_attendance, places_elsewhere, say_how_it_was, tally_round
from portal.applications.demo_people import let_people_in
from portal.applications.enums import ApplicationState as S
from portal.applications.enums import RejectionReason
from portal.applications.models import Applicant, Application, Draw, Transition
from portal.core.actions import record_event
from portal.methods import lottery
from portal.opportunities.enums import AllocationRule, Mode, OpportunityKind, OpportunityState
from portal.opportunities.models import Opportunity, PublishedDraw
from portal.opportunities.places import LocalAuthority, Place, local_authorities, sample_places
from portal.organisations.enums import ProviderType
from portal.organisations.models import Organisation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from portal.users.models import User

FIRST_REFERENCE = "DEMO0001"
HOSTS_PER_BOARD = 3
OPEN_SHARE, ONLINE_SHARE, UNDER_WAY_EVERY = 0.2, 0.3, 40
FINISHED_ROUNDS, UNDER_WAY_APPLICATIONS = 2, 10
# Synthetic applicants have no account; numbers from here on are nobody's.
FIRST_USER_ID = 9_000_000_000
SUPPLY_TILT = 0.12
BELOW_LINE_BASE, BELOW_LINE_TILT = 0.15, 0.05
ROLE_FAMILIES = ("Nursing", "Allied health", "Laboratory", "Administration", "Occupational health", "Estates")
TITLES = {
    OpportunityKind.TASTER: "Taster day",
    OpportunityKind.WORK_EXPERIENCE: "Work experience week",
    OpportunityKind.INSIGHT_EVENT: "Insight event",
    OpportunityKind.ONLINE: "Online look behind the scenes",
    OpportunityKind.T_LEVEL: "T Level placement",
    OpportunityKind.VOLUNTEERING: "Volunteering on the wards",
}
REVIEW_CRITERIA = ["Says why they are interested", "Says what they hope to learn"]
REVIEW_LINE = 3
SHARES = [{"label": "Deciles 1 to 3", "deciles": [1, 2, 3], "share": 0.4}]


@dataclass(frozen=True)
class Round:
    """One round of the demo: when it closed and the state its listings are in now."""

    number: int
    closed_at: datetime
    state: OpportunityState

    @property
    def is_over(self) -> bool:
        """Whether everybody has answered and taken part."""
        return self.state == OpportunityState.FINISHED


@transaction.atomic
def load_demo(
    *,
    by: User | None,
    listings: int = 2_500,
    applications: int = 20_000,
    now: datetime,
    report: Callable[[float, str], None] | None = None,
) -> dict[str, int]:
    """Make the demo's listings and applications unless they are there; return how many of each.

    ``now`` places the rounds in time; with the same value everything is the same.
    """
    if Opportunity.objects.filter(reference=FIRST_REFERENCE).exists():
        return {"listings": 0, "applications": 0}
    say = report or (lambda _fraction, _text: None)
    chance = random.Random(20_270_301)  # noqa: S311 - a demo must be the same every time
    say(0.05, "Finding places")
    homes = sample_places(max(4_000, listings), seed=7)
    hosts = _hosts()
    say(0.15, "Listing opportunities")
    made = _listings(chance, hosts, homes, listings, now)
    rounds = _rounds(now)
    with transaction.atomic(using="submissions"):
        sent = 0
        for number, round_ in enumerate(rounds):
            say(0.3 + 0.3 * number, f"Applications of round {round_.number}")
            mine = [item for item in made if item.closes_at == round_.closed_at]
            # The finished rounds share the applications; the one under way has about as many for each listing.
            wanted = applications // FINISHED_ROUNDS if round_.is_over else len(mine) * UNDER_WAY_APPLICATIONS
            sent += _applications(chance, mine, homes, wanted, round_)
    months = [round_.closed_at for round_ in rounds[:FINISHED_ROUNDS]]
    places_elsewhere(hosts, months)
    online_attendance(months)
    let_people_in()
    record_event(by=by, action="load_demo_opportunities", detail={"listings": len(made), "applications": sent})
    return {"listings": len(made), "applications": sent}


def _rounds(now: datetime) -> list[Round]:
    midnight = now.replace(hour=17, minute=0, second=0, microsecond=0)
    return [
        Round(1, midnight - timedelta(days=240), OpportunityState.FINISHED),
        Round(2, midnight - timedelta(days=60), OpportunityState.FINISHED),
        Round(3, midnight - timedelta(days=10), OpportunityState.DECIDED),
    ]


def _hosts() -> list[Organisation]:
    boards = sorted({authority.icb_code: authority for authority in local_authorities().values()}.items())
    for number, (board, authority) in enumerate(boards, start=1):
        for letter in "ABC"[:HOSTS_PER_BOARD]:
            Organisation.objects.get_or_create(
                code=f"DEMOHOST{number:02d}{letter}",
                defaults={
                    "name": f"Demonstration hospital {number}{letter} (synthetic)",
                    "family": "host",
                    "provider_type": ProviderType.NHS_INTERNAL,
                    "region_code": authority.region_code,
                    "icb_code": board,
                    "is_synthetic": True,
                },
            )
    return list(Organisation.objects.filter(code__startswith="DEMOHOST").order_by("code"))


def _supply_weight(authority: LocalAuthority) -> float:
    """How likely a listing is to be in a district: the built-in postcode lottery."""
    return authority.residents_14_18 * (1 + SUPPLY_TILT * (authority.deprivation_decile - 5.5))


def _listings(
    chance: random.Random,
    hosts: list[Organisation],
    homes: list[Place],
    number: int,
    now: datetime,
) -> list[Opportunity]:
    by_board: dict[str, list[Organisation]] = {}
    for host in hosts:
        by_board.setdefault(host.icb_code, []).append(host)
    places: dict[str, list[Place]] = {}
    for home in homes:
        places.setdefault(_authority(home).code, []).append(home)
    rounds = _rounds(now)
    held = [authority for authority in local_authorities().values() if authority.code in places]
    weights = [_supply_weight(authority) for authority in held]
    made = []
    for index in range(number):
        [authority] = chance.choices(held, weights)
        place = chance.choice(places[authority.code])
        host = chance.choice(by_board[authority.icb_code])
        made.append(_listing(chance, index, host, place, rounds, now))
    return Opportunity.objects.bulk_create(made, batch_size=500)


def _authority(place: Place) -> LocalAuthority:
    if place.authority is None:
        raise ValueError(f"{place.label} lies in no authority of England.")
    return place.authority


def _listing(
    chance: random.Random,
    index: int,
    host: Organisation,
    place: Place,
    rounds: list[Round],
    now: datetime,
) -> Opportunity:
    is_open = chance.random() < OPEN_SHARE
    is_online = is_open and chance.random() < ONLINE_SHARE
    kind = OpportunityKind.ONLINE if is_online else chance.choice([k for k in TITLES if k != OpportunityKind.ONLINE])
    rule = chance.choices(
        [AllocationRule.DRAW, AllocationRule.DRAW_WITH_SHARES, AllocationRule.REVIEW_THEN_DRAW],
        [5, 2, 3],
    )[0]
    round_ = rounds[-1] if index % UNDER_WAY_EVERY == 0 else chance.choice(rounds[:FINISHED_ROUNDS])
    closes_at = now + timedelta(days=chance.randint(5, 60)) if is_open else round_.closed_at
    starts_on = (closes_at + timedelta(days=chance.randint(30, 50))).date()
    authority = _authority(place)
    family = chance.choice(ROLE_FAMILIES)
    previous = chance.randint(10, 60)
    return Opportunity(
        reference=f"DEMO{index + 1:04d}",
        organisation=host,
        title=f"{TITLES[kind]}: {family.lower()}",
        summary=f"See what people in {family.lower()} do, and ask them how they got there. Made up for demonstration.",
        kind=kind,
        role_family=family,
        mode=Mode.ONLINE if is_online else Mode.IN_PERSON,
        on_demand=is_online,
        starts_on=None if is_online else starts_on,
        ends_on=None if is_online else starts_on + timedelta(days=chance.choice([0, 0, 4])),
        review_criteria=REVIEW_CRITERIA if rule == AllocationRule.REVIEW_THEN_DRAW and not is_online else [],
        review_line=REVIEW_LINE if rule == AllocationRule.REVIEW_THEN_DRAW and not is_online else None,
        safeguarding_contact="Safeguarding lead, 0113 496 0000 (made up)",
        postcode="" if is_online else place.label,
        easting=None if is_online else place.easting,
        northing=None if is_online else place.northing,
        local_authority_code=authority.code,
        icb_code=authority.icb_code,
        region_code=authority.region_code,
        capacity=None if is_online else chance.randint(2, 8),
        minimum_age=chance.choice([14, 15, 16]),
        maximum_age=chance.choice([None, 18, 19, 24]),
        requirements=[{"requirement": "You can be there on time", "reason": "Wards start at fixed hours."}],
        must_live_within_miles=chance.choice([None, None, None, None, 15]) if not is_online else None,
        allocation_rule=AllocationRule.OPEN_TO_ALL if is_online else rule,
        shares=SHARES if rule == AllocationRule.DRAW_WITH_SHARES and not is_online else [],
        closes_at=None if is_online else closes_at,
        decision_on=None if is_online else (closes_at + timedelta(days=21)).date(),
        previous_applications=previous if is_open and not is_online else None,
        previous_places=min(previous, chance.randint(2, 8)) if is_open and not is_online else None,
        state=OpportunityState.OPEN if is_open else round_.state,
        listed_at=closes_at - timedelta(days=90),
        created_at=closes_at - timedelta(days=100),
        is_synthetic=True,
    )


def _applications(
    chance: random.Random,
    listings: list[Opportunity],
    homes: list[Place],
    number: int,
    round_: Round,
) -> int:
    """Write the applications of one round, and hold its draws."""
    near = _homes_by_board(homes)
    applicants = Applicant.objects.bulk_create(
        [
            Applicant(
                user_id=FIRST_USER_ID + round_.number * 1_000_000 + index,
                full_name=f"Synthetic Person {round_.number}-{index}",
                email=f"person{round_.number}-{index}@example.org",
                date_of_birth=(round_.closed_at - timedelta(days=365 * 17 + chance.randint(0, 365))).date(),
                created_at=round_.closed_at - timedelta(days=30),
            )
            for index in range(number)
        ],
        batch_size=1_000,
    )
    rows: list[Application] = []
    for applicant in applicants:
        listing = chance.choice(listings)
        home = chance.choice(near[listing.icb_code] or homes)
        rows.append(_application(chance, applicant, listing, home, round_))
    by_listing: dict[str, list[Application]] = {}
    for row in rows:
        by_listing.setdefault(row.opportunity_reference, []).append(row)
    steps: list[tuple[Application, list[tuple[S, str]]]] = []
    draws, published = [], []
    for listing in listings:
        draw, histories = _decide(chance, listing, by_listing.get(listing.reference, []), round_)
        steps += histories
        draws.append(draw)
        published.append(PublishedDraw(opportunity=listing, record=public_record(draw), committed_at=draw.committed_at, drawn_at=draw.drawn_at))  # fmt: skip
    Application.objects.bulk_create(rows, batch_size=1_000)
    Transition.objects.bulk_create(_log(steps, round_), batch_size=2_000)
    Draw.objects.bulk_create(draws, batch_size=500)
    PublishedDraw.objects.bulk_create(published, batch_size=500)
    if round_.is_over:
        tally_round(rows, round_, references=[listing.reference for listing in listings])
        say_how_it_was(rows, number=round_.number)
    return len(rows)


def _homes_by_board(homes: list[Place]) -> dict[str, list[Place]]:
    boards: dict[str, list[Place]] = {authority.icb_code: [] for authority in local_authorities().values()}
    for home in homes:
        boards[_authority(home).icb_code].append(home)
    return boards


def _application(
    chance: random.Random,
    applicant: Applicant,
    listing: Opportunity,
    home: Place,
    round_: Round,
) -> Application:
    authority = _authority(home)
    return Application(
        applicant=applicant,
        opportunity_reference=listing.reference,
        organisation_code=listing.organisation.code,
        entry_code=f"{chance.getrandbits(64):016x}",
        declared_relationship=chance.random() < 0.08,  # noqa: PLR2004 - one in twelve knows somebody
        deprivation_decile=authority.deprivation_decile,
        deprivation_level="local authority",
        region_code=authority.region_code,
        icb_code=authority.icb_code,
        distance_band=distance_band(home, listing),
        is_synthetic=True,
        created_at=round_.closed_at - timedelta(days=20),
        submitted_at=round_.closed_at - timedelta(days=chance.randint(1, 20)),
    )


def _decide(
    chance: random.Random,
    listing: Opportunity,
    rows: list[Application],
    round_: Round,
) -> tuple[Draw, list[tuple[Application, list[tuple[S, str]]]]]:
    """Review where the rule says so, draw, and let people answer."""
    histories: list[tuple[Application, list[tuple[S, str]]]] = []
    entered = []
    for row in rows:
        start: list[tuple[S, str]] = [(S.SUBMITTED, ""), (S.ELIGIBLE, "")]
        if listing.allocation_rule == AllocationRule.REVIEW_THEN_DRAW:
            start.append((S.UNDER_REVIEW, ""))
            below = BELOW_LINE_BASE + BELOW_LINE_TILT * (10 - (row.deprivation_decile or 10))
            if chance.random() < below:
                start.append((S.NOT_SELECTED, RejectionReason.BELOW_LINE))
                histories.append((row, start))
                continue
        entered.append(row)
        histories.append((row, [*start, (S.IN_DRAW, ""), (S.WAITING_LIST, "")]))
    draw = _draw(listing, entered, round_)
    position = {code: (place, selected) for place, code, _stage, selected in draw.ranking}
    for row, history in histories:
        if row.entry_code in position:
            row.waiting_rank, selected = position[row.entry_code]
            history.extend(_after_the_draw(chance, selected=selected, round_=round_))
        row.state = history[-1][0]
        row.offer_expires_at = round_.closed_at + timedelta(days=8 if round_.is_over else 21)
    return draw, histories


def _after_the_draw(chance: random.Random, *, selected: bool, round_: Round) -> list[tuple[S, str]]:
    if not selected:
        return [(S.NOT_SELECTED, RejectionReason.PLACES_GONE)] if round_.is_over else []
    if not round_.is_over:
        return chance.choice([[(S.OFFERED, "")], [(S.OFFERED, ""), (S.ACCEPTED, "")]])
    if chance.random() < 0.1:  # noqa: PLR2004 - one in ten says no
        return [(S.OFFERED, ""), (S.DECLINED, "")]
    taken: list[tuple[S, str]] = [(S.OFFERED, ""), (S.ACCEPTED, ""), (S.CONFIRMED, "")]
    return [*taken, (S.ATTENDED if chance.random() < 0.92 else S.NOT_ATTENDED, "")]  # noqa: PLR2004 - most come


def _draw(listing: Opportunity, entered: list[Application], round_: Round) -> Draw:
    group = {decile: share["label"] for share in listing.shares for decile in share["deciles"]}
    record = lottery.DrawRecord(
        entries=tuple(lottery.Entry(row.entry_code, group.get(row.deprivation_decile, "")) for row in entered),
        places=listing.capacity or 0,
        rule=lottery.Rule(shares=tuple(lottery.Share(item["label"], item["share"]) for item in listing.shares)),
    )
    value = f"demonstration value of round {round_.number}"
    seed = lottery.seed_of(record.commitment(), value)
    return Draw(
        opportunity_reference=listing.reference,
        entries=[[entry.code, entry.group, entry.had_place_before] for entry in record.entries],
        places=record.places,
        rule={"shares": [[s.group, s.share] for s in record.rule.shares], "first_timers_first": False},
        commitment=record.commitment(),
        committed_at=round_.closed_at,
        public_value=value,
        public_value_source="Made up for demonstration; a real draw names a public source.",
        seed=seed,
        ranking=[[row.position, row.code, row.stage, row.selected] for row in lottery.rank(record, seed)],
        algorithm=record.algorithm,
        drawn_at=round_.closed_at + timedelta(days=3),
    )


#: Days after closing at which each step of the demo happens.
DAYS = {S.SUBMITTED: -10, S.ELIGIBLE: -10, S.UNDER_REVIEW: -2, S.NOT_SELECTED: 3, S.IN_DRAW: 0, S.WAITING_LIST: 3,
        S.OFFERED: 3, S.ACCEPTED: 5, S.DECLINED: 5, S.CONFIRMED: 10, S.ATTENDED: 56, S.NOT_ATTENDED: 56}  # fmt: skip


def _log(steps: list[tuple[Application, list[tuple[S, str]]]], round_: Round) -> Iterator[Transition]:
    for application, history in steps:
        before = S.DRAFT
        for state, reason in history:
            yield Transition(
                application=application,
                from_state=before,
                to_state=state,
                at=round_.closed_at + timedelta(days=DAYS[state]),
                actor_role="service",
                reason=reason,
            )
            before = state


#: The demo's own clock, where nothing else is asked for.
DEMO_NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)
