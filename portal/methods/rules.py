"""The rule language of perspectives: who belongs to the workforce, as data.

A rule is a small tree of plain JSON. Each node is an object with exactly one key:

======================  ===========================================================================
``{"everyone": true}``  every record
``{"role": [...]}``     the role is one of these codes
``{"group": [...]}``    the role belongs to one of these role groups
``{"registration": {"body": b, "part": p}}``  registered with the body, ``part`` may be left out
``{"qualification": [...]}``  holds at least one of these
``{"function": [...]}``       carries out at least one of these
``{"contract": [...]}``       works under one of these contract types
``{"registration_status": [...]}``  the registration stands in one of these ways
``{"share_at_least": 200}``   at least this share of time in occupational health, in thousandths
``{"perspective": code}``     counts in another perspective
``{"all": [...]}``, ``{"any": [...]}``, ``{"not": node}``
======================  ===========================================================================

``validate`` refuses what is malformed, unknown, circular, empty or contradictory and says where.
``resolve`` replaces groups and perspectives by what they meant at that moment, so that a published
rule never changes its meaning. ``to_sql`` compiles a resolved rule to a predicate that DuckDB,
Spark and PostgreSQL read alike; ``evaluate`` gives the same answer for one record in Python.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from portal.methods import rule_logic
from portal.methods.rule_words import Line, to_outline, to_sentences

__all__ = [
    "Fault",
    "Line",
    "Rule",
    "RuleError",
    "Vocabulary",
    "evaluate",
    "membership_of_role",
    "parse",
    "perspectives_named",
    "resolve",
    "roles_named",
    "to_outline",
    "to_sentences",
    "to_sql",
    "validate",
]

Rule = dict[str, Any]

CODE = re.compile(r"^[A-Za-z0-9][A-Za-z0-9_-]*$")
# Codes inside '|a|b|' columns are found by LIKE, where an underscore would match any letter.
LISTED_CODE = re.compile(r"^[A-Za-z0-9][A-Za-z0-9-]*$")
MAX_DEPTH = 12
FULL_TIME_SHARE = 1000

LISTS = {
    "role": "roles",
    "group": "groups",
    "qualification": "qualifications",
    "function": "functions",
    "contract": "contracts",
    "registration_status": "registration_statuses",
}
#: Conditions on one column that holds one code.
COLUMNS = {"role": "role_code", "contract": "contract_type", "registration_status": "registration_status"}
#: How a message names what a condition lists, where the condition's own name is not a word.
NAMES = {"registration_status": "registration status"}
OPERATORS = frozenset({"everyone", "registration", "share_at_least", "perspective", "all", "any", "not", *LISTS})


@dataclass(frozen=True)
class Vocabulary:
    """What a rule may name. Each mapping is code to title, except where said."""

    roles: Mapping[str, str] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)
    #: role code to the code of its group
    group_of_role: Mapping[str, str] = field(default_factory=dict)
    bodies: Mapping[str, str] = field(default_factory=dict)
    #: body code to its parts, code to title
    parts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    qualifications: Mapping[str, str] = field(default_factory=dict)
    functions: Mapping[str, str] = field(default_factory=dict)
    contracts: Mapping[str, str] = field(default_factory=dict)
    registration_statuses: Mapping[str, str] = field(default_factory=dict)
    #: perspective code to its title
    perspectives: Mapping[str, str] = field(default_factory=dict)
    #: perspective code to its resolved rule, for the perspectives a rule may build on
    perspective_rules: Mapping[str, Rule] = field(default_factory=dict)
    #: perspective code to the perspectives that its own rule names
    builds_on: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Fault:
    """One reason why a rule is refused, and where in the rule it lies."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


