"""The publications about the collection itself and about movements, that the portal begins with."""

from __future__ import annotations

from typing import Any

ROUNDING = (
    "<p>Numbers below 10 are not shown. Other numbers are rounded to the nearest 5, each total on its own, so parts do "
    "not always add up to their total. Rates are worked from the published numbers.</p>"
)
MORE_SERIES: tuple[dict[str, Any], ...] = (
    {
        "slug": "occupational-health-vacancies-turnover",
        "title": "Occupational health vacancies and turnover",
        "summary": "Vacant posts, joiners and leavers of occupational health providers in England, with vacancy and "
        "turnover rates.",
        "dataset_slug": "ohw-vacancies-turnover",
        "frequency": "Twice a year.",
        "quality_summary": "<p>Providers return vacant posts and movements of their organisation by role. A provider "
        "that leaves an answer out is left out of that rate as returned, of its numerator and of its denominator; in "
        "the figures with estimates the answer is filled and marked.</p>" + ROUNDING,
        "methodology": (
            "How vacancies, joiners and leavers become rates.",
            (
                (
                    "Vacancy rate",
                    (
                        "<p>Vacant posts divided by filled and vacant posts together, on the reference date. A post is "
                        "vacant when it is funded and nobody is in it.</p>"
                    ),
                ),
                (
                    "Joiner and leaver rates",
                    (
                        "<p>Movements in the 12 months to the reference date, divided by the mean of the numbers in post "
                        "at the start and at the end. The number at the start is that at the end, less joiners, plus "
                        "leavers.</p>"
                    ),
                ),
                (
                    "Answers that were left out, and providers that did not answer",
                    (
                        "<p>Two series are published side by side: as returned, and with estimates. As returned, a provider "
                        "is left out of an answer that it left out. With estimates, the answer is filled role by role: by "
                        "the provider’s last answer, if that is at most 12 months old, or else by that of a donor, the "
                        "provider of the same type that is nearest in posts of the same role group. A provider that sent no "
                        "return stands as in its last one of at most 12 months ago; for the rest, providers that answered "
                        "stand for others of the same type, size and region.</p><p>What was filled or carried forward does "
                        "not count as an answer in the 95% intervals. Rates with estimates are worked from the published "
                        "estimates and bear the lowest mark of these.</p>"
                    ),
                ),
                (
                    "Why there are no perspectives",
                    (
                        "<p>A perspective is a rule about a person and a post. A vacant post has nobody in it, and of "
                        "movements only the number is returned, so the rule cannot be asked.</p>"
                    ),
                ),
                ("Protection of people", ROUNDING),
            ),
        ),
    },
    {
        "slug": "occupational-health-response-coverage",
        "title": "Response to the occupational health workforce collection",
        "summary": "How many providers in England were asked for a return and answered, and how much of the workforce "
        "they stand for.",
        "dataset_slug": "ohw-response",
        "frequency": "Twice a year.",
        "quality_summary": "<p>The frame is the register of organisations at the reference date. A provider answers "
        "when its return is accepted; a return that says there is no occupational health staff is an answer.</p>"
        + ROUNDING,
        "methodology": (
            "How response and coverage are counted.",
            (
                (
                    "Response rate",
                    "<p>Providers whose return is accepted, divided by providers asked.</p>",
                ),
                (
                    "Coverage",
                    (
                        "<p>The staff of providers that answered, divided by the staff of all providers asked. Staff are "
                        "taken from the size band of the register: its middle, for those who answered as for those who "
                        "did not.</p>"
                    ),
                ),
                (
                    "Item response",
                    (
                        "<p>Of the items of a worker that may be left out, the share that was filled in, in the returns "
                        "of providers that answered.</p>"
                    ),
                ),
                ("Protection", ROUNDING),
            ),
        ),
    },
    {
        "slug": "access-to-opportunities",
        "title": "Access to opportunities before employment",
        "summary": "Who applies for work experience and other opportunities in the NHS in England, who is offered a "
        "place, and how fairly places are shared between areas and groups.",
        "dataset_slug": "opportunities-access",
        "frequency": "Each quarter.",
        "quality_summary": "<p>The figures are of places listed in the service and of applications sent through it. "
        "Places filled elsewhere are those that hosts tell us of.</p>" + ROUNDING,
        "methodology": (
            "How applications and places become rates, ratios and indices of inequality.",
            (
                (
                    "Applications and people",
                    (
                        "<p>An application is counted in the quarter in which its round closed. A person who sent several "
                        "is several applications and one person. Area and deprivation are those of the home, turned "
                        "from the postcode when the application is sent; the postcode is deleted later.</p>"
                    ),
                ),
                (
                    "Offer rates and their ratio",
                    (
                        "<p>Applications offered a place, whatever the answer, divided by those that were considered: "
                        "withdrawn before an offer and not eligible are left out; those whose host never decided, or "
                        "cancelled before an offer, stay in. The ratio is the most deprived fifth’s rate to the "
                        "least deprived’s, with a 95% interval on the log scale. Within regions it is pooled by the "
                        "method of Mantel and Haenszel: it shows whether poor applicants are turned down more often, "
                        "apart from where places are.</p>"
                    ),
                ),
                (
                    "Gradients and shares",
                    (
                        "<p>The slope index is the gap in the rate between the least and the most deprived end of a line "
                        "fitted over the deciles, weighted by people; the relative index divides it by the overall rate. "
                        "Above zero, more goes to the less deprived; so it is with the concentration index. The Hoover "
                        "index is the share of places that would have to move for each area to have its share. The "
                        "limits of the funnel are where 95% of areas of a size would lie by chance alone.</p>"
                    ),
                ),
                (
                    "Attendance",
                    (
                        "<p>People who took part, divided by people with a confirmed place whose host recorded whether "
                        "they came. A quarter is first told when its places are given; attendance follows in later "
                        "versions, so both numbers grow.</p>"
                    ),
                ),
                (
                    "Equality questions",
                    (
                        "<p>They are optional and kept apart from applications. When a round is finished the answers are "
                        "counted by outcome and deleted. The share that answered stands beside each question, of all "
                        "applications that were sent; “prefer not to say” counts as not answered.</p>"
                    ),
                ),
                ("Protection of people", ROUNDING),
            ),
        ),
        "quality": (
            "What can be said of how good the figures are: which rounds they tell, what hosts recorded, what is not known.",
            (
                (
                    "Which rounds are told",
                    (
                        "<p>A quarter holds the rounds whose applications closed in it. The numbers below are of hosts: "
                        "those with such a round, and those of them who have given, finished or cancelled every one. "
                        "Applications of rounds that are still open to a decision are in the figures too, as not "
                        "offered so far.</p>"
                    ),
                ),
                (
                    "What hosts tell us",
                    (
                        "<p>Openness rests on the places filled elsewhere that hosts record: one that records none "
                        "looks open. Attendance is of people whose host recorded it, and people who took part online "
                        "are counted by hosts, each once a month for each listing.</p>"
                    ),
                ),
                (
                    "What is not known",
                    (
                        "<p>Homes outside England’s directory of postcodes, and answers that were not given, are a "
                        "category of their own, “not known”, and are never spread over the others. Completeness stands "
                        "beside each equality question; offer rates by answer are of those who gave it.</p>"
                    ),
                ),
                (
                    "Breaks and revisions",
                    (
                        "<p>A quarter is published again when what it is made of has changed: rounds finished, "
                        "attendance or places elsewhere recorded. Each version says why; earlier ones stay.</p>"
                    ),
                ),
            ),
        ),
    },
)

