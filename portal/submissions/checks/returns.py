"""Whole returns: against what was declared, against the last return and against other returns."""

from __future__ import annotations

from dataclasses import dataclass, field

from portal.submissions.checks.catalogue import CHECKS
from portal.submissions.findings import Finding

MANY_PEOPLE = 500
CLOSE_PEOPLE = 5
CLOSE_SHARE = 10
CHANGE_PEOPLE = 10
CHANGE_SHARE = 25


@dataclass
class ReturnFacts:
    """What a return says in total, and what it is compared with."""

    people: int
    roles: frozenset[str] = frozenset()
    declared_headcount: int | None = None
    last_people: int | None = None
    vacancies: int = 0
    joiners: int | None = None
    leavers: int | None = None
    same_file_from: str = ""
    group_sites: int = 0
    group_sites_with_people: int = 0
    fte_across_returns: dict[str, str] = field(default_factory=dict)


def check_return(facts: ReturnFacts) -> list[Finding]:
    """Return the findings about a return as a whole."""
    found = [*_declared(facts), *_staffing(facts), *_change(facts), *_others(facts)]
    return [Finding(code, CHECKS[code].severity, message, item=item) for code, item, message in found]


def is_within(difference: int, of: int, *, people: int, share: int) -> bool:
    """Whether a difference is at most so many people, or at most that share."""
    return difference <= people or difference * 100 <= share * of


def _declared(facts: ReturnFacts) -> list[tuple[str, str, str]]:
    declared, people = facts.declared_headcount, facts.people
    if declared is None or declared == people:
        return []
    says = f"You declared {declared:,} people; the records are of {people:,}."
    close = is_within(abs(declared - people), declared, people=CLOSE_PEOPLE, share=CLOSE_SHARE)
    return [("N-201" if close else "Q-203", "declared_headcount", says)]


def _staffing(facts: ReturnFacts) -> list[tuple[str, str, str]]:
    found = []
    if facts.people and not any(role.startswith(("doc-", "nur-")) for role in facts.roles):
        found.append(("Q-204", "role", "The return has no doctor and no nurse."))
    if facts.people > MANY_PEOPLE:
        found.append(("Q-207", "", f"The return has {facts.people:,} people, more than {MANY_PEOPLE} at one provider."))
    for name, count, too_many in (
        ("vacancies", facts.vacancies, facts.vacancies > facts.people),
        ("joiners", facts.joiners, (facts.joiners or 0) > facts.people),
        ("leavers", facts.leavers, bool(facts.leavers) and facts.leavers >= (facts.last_people or facts.people)),
    ):
        if too_many:
            found.append(("Q-209", name, f"{count:,} {name} do not fit {facts.people:,} people."))
    return found


def _change(facts: ReturnFacts) -> list[tuple[str, str, str]]:
    last = facts.last_people
    if last is None:
        return []
    found = []
    change = facts.people - last
    if abs(change) > CHANGE_PEOPLE or abs(change) * 100 > CHANGE_SHARE * last:
        found.append(("Q-205", "", f"The return has {facts.people:,} people; the last one had {last:,}."))
    if facts.joiners is not None and facts.leavers is not None and last + facts.joiners - facts.leavers != facts.people:
        says = f"{last:,} people last time, {facts.joiners:,} joiners and {facts.leavers:,} leavers make {last + facts.joiners - facts.leavers:,}"
        found.append(("Q-210", "joiners", f"{says}; the records are of {facts.people:,}."))
    return found


def _others(facts: ReturnFacts) -> list[tuple[str, str, str]]:
    found = []
    if facts.same_file_from:
        found.append(("Q-206", "", f"The same file was returned by another organisation, {facts.same_file_from}."))
    if facts.group_sites > 1 and facts.people and facts.group_sites_with_people == 0:
        found.append(("Q-208", "", f"The group has {facts.group_sites} sites and only this one returns people."))
    found.extend(
        ("Q-202", "fte", f"FTE of worker “{worker}” adds up to {fte} across returns, above 1.5.")
        for worker, fte in sorted(facts.fte_across_returns.items())
    )
    return found
