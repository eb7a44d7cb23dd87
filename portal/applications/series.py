"""What the statistics of access take from the service: counted things of a quarter, without a person.

A quarter is told when its rounds are decided. Every row is an application, a person under a
pseudonym, or a number of places, of residents, or of answers to one equality question. Equality answers come from the
sums of the quarter that are left when its rounds have ended; the answers themselves are gone by then.
"""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import hmac
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db.models import Min
from django.utils import timezone

from portal.applications.actions.drawing import public_record
from portal.applications.enums import ApplicationState as S
from portal.applications.enums import MoreLikely
from portal.applications.equality import NOT_ANSWERED, outcome_of_states
from portal.applications.models import Application, Draw, Feedback, TalliedRound, Transition
from portal.applications.tallies import counts_of, quarter_of
from portal.methods import lottery
from portal.methods.draw_audit import expected_selected
from portal.opportunities.boards import NHS_CODES
from portal.opportunities.directory import has_small_areas
from portal.opportunities.enums import AllocationRule
from portal.opportunities.enums import OpportunityState as State
from portal.opportunities.models import OnlineAttendance, Opportunity, PlacesFilledElsewhere
from portal.opportunities.places import AUTHORITY, SMALL_AREA, residents

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FAMILY, KNOWN_PREFIX = "opportunities", "opportunities-"
ENDED = (State.DECIDED, State.FINISHED, State.CANCELLED)
NOT_KNOWN, EVERY_HOST = "not_known", "every host"
COLUMNS = (
    "record_key", "worker_key", "noise_key", "organisation_key", "organisation_group_key", "family", "kind",
    "weight_count", "fte_nano", "time_period", "collection_code", "quantity", "region_code", "icb_code", "decile",
    "fifth", "distance", "relationship", "rule", "nearness", "speed", "reason", "question", "answer", "answered",
    "outcome", "placed", "attended", "days",
)  # fmt: skip
#: Days from sending to the first decision, and what they are called.
SPEEDS = ((14, "speed-14"), (28, "speed-28"), (56, "speed-56"))
#: Scores of 1 to 5 from here on are counted as good.
GOOD_SCORE = 4
NANO = 10**9
#: Which area’s deprivation a quarter is told by; every page of its figures says it.
DEPRIVATION = {
    True: "Deprivation in the quarter to {period} is that of the small area (LSOA) that the applicant lives in.",
    False: "Deprivation in the quarter to {period} is that of the local authority that the applicant lives in: "
    "the full postcode directory, which gives small areas, was not loaded.",
}
#: What a host recorded; of other applications nothing is known.
ATTENDANCE = {S.ATTENDED: "yes", S.NOT_ATTENDED: "no"}
RELATIONSHIPS = {True: "related-yes", False: "related-no", None: NOT_KNOWN}
SLOWEST, NEVER = "speed-later", "speed-never"
#: Raise it whenever the same applications would give other rows: quarters are then sealed again.
EDITION = 5


def pseudonym(domain: str, *parts: object) -> str:
    """Return the digits that stand for something in the statistics; nothing else in the service uses them."""
    text = "\x1f".join(("access", domain, *map(str, parts)))
    return hmac.digest(settings.PSEUDONYM_KEY.encode(), text.encode(), hashlib.sha256).hex()[:32]


def quarters() -> list[str]:
    """Return the quarters that can be told, oldest first, as ``opportunities-2026-09``."""
    days = Opportunity.objects.filter(state__in=ENDED, closes_at__lt=timezone.now()).exclude(
        allocation_rule=AllocationRule.OPEN_TO_ALL
    )
    found = {quarter_of(day) for day in days.values_list("closes_at", flat=True)}
    # A quarter that is not over would be told twice, with other figures the second time.
    return sorted(name for name in map(KNOWN_PREFIX.__add__, found) if _bounds(name)[1] <= timezone.now())


