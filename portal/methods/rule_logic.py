"""What a rule means: can anybody meet it, does everybody, and what is left once the role is known.

A record has one role, one registration with one status and one contract, any set of qualifications and functions,
and one share of time. That is little enough to decide every question exactly by case distinction.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from typing import Any

Rule = dict[str, Any]

#: Cases tried before a rule is refused as too complicated to be understood by a reader either.
MAX_CASES = 50_000
WHOLE_SHARE = 1000


class TooComplicatedError(ValueError):
    """The rule has more cases than anybody could check."""


@dataclass(frozen=True)
class _Case:
    """What is known of a record on one way through a rule. None means nothing yet."""

    roles: frozenset[str] | None = None
    not_roles: frozenset[str] = frozenset()
    contracts: frozenset[str] | None = None
    not_contracts: frozenset[str] = frozenset()
    statuses: frozenset[str] | None = None
    not_statuses: frozenset[str] = frozenset()
    registration: tuple[str, str | None] | None = None
    not_registrations: frozenset[tuple[str, str | None]] = frozenset()
    has: frozenset[tuple[str, str]] = frozenset()
    has_not: frozenset[tuple[str, str]] = frozenset()
    share_from: int = 0
    share_below: int = WHOLE_SHARE + 1

    def possible(self) -> bool:
        """Whether a record like this can exist."""
        if self.has & self.has_not or self.share_from >= self.share_below:
            return False
        if self.roles is not None and not self.roles - self.not_roles:
            return False
        if self.contracts is not None and not self.contracts - self.not_contracts:
            return False
        if self.statuses is not None and not self.statuses - self.not_statuses:
            return False
        if self.registration is None:
            return True
        return not ({self.registration, (self.registration[0], None)} & self.not_registrations)


def satisfiable(rule: Rule, roles: Collection[str] | None = None) -> bool:
    """Whether some record can meet a resolved rule; ``roles`` are all that there are, if known."""
    start = _Case(roles=None if roles is None else frozenset(roles))
    return next(_cases([(rule, True)], start, [MAX_CASES]), None) is not None


def tautology(rule: Rule, roles: Collection[str] | None = None) -> bool:
    """Whether every record meets a resolved rule."""
    return not satisfiable({"not": rule}, roles)


def _cases(todo: list[tuple[Rule, bool]], case: _Case, budget: list[int]) -> Iterator[_Case]:
    """Yield each way to make every (rule, wanted answer) of ``todo`` come out."""
    budget[0] -= 1
    if budget[0] < 0:
        raise TooComplicatedError
    if not case.possible():
        return
    if not todo:
        yield case
        return
    (rule, wanted), rest = todo[0], todo[1:]
    ((operator, value),) = rule.items()
    if operator == "not":
        yield from _cases([(value, not wanted), *rest], case, budget)
    elif operator in {"all", "any"}:
        if (operator == "all") == wanted:  # every part must come out so
            yield from _cases([*((part, wanted) for part in value), *rest], case, budget)
        else:  # one part is enough
            for part in value:
                yield from _cases([(part, wanted), *rest], case, budget)
    else:
        for next_case in _with_atom(operator, value, wanted, case):
            yield from _cases(rest, next_case, budget)


def _with_atom(operator: str, value: Any, wanted: bool, case: _Case) -> Iterator[_Case]:
    if operator == "everyone":
        if wanted:
            yield case
    elif operator == "share_at_least":
        if wanted:
            yield replace(case, share_from=max(case.share_from, value))
        else:
            yield replace(case, share_below=min(case.share_below, value))
    elif operator in {"role", "contract", "registration_status"}:
        yield _with_choice(operator, frozenset(value), wanted, case)
    elif operator == "registration":
        yield from _with_registration((value["body"], value.get("part")), wanted, case)
    elif wanted:
        for code in value:
            yield replace(case, has=case.has | {(operator, code)})
    else:
        yield replace(case, has_not=case.has_not | {(operator, code) for code in value})


def _with_choice(operator: str, codes: frozenset[str], wanted: bool, case: _Case) -> _Case:
    if operator == "role":
        if not wanted:
            return replace(case, not_roles=case.not_roles | codes)
        return replace(case, roles=codes if case.roles is None else case.roles & codes)
    if operator == "contract":
        if not wanted:
            return replace(case, not_contracts=case.not_contracts | codes)
        return replace(case, contracts=codes if case.contracts is None else case.contracts & codes)
    if not wanted:
        return replace(case, not_statuses=case.not_statuses | codes)
    return replace(case, statuses=codes if case.statuses is None else case.statuses & codes)


def _with_registration(entry: tuple[str, str | None], wanted: bool, case: _Case) -> Iterator[_Case]:
    if not wanted:
        yield replace(case, not_registrations=case.not_registrations | {entry})
        return
    known = case.registration
    if known is None or (known[0] == entry[0] and known[1] is None):
        yield replace(case, registration=entry)
    elif known[0] == entry[0] and entry[1] in {None, known[1]}:
        yield case


def meaning_faults(
    rule: Rule,
    resolved: Rule,
    roles: Collection[str],
    resolve: Callable[[Rule], Rule],
    fault: Callable[[str, str], Any],
) -> list[Any]:
    """Return why a well-formed rule makes no sense: nobody meets it, or everybody does unsaid.

    A part of an "any of" that nobody can meet is a fault of that part: it promises what it cannot do.
    """
    try:
        if not satisfiable(resolved, roles):
            return [fault("", "The conditions contradict each other: nobody can meet them.")]
        if not _says_everyone(rule) and tautology(resolved, roles):
            return [fault("", "Everybody meets these conditions. Choose “everyone” to say so.")]
        return [fault(path, words) for path, words in _dead_parts(rule, "", roles, resolve)]
    except TooComplicatedError:
        return [fault("", "The rule has too many cases to be checked. Make it simpler or split it.")]


def _says_everyone(rule: Rule) -> bool:
    ((operator, _value),) = rule.items()
    return operator in {"everyone", "perspective"}


def _dead_parts(
    rule: Rule,
    path: str,
    roles: Collection[str],
    resolve: Callable[[Rule], Rule],
) -> Iterator[tuple[str, str]]:
    ((operator, value),) = rule.items()
    here = f"{path}/{operator}"
    if operator not in {"all", "any"}:
        return
    for number, part in enumerate(value):
        if not satisfiable(resolve(part), roles):
            yield f"{here}/{number}", "The conditions contradict each other: nobody can meet them."
        elif operator == "any" and not _says_everyone(part) and tautology(resolve(part), roles):
            yield f"{here}/{number}", "Everybody meets this condition, so the others say nothing."
        else:
            yield from _dead_parts(part, f"{here}/{number}", roles, resolve)


def given_role(rule: Rule, role: str) -> Rule | bool:
    """Return what remains of a resolved rule for a record in ``role``: true, false or a shorter rule."""
    ((operator, value),) = rule.items()
    if operator == "everyone":
        return True
    if operator == "role":
        return role in value
    if operator == "not":
        rest = given_role(value, role)
        return (not rest) if isinstance(rest, bool) else {"not": rest}
    if operator in {"all", "any"}:
        return _given_role_group(operator, value, role)
    return rule


def _given_role_group(operator: str, parts: list[Rule], role: str) -> Rule | bool:
    decisive = operator == "any"
    rests: list[Rule] = []
    for part in parts:
        rest = given_role(part, role)
        if rest is decisive:
            return decisive
        if not isinstance(rest, bool) and rest not in rests:
            rests.append(rest)
    if not rests:
        return not decisive
    return rests[0] if len(rests) == 1 else {operator: rests}
