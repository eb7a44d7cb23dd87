"""Cases of the equity measures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portal.methods import equity
from portal.methods.draw_audit import expected_selected, limits_of_chance
from portal.methods.lottery import DrawRecord, Entry
from portal.methods.specification_cases.case import Case, Page, Value, numbers, rounded, table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

QUINTILES = table(
    "quintile people places",
    (1, 708_228, 3_600),
    (2, 628_141, 4_300),
    (3, 592_645, 5_000),
    (4, 588_613, 5_700),
    (5, 631_813, 6_400),
)


def _rates(rows: Sequence[Mapping[str, Value]]) -> list[dict[str, Value]]:
    pairs = zip(numbers(rows, "places"), numbers(rows, "people"), strict=True)
    return [rounded({"per_10_000": equity.rate(places, people)}, 1) for places, people in pairs]


def _ratio(rows: Sequence[Mapping[str, Value]]) -> list[dict[str, Value]]:
    places, people = numbers(rows, "places"), numbers(rows, "people")
    found = equity.rate_ratio(places[0], people[0], places[-1], people[-1])
    return [rounded({"rate_ratio": found.estimate, "low": found.low, "high": found.high}, 3)]


def _gradients(rows: Sequence[Mapping[str, Value]]) -> list[dict[str, Value]]:
    places, people = numbers(rows, "places"), numbers(rows, "people")
    return [
        {
            "slope_index": round(equity.slope_index(places, people), 1),
            "relative_index": round(equity.relative_index(places, people), 3),
            "concentration": round(equity.concentration_index(places, people), 3),
            "Wagstaff": round(equity.wagstaff_index(places, people), 3),
            "Erreygers": round(equity.erreygers_index(places, people), 5),
            "Hoover": round(equity.hoover_index(places, people), 3),
        }
    ]


def _adjusted(rows: Sequence[Mapping[str, Value]]) -> list[dict[str, Value]]:
    columns = [numbers(rows, name) for name in ("offers", "applicants", "reference_offers", "reference_applicants")]
    offers, applicants, others, all_others = (sum(column) for column in columns)
    strata = list(zip(*columns, strict=True))
    return [
        {
            "plain": round(equity.rate_ratio(offers, applicants, others, all_others).estimate, 3),
            "adjusted": round(equity.mantel_haenszel([(a, b, c, d) for a, b, c, d in strata]).estimate, 3),
        }
    ]


def _funnel(rows: Sequence[Mapping[str, Value]]) -> list[dict[str, Value]]:
    [[overall], [people]] = numbers(rows, "overall_rate"), numbers(rows, "people")
    low, high = equity.funnel_limits(overall, people)
    return [rounded({"low": 10_000 * low, "high": 10_000 * high}, 1)]


def _draws(rows: Sequence[Mapping[str, Value]]) -> list[dict[str, Value]]:
    columns = [numbers(rows, name) for name in ("entries", "of_group", "places")]
    found = []
    for entries, of_group, places in zip(*columns, strict=True):
        codes = [f"{number:04d}" for number in range(int(entries))]
        record = DrawRecord(tuple(Entry(code) for code in codes), int(places))
        chance = expected_selected(record, codes[: int(of_group)])
        low, high = limits_of_chance(chance.mean, chance.variance)
        found.append(rounded({"expected": chance.mean, "variance": chance.variance, "low": low, "high": high}, 2))
    return found


CASES = (
    Case("Rates", "Places divided by residents aged 14 to 18, from the most deprived fifth (1) on.", QUINTILES, _rates,
         table("per_10_000", (50.8,), (68.5,), (84.4,), (96.8,), (101.3,))),
    Case("Rate ratio with its interval",
         "Most against least deprived. On the log scale the variance is 1 ÷ places − 1 ÷ people, for both.",
         QUINTILES, _ratio, table("rate_ratio low high", (0.502, 0.482, 0.523))),
    Case("Gradients",
         "Slope index: the fitted gap in the rate per 10,000 between the two ends. Relative index: that gap divided by "
         "the overall rate. Concentration index: above zero, more goes to the less deprived; after Wagstaff and after "
         "Erreygers for outcomes of yes or no. Hoover: the share of places that would have to move.",
         QUINTILES, _gradients,
         table("slope_index relative_index concentration Wagstaff Erreygers Hoover",
               (66.5, 0.838, 0.134, 0.135, 0.00425, 0.108))),
    Case("Adjusted for area",
         "In each area both groups have the same chance, but one lives where places are few: the plain ratio blames the "
         "decision, the ratio after Mantel and Haenszel does not.",
         table("area offers applicants reference_offers reference_applicants",
               ("North", 8, 800, 2, 200), ("South", 20, 200, 80, 800)),
         _adjusted, table("plain adjusted", (0.341, 1.0))),
    Case("Funnel limits",
         "Between which rates 95 of 100 areas of this size would lie if all had the overall rate, for every 10,000.",
         table("overall_rate people", (0.01, 10_000)), _funnel, table("low high", (80.5, 119.5))),
    Case("Draws beside chance",
         "Of the entries of a draw some are of a group: how many of them are drawn on average, how far that varies "
         "(hypergeometric; with shares and first-timers first, stage by stage), and the limits that hold 95 of 100 "
         "draws. Means and variances of many draws add up.",
         table("entries of_group places", (10, 4, 3), (5, 2, 2)), _draws,
         table("expected variance low high", (1.2, 0.56, 0.0, 2.67), (0.8, 0.36, 0.0, 1.98))),
)  # fmt: skip

PAGE = Page(
    "equity",
    "Fairness of opportunities",
    """
Who gets places is measured by where people live and who they are, against everybody who could have applied. Groups by
deprivation run from the most deprived fifth to the least. The same disclosure control holds as for every other table.

Residents aged 14 to 18 are those of mid-2020 by small area (3,149,440 in England): the latest here by single year of
age. Rates of later years are therefore for every 10,000 people of that age in 2020. Where only the deprivation of local
authorities is known, applicants and residents are both put in the decile of their authority; with the full postcode
directory, both in that of their small area.

Medians of days are taken from the records, for ten or more, and hidden with the count that they belong to. Offer rates of
groups stand beside their ratio to a named reference group of the same question.

Funnel limits (1.96 and 3.09 standard errors) stand beside league tables of areas, because small areas differ by chance.
Counts in the examples are made up; the populations are real.
""",
    CASES,
)