def _bounds(quarter: str) -> tuple[dt.datetime, dt.datetime]:
    """Return the first moment of a quarter and of the next."""
    year, month = (int(part) for part in quarter.removeprefix(KNOWN_PREFIX).split("-"))
    first = dt.date(year, month - 2, 1)
    after = dt.date(year + month // 12, month % 12 + 1, 1)
    start, end = (timezone.make_aware(dt.datetime.combine(day, dt.time())) for day in (first, after))
    return start, end


def _listings(quarter: str) -> Any:
    start, end = _bounds(quarter)
    return Opportunity.objects.filter(closes_at__gte=start, closes_at__lt=end).exclude(
        state__in=[State.DRAFT, State.SUBMITTED]
    )


def summary(quarter: str) -> dict[str, Any]:
    """Return what a quarter's figures are made of: its hosts, its rounds with their states, its tallies."""
    listings = list(_listings(quarter).select_related("organisation").order_by("reference"))
    hosts: dict[str, list[bool]] = {}
    region: dict[str, str] = {}
    for item in listings:
        hosts.setdefault(item.organisation.code, []).append(item.state in ENDED)
        region[item.organisation.code] = _region(item.icb_code)
    done = {code for code, rounds in hosts.items() if all(rounds)}
    references = [item.reference for item in listings]
    states = Counter(
        Application.objects.filter(opportunity_reference__in=references).values_list("opportunity_reference", "state")
    )
    return {
        "collection": quarter,
        "edition": EDITION,
        "family": FAMILY,
        "time_period": quarter.removeprefix(KNOWN_PREFIX),
        "reference_date": (_bounds(quarter)[1] - dt.timedelta(days=1)).date(),
        "expected": len(hosts),
        "accepted": len(done),
        "expected_by_region": dict(Counter(region[code] for code in sorted(hosts))),
        "accepted_by_region": dict(Counter(region[code] for code in sorted(done))),
        "return_versions": [
            {"listing": item.reference, "state": item.state, "applications": _count(states, item.reference)}
            for item in listings
        ],
        "elsewhere": list(_elsewhere(quarter).order_by("pk").values_list("pk", "places")),
        "tallied": TalliedRound.objects.filter(period=quarter.removeprefix(KNOWN_PREFIX)).count(),
        "notes": [DEPRIVATION[has_small_areas()].format(period=quarter.removeprefix(KNOWN_PREFIX))],
        "online": list(OnlineAttendance.objects.filter(**_months(quarter)).order_by("pk").values_list("pk", "people")),
        "is_synthetic": any(item.is_synthetic for item in listings),
    }


def _count(states: Counter[tuple[str, str]], reference: str) -> dict[str, int]:
    return {state: states[reference, state] for state in S.values if states[reference, state]}


def copy_rows(quarter: str, sink: Path) -> int:
    """Write the rows of a quarter as CSV and return how many there are."""
    number = 0
    with sink.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="")
        writer.writeheader()
        for row in _rows(quarter):
            period = quarter.removeprefix(KNOWN_PREFIX)
            writer.writerow({"fte_nano": 0, "family": FAMILY, "time_period": period, "collection_code": quarter} | row)
            number += 1
    return number


def _rows(quarter: str) -> Iterator[dict[str, Any]]:
    listings = {item.reference: item for item in _listings(quarter).select_related("organisation")}
    yield from _of_listings(listings)
    yield from _of_elsewhere(quarter)
    yield from _of_online(quarter)
    yield from _of_applications(listings)
    yield from _of_feedback(listings)
    yield from _of_draws(listings)
    yield from _of_equality(quarter)
    yield from _of_residents()


def _things(quantity: str, key: str, number: int, host: str, **columns: str | int | None) -> dict[str, Any]:
    """Return a row that stands for a number of things; no person is in it."""
    group = pseudonym("host", host)
    return {
        "record_key": pseudonym(quantity, key),
        "noise_key": 0,
        "organisation_key": group,
        "organisation_group_key": group,
        "kind": "aggregate",
        "weight_count": number,
        "quantity": quantity,
        **columns,
    }


def _area(icb: str) -> dict[str, str]:
    return {"icb_code": NHS_CODES.get(icb, NOT_KNOWN), "region_code": _region(icb)}


def _region(icb: str) -> str:
    """Return the NHS England region of a board."""
    return NHS_REGIONS.get(NHS_CODES.get(icb, ""), NOT_KNOWN)


def _nearness(listing: Opportunity) -> str:
    return "near-demanded" if listing.must_live_within_miles is not None else "near-free"


def _of_listings(listings: dict[str, Opportunity]) -> Iterator[dict[str, Any]]:
    for item in listings.values():
        columns = {**_area(item.icb_code), "rule": f"rule-{item.allocation_rule}", "nearness": _nearness(item)}
        yield _things("listing", item.reference, 1, item.organisation.code, **columns)
        if item.capacity and item.state != State.CANCELLED:
            yield _things("place", item.reference, item.capacity, item.organisation.code, **columns)