#: Pages that every publication of figures about people has beside its methodology.
QUALITY = (
    "What can be said of how good the figures are: who answered, what is estimated, and how sure that is.",
    (
        (
            "Who answered",
            (
                "<p>Figures as returned are of the organisations whose return is accepted. The numbers asked and answered "
                "stand below for every period, and beside each figure.</p>"
            ),
        ),
        (
            "What is not known",
            (
                "<p>A missing answer is a category of its own, “not known”, in every table of returned figures where some "
                "period has it, and is never spread over the other categories there. Figures with estimates may fill it: "
                "from another post of the same person, from the person’s last return of at most 12 months ago, or from "
                "the nearest person who answered, of the same role group and provider type. In the same way a question "
                "about vacancies or movements that a provider left out may be filled, role by role. How many were filled, "
                "and how, stands below.</p>"
            ),
        ),
        (
            "Breaks and revisions",
            (
                "<p>A corrected return makes a new version with the reason. Where a role or a perspective changes, the "
                "change of the headlines is split into what the definition moved and what is real.</p>"
            ),
        ),
    ),
)
DISCLOSURE = (
    "How people are protected, how the protection is tested before each publication, and what it costs.",
    (
        (
            "The rule",
            (
                "<p>A count below the threshold is hidden, and any other is rounded. Each total is protected on its own, so "
                "parts need not add up to it. Sums of hours are rounded and hidden with their count, and where fewer than "
                "three organisations, or one large one, stand behind them. A cell that a definition leaves nobody in is "
                "marked [z], not applicable: it says no more than the definition does.</p>"
            ),
        ),
        (
            "The audit",
            (
                "<p>Before a version may be approved, everything that it says, together with everything that earlier "
                "versions said, is taken as one system of equations: parts and totals, perspectives within each other, "
                "areas within regions, what one organisation knows of itself. Where a group of 1 to 4 people could be "
                "worked out, or shown to be that small, more is hidden until it cannot. A version that does not pass goes "
                "no further. Every table, under every perspective, is in the one system; no detail is left out of it.</p>"
            ),
        ),
        (
            "What remains",
            (
                "<p>Where two perspectives that lie within each other show the same rounded number, this suggests that few "
                "or no people are in between. Rounding weakens that guess and nothing removes it. Estimates stand beside "
                "returned figures that are shown, and nowhere else; the audit is told more about them than any reader "
                "can know.</p>"
            ),
        ),
    ),
)