class RuleError(ValueError):
    """A rule that cannot be used, with every fault found."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(str(fault) for fault in self.faults))


def parse(rule: Any) -> Rule:
    """Return ``rule`` when its form is right; raise :class:`RuleError` with every fault otherwise."""
    faults = _form_faults(rule, "", 0)
    if faults:
        raise RuleError(faults)
    parsed: Rule = rule
    return parsed


def validate(rule: Any, vocabulary: Vocabulary, *, code: str = "") -> list[Fault]:
    """Return every fault of ``rule``; an empty list means that it may be published.

    ``code`` is the perspective that the rule is for: it may not build on itself.
    """
    faults = _form_faults(rule, "", 0)
    if faults:
        return faults
    faults = _name_faults(rule, vocabulary, "")
    if faults:
        return faults
    if cycle := _cycle(perspectives_named(rule), vocabulary, (code,) if code else ()):
        return [Fault("", f"The rule is circular: {' → '.join(cycle)}.")]
    resolved = resolve(rule, vocabulary)
    return rule_logic.meaning_faults(
        rule,
        resolved,
        vocabulary.roles.keys(),
        lambda node: resolve(node, vocabulary),
        Fault,
    )


def resolve(rule: Rule, vocabulary: Vocabulary) -> Rule:
    """Return the rule with groups as lists of roles and perspectives as their own rules."""
    operator, value = _only(rule)
    if operator == "group":
        return {"role": sorted(role for role, group in vocabulary.group_of_role.items() if group in value)}
    if operator == "perspective":
        return resolve(vocabulary.perspective_rules[value], vocabulary)
    if operator in {"all", "any"}:
        return {operator: [resolve(part, vocabulary) for part in value]}
    if operator == "not":
        return {"not": resolve(value, vocabulary)}
    return rule


def to_sql(rule: Rule) -> str:
    """Compile a resolved rule to one SQL predicate over the columns of a snapshot.

    Only ``=``, ``>=``, ``IN``, ``LIKE``, ``AND``, ``OR``, ``NOT`` and ``TRUE`` are used: every engine
    reads them alike. Codes are checked, never quoted into safety.
    """
    operator, value = _only(rule)
    if operator in {"group", "perspective"}:
        raise RuleError([Fault("", f"Resolve the rule before compiling it: it still names a {operator}.")])
    if operator in {"all", "any"}:
        glue = " AND " if operator == "all" else " OR "
        return "(" + glue.join(to_sql(part) for part in value) + ")"
    if operator == "not":
        return f"(NOT {to_sql(value)})"
    return _atom_sql(operator, value)


def _atom_sql(operator: str, value: Any) -> str:
    if operator == "everyone":
        return "TRUE"
    if operator == "share_at_least":
        return f"oh_share_milli >= {int(value)}"
    if operator == "registration":
        body = f"registration_body = {_quoted(value['body'])}"
        return f"({body} AND registration_part = {_quoted(value['part'])})" if "part" in value else body
    if operator in {"qualification", "function"}:
        column = f"{operator}s"
        return "(" + " OR ".join(f"{column} LIKE '%|{_listed(code)}|%'" for code in value) + ")"
    # A group without roles is an empty list, which SQL's IN does not allow; it matches nobody.
    return f"{COLUMNS[operator]} IN ({', '.join(_quoted(code) for code in value)})" if value else "(NOT TRUE)"


def evaluate(rule: Rule, record: Mapping[str, Any]) -> bool:
    """Whether one snapshot record counts under a resolved rule. Same answer as the SQL."""
    operator, value = _only(rule)
    if operator == "all":
        return all(evaluate(part, record) for part in value)
    if operator == "any":
        return any(evaluate(part, record) for part in value)
    if operator == "not":
        return not evaluate(value, record)
    return _atom_holds(operator, value, record)


def _atom_holds(operator: str, value: Any, record: Mapping[str, Any]) -> bool:
    if operator == "everyone":
        return True
    if operator == "share_at_least":
        return int(record["oh_share_milli"]) >= value
    if operator == "registration":
        same_body = record["registration_body"] == value["body"]
        return same_body and ("part" not in value or record["registration_part"] == value["part"])
    if operator in {"qualification", "function"}:
        held = str(record[f"{operator}s"])
        return any(f"|{code}|" in held for code in value)
    if operator in COLUMNS:
        return record[COLUMNS[operator]] in value
    raise RuleError([Fault("", f"Resolve the rule before using it: it still names a {operator}.")])


def roles_named(rule: Rule, vocabulary: Vocabulary) -> list[str]:
    """Return the codes of the roles that can matter to a rule: those it names, or all."""
    resolved = resolve(rule, vocabulary)
    named = sorted({code for operator, value in _atoms(resolved) if operator == "role" for code in value})
    return named or sorted(vocabulary.roles)


def perspectives_named(rule: Rule) -> list[str]:
    """Return the codes of the perspectives that a rule builds on directly."""
    return sorted({value for operator, value in _atoms(rule) if operator == "perspective"})


def membership_of_role(rule: Rule, role: str) -> tuple[str, Rule | None]:
    """Say whether a role counts under a resolved rule: ``always``, ``never`` or ``depends``.

    With ``depends`` the second part is what remains to be asked of a record in that role.
    """
    rest = rule_logic.given_role(rule, role)
    if rest is True:
        return "always", None
    if rest is False:
        return "never", None
    return "depends", rest


def _atoms(rule: Rule) -> list[tuple[str, Any]]:
    operator, value = _only(rule)
    if operator in {"all", "any"}:
        return [atom for part in value for atom in _atoms(part)]
    if operator == "not":
        return _atoms(value)
    return [(operator, value)]


def _only(rule: Rule) -> tuple[str, Any]:
    ((operator, value),) = rule.items()
    return operator, value


def _quoted(code: str) -> str:
    if not CODE.match(code):
        raise RuleError([Fault("", f"“{code}” is not a code.")])
    return f"'{code}'"


def _listed(code: str) -> str:
    if not LISTED_CODE.match(code):
        raise RuleError([Fault("", f"“{code}” is not a code of letters, digits and hyphens.")])
    return code


def _form_faults(rule: Any, path: str, depth: int) -> list[Fault]:  # noqa: PLR0911 - one answer for each kind of node
    """Return what is wrong with the shape of a rule, before any name is looked up."""
    if depth > MAX_DEPTH:
        return [Fault(path, f"The rule is nested more than {MAX_DEPTH} deep.")]
    if not isinstance(rule, dict) or len(rule) != 1:
        return [Fault(path, "A condition is an object with exactly one key.")]
    operator, value = _only(rule)
    here = f"{path}/{operator}"
    if operator not in OPERATORS:
        return [Fault(here, f"“{operator}” is not a kind of condition.")]
    if operator in {"all", "any"}:
        if not isinstance(value, list) or not value:
            return [Fault(here, "The group of conditions is empty.")]
        return [
            fault for number, part in enumerate(value) for fault in _form_faults(part, f"{here}/{number}", depth + 1)
        ]
    if operator == "not":
        return _form_faults(value, here, depth + 1)
    return _atom_form_faults(operator, value, here)


def _atom_form_faults(operator: str, value: Any, here: str) -> list[Fault]:  # noqa: PLR0911 - one answer for each kind
    if operator == "everyone":
        return [] if value is True else [Fault(here, "“Everyone” takes the value true.")]
    if operator == "share_at_least":
        whole = isinstance(value, int) and not isinstance(value, bool)
        if whole and 0 < value <= FULL_TIME_SHARE:
            return []
        return [Fault(here, "A share of time is a whole number of thousandths from 1 to 1000.")]
    if operator == "registration":
        return _registration_form_faults(value, here)
    if operator == "perspective":
        good = isinstance(value, str) and CODE.match(value)
        return [] if good else [Fault(here, "Name one perspective by its code.")]
    if not isinstance(value, list) or not value:
        return [Fault(here, f"Choose at least one {NAMES.get(operator, operator)}.")]
    pattern = LISTED_CODE if operator in {"qualification", "function"} else CODE
    return [
        Fault(f"{here}/{number}", f"“{code}” is not a code.")
        for number, code in enumerate(value)
        if not isinstance(code, str) or not pattern.match(code)
    ]


def _registration_form_faults(value: Any, here: str) -> list[Fault]:
    if not isinstance(value, dict) or "body" not in value or set(value) - {"body", "part"}:
        return [Fault(here, "A registration names a body and, if needed, a part.")]
    return [
        Fault(f"{here}/{name}", f"“{code}” is not a code.")
        for name, code in value.items()
        if not isinstance(code, str) or not CODE.match(code)
    ]


def _name_faults(rule: Rule, vocabulary: Vocabulary, path: str) -> list[Fault]:
    """Return the names that the vocabulary does not know."""
    operator, value = _only(rule)
    here = f"{path}/{operator}"
    if operator in {"all", "any"}:
        return [fault for n, part in enumerate(value) for fault in _name_faults(part, vocabulary, f"{here}/{n}")]
    if operator == "not":
        return _name_faults(value, vocabulary, here)
    if operator in LISTS:
        known = getattr(vocabulary, LISTS[operator])
        name = NAMES.get(operator, operator)
        faults = [Fault(f"{here}/{n}", f"There is no {name} “{c}”.") for n, c in enumerate(value) if c not in known]
        if operator == "group" and not faults and not set(value) & set(vocabulary.group_of_role.values()):
            faults = [Fault(here, "No role belongs to the groups chosen.")]
        return faults
    if operator == "perspective" and value not in vocabulary.perspective_rules:
        return [Fault(here, f"There is no published perspective “{value}”.")]
    if operator == "registration":
        return _registration_name_faults(value, vocabulary, here)
    return []


def _registration_name_faults(value: Mapping[str, str], vocabulary: Vocabulary, here: str) -> list[Fault]:
    body = value["body"]
    if body not in vocabulary.bodies:
        return [Fault(f"{here}/body", f"There is no registration body “{body}”.")]
    if "part" in value and value["part"] not in vocabulary.parts.get(body, {}):
        return [Fault(f"{here}/part", f"{vocabulary.bodies[body]} has no part “{value['part']}”.")]
    return []


def _cycle(codes: Sequence[str], vocabulary: Vocabulary, seen: tuple[str, ...]) -> tuple[str, ...]:
    """Return the chain of perspectives that leads back to itself, or nothing."""
    for code in codes:
        if code in seen:
            return (*seen[seen.index(code) :], code)
        if chain := _cycle(vocabulary.builds_on.get(code, ()), vocabulary, (*seen, code)):
            return chain
    return ()