def _months(quarter: str) -> dict[str, str]:
    end = quarter.removeprefix(KNOWN_PREFIX)
    return {"period__gte": f"{end[:5]}{int(end[5:]) - 2:02d}", "period__lte": end}


def _elsewhere(quarter: str) -> Any:
    return PlacesFilledElsewhere.objects.filter(**_months(quarter))


def _of_online(quarter: str) -> Iterator[dict[str, Any]]:
    """Yield who took part in what is open to everyone: hosts count them, nobody applies."""
    for row in OnlineAttendance.objects.filter(**_months(quarter)).select_related("opportunity__organisation"):
        if row.people:
            host = row.opportunity.organisation
            yield _things("online", str(row.pk), row.people, host.code, **_area(row.opportunity.icb_code))


def _of_elsewhere(quarter: str) -> Iterator[dict[str, Any]]:
    for row in _elsewhere(quarter).select_related("organisation"):
        if row.places:
            yield _things(
                "elsewhere", str(row.pk), row.places, row.organisation.code, **_area(row.organisation.icb_code)
            )


def _of_residents() -> Iterator[dict[str, Any]]:
    """Yield the people aged 14 to 18 of each local authority: what rates are made with. Public numbers."""
    for authority, decile, number in residents(small_areas=has_small_areas()):
        key = f"{authority.code} {decile}"
        yield _things("resident", key, number, authority.code, **_area(authority.icb_code), **_deprivation(decile))


def _decile(item: Application) -> int | None:
    """Return the decile of the home; one of another kind of area than the residents' would make a rate of neither."""
    in_use = SMALL_AREA if has_small_areas() else AUTHORITY
    return item.deprivation_decile if item.deprivation_level == in_use else None


def _deprivation(decile: int | None) -> dict[str, str]:
    if decile is None:
        return {}
    return {"decile": f"decile-{decile}", "fifth": f"fifth-{(decile + 1) // 2}"}


def _of_applications(listings: dict[str, Opportunity]) -> Iterator[dict[str, Any]]:
    sent = Application.objects.filter(opportunity_reference__in=list(listings)).exclude(state=S.DRAFT)
    steps = Transition.objects.filter(application__in=sent.values("pk"))
    offered = set(steps.filter(to_state=S.OFFERED).values_list("application_id", flat=True))
    decided = dict(
        steps.filter(to_state__in=[S.OFFERED, S.NOT_SELECTED, S.WAITING_LIST])
        .values("application_id")
        .annotate(first=Min("at"))
        .values_list("application_id", "first")
    )
    reasons = dict(steps.filter(to_state__in=[S.INELIGIBLE, S.NOT_SELECTED]).values_list("application_id", "reason"))
    for item in sent.iterator(chunk_size=2_000):
        listing = listings[item.opportunity_reference]
        outcome = outcome_of_states(item.state, was_offered=item.pk in offered)
        home = {**_area(item.icb_code), **_deprivation(_decile(item))}
        yield _things(
            "application",
            item.entry_code,
            1,
            item.organisation_code,
            **home,
            distance=_distance(item.distance_band),
            relationship=RELATIONSHIPS[item.declared_relationship],
            rule=f"rule-{listing.allocation_rule}",
            nearness=_nearness(listing),
            speed=_speed(item, decided.get(item.pk)),
            days=_days(item, decided.get(item.pk)),
            reason=f"reason-{reasons[item.pk]}" if item.pk in reasons else NOT_KNOWN,
            outcome=outcome,
        )
        yield _person(item, home | {"distance": _distance(item.distance_band)})


def _person(item: Application, home: dict[str, str]) -> dict[str, Any]:
    """Return the row by which somebody counts once, however many applications they sent."""
    worker = pseudonym("person", item.applicant_id)
    return {
        **_things("person", item.entry_code, 1, item.organisation_code, **home),
        "kind": "record",
        "worker_key": worker,
        "noise_key": int(pseudonym("noise", worker)[:2], 16),
        "placed": "yes" if item.state in {S.CONFIRMED, S.ATTENDED, S.NOT_ATTENDED} else "no",
        "attended": ATTENDANCE.get(S(item.state), NOT_KNOWN),
    }


