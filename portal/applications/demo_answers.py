"""The rest of the made-up service: equality tallies of finished rounds, places filled elsewhere, feedback.

What is tallied is made up from the deprivation of an applicant's home, so that the bias which is built into
the rounds shows in the equality statistics too.
"""

from __future__ import annotations

import random
from collections import Counter
from typing import TYPE_CHECKING

from portal.applications.enums import ApplicationState as S
from portal.applications.equality import NOT_ANSWERED, outcome_of_states
from portal.applications.models import Application, Feedback
from portal.applications.tallies import add_rounds, quarter_of
from portal.opportunities.enums import AllocationRule
from portal.opportunities.models import OnlineAttendance, Opportunity, PlacesFilledElsewhere

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from portal.applications.demo import Round
    from portal.applications.tallies import Counts
    from portal.organisations.models import Organisation

LEFT_OUT = 0.2
FEEDBACK_SHARE = 0.3
MEALS_BASE, MEALS_TILT = 0.05, 0.05
MOST_ELSEWHERE, MOST_ONLINE = 9, 80
#: What is answered where deprivation does not decide: answer to weight.
EVENLY = {
    "sex": {"female": 60, "male": 37, "prefer_not": 3},
    "ethnic_group": {"white": 70, "asian": 14, "black": 8, "mixed": 4, "other": 2, "prefer_not": 2},
    "disability": {"yes": 13, "no": 82, "prefer_not": 5},
    "school_type": {"state": 90, "independent": 6, "bursary": 1, "abroad": 2, "prefer_not": 1},
    "care_experience": {"yes": 3, "no": 93, "prefer_not": 4},
}


def tally_round(applications: list[Application], round_: Round, *, references: Collection[str]) -> None:
    """Add a finished round of the demonstration to its quarter; no answer of a person is ever stored."""
    chance = random.Random(round_.number)  # noqa: S311 - a demonstration must be the same every time
    counts: Counts = Counter()
    for row in applications:
        was_offered = row.state in {S.DECLINED, S.OFFER_LAPSED}
        outcome = outcome_of_states(row.state, was_offered=was_offered)
        for question, answer in _answers(chance, row.deprivation_decile or 10).items():
            counts[question, answer, outcome] += 1
    add_rounds(period=quarter_of(round_.closed_at), references=references, counts=counts)


def _answers(chance: random.Random, decile: int) -> dict[str, str]:
    if chance.random() < LEFT_OUT:
        return dict.fromkeys([*EVENLY, "free_school_meals", "main_earner"], NOT_ANSWERED)
    poor = chance.random() < MEALS_BASE + MEALS_TILT * (10 - decile)
    given = {name: chance.choices(list(weights), list(weights.values()))[0] for name, weights in EVENLY.items()}
    return given | {
        "free_school_meals": "yes" if poor else "no",
        "main_earner": chance.choice(["routine", "unemployed"] if poor else ["professional", "intermediate"]),
    }


def places_elsewhere(hosts: list[Organisation], closings: list[datetime]) -> int:
    """Write places that hosts gave outside the service, in the months in which the rounds closed."""
    chance = random.Random(len(hosts))  # noqa: S311 - a demonstration must be the same every time
    made = PlacesFilledElsewhere.objects.bulk_create(
        [
            PlacesFilledElsewhere(
                organisation=host,
                period=f"{day:%Y-%m}",
                kind="work_experience",
                places=chance.randint(0, MOST_ELSEWHERE),
                how="Through staff and partner schools. Made up for demonstration.",
                is_synthetic=True,
            )
            for host in hosts
            for day in closings
        ],
        ignore_conflicts=True,
    )
    return len(made)


def online_attendance(closings: list[datetime]) -> int:
    """Write how many took part, in the months in which the rounds closed, in what is open to everyone."""
    chance = random.Random(len(closings))  # noqa: S311 - a demonstration must be the same every time
    listings = Opportunity.objects.filter(allocation_rule=AllocationRule.OPEN_TO_ALL, is_synthetic=True)
    made = [
        OnlineAttendance(
            opportunity=listing, period=f"{day:%Y-%m}", people=chance.randint(0, MOST_ONLINE), is_synthetic=True
        )
        for listing in listings.order_by("reference")
        for day in closings
    ]
    return len(OnlineAttendance.objects.bulk_create(made, batch_size=1_000))


def say_how_it_was(applications: list[Application], *, number: int) -> int:
    """Write feedback of some who took part."""
    chance = random.Random(number)  # noqa: S311 - a demonstration must be the same every time
    came = [row for row in applications if row.state == S.ATTENDED and chance.random() < FEEDBACK_SHARE]
    made = [
        Feedback(
            application=row,
            as_described=chance.choices([2, 3, 4, 5], [1, 2, 5, 6])[0],
            felt_welcome=chance.choices([2, 3, 4, 5], [1, 1, 4, 8])[0],
            more_likely=chance.choices(["more", "same", "less", "not_sure"], [6, 3, 1, 1])[0],
        )
        for row in came
    ]
    return len(Feedback.objects.bulk_create(made, batch_size=1_000))