def _distance(band: str) -> str:
    """Return the published band: few travel far, and a band of a few would give them away."""
    if not band:
        return NOT_KNOWN
    return "distance-20-or-more" if band in {"20 to 49", "50 or more"} else f"distance-{band.replace(' ', '-')}"


def _days(item: Application, first: dt.datetime | None) -> int | None:
    return None if first is None or item.submitted_at is None else (first - item.submitted_at).days


def _speed(item: Application, first: dt.datetime | None) -> str:
    days = _days(item, first)
    if days is None:
        return NEVER if item.state == S.NO_DECISION else NOT_KNOWN
    return next((name for limit, name in SPEEDS if days <= limit), SLOWEST)


def _of_equality(quarter: str) -> Iterator[dict[str, Any]]:
    """Yield what was answered, of all hosts together: the sums of one round could be those of one person."""
    for (question, answer, outcome), number in sorted(counts_of(quarter.removeprefix(KNOWN_PREFIX)).items()):
        yield _things(
            "equality",
            f"{quarter} {question} {answer} {outcome}",
            number,
            EVERY_HOST,
            question=f"question-{question}",
            answer=f"{question}-{answer}",
            answered="no" if answer in {NOT_ANSWERED, "prefer_not"} else "yes",
            outcome=outcome,
        )


def _of_feedback(listings: dict[str, Opportunity]) -> Iterator[dict[str, Any]]:
    """Yield what people said who took part: that they said something, and each good word by itself."""
    given = Feedback.objects.filter(application__opportunity_reference__in=list(listings)).select_related("application")
    for row in given:
        said = {
            "feedback": True,
            "feedback_likely": row.more_likely == MoreLikely.MORE,
            "feedback_described": row.as_described >= GOOD_SCORE,
            "feedback_welcome": row.felt_welcome >= GOOD_SCORE,
        }
        for quantity, is_so in said.items():
            if is_so:
                yield _things(quantity, row.application.entry_code, 1, row.application.organisation_code)


def _of_draws(listings: dict[str, Opportunity]) -> Iterator[dict[str, Any]]:
    """Yield the draws that were held, whether their record verifies, and who was drawn beside what chance gives."""
    references = list(listings)
    entered = Application.objects.filter(opportunity_reference__in=references)
    decile = {item.entry_code: _decile(item) for item in entered.iterator(chunk_size=2_000)}
    for draw in Draw.objects.filter(opportunity_reference__in=references, drawn_at__isnull=False):
        listing, document = listings[draw.opportunity_reference], public_record(draw)
        make = partial(_things, host=listing.organisation.code, rule=f"rule-{listing.allocation_rule}")
        yield make("draw", draw.opportunity_reference, 1)
        if not lottery.verify(document):
            yield make("draw_verified", draw.opportunity_reference, 1)
        by_fifth: dict[str, set[str]] = {}
        for code, _group, _before in draw.entries:
            by_fifth.setdefault(_deprivation(decile.get(code)).get("fifth", NOT_KNOWN), set()).add(code)
        record, drawn = lottery.record_from(document), {row[1] for row in draw.ranking if row[3]}
        for fifth, codes in sorted(by_fifth.items()):
            key, chance = f"{draw.opportunity_reference} {fifth}", expected_selected(record, codes)
            # Numbers that are not whole travel in the column of sums.
            yield make("draw_entry", key, len(codes), fifth=fifth) | {"fte_nano": round(chance.mean * NANO)}
            yield make("draw_variance", key, len(codes), fifth=fifth) | {"fte_nano": round(chance.variance * NANO)}
            if mine := len(drawn & codes):
                yield make("drawn", key, mine, fifth=fifth)


#: NHS England region of each board (organisation codes), April 2022 edition.
NHS_REGIONS = {
    board: region
    for region, boards in {
        "Y56": "QKK QMF QMJ QRV QWE",
        "Y58": "QJK QOX QR1 QSL QT6 QUY QVV",
        "Y59": "QKS QNQ QNX QRL QU9 QXU",
        "Y60": "QGH QHL QJ2 QJM QK1 QNC QOC QPM QT1 QUA QWU",
        "Y61": "QH8 QHG QJG QM7 QMM QUE",
        "Y62": "QE1 QOP QYG",
        "Y63": "QF7 QHM QOQ QWO",
    }.items()
    for board in boards.split()
}
