"""Cases of rules: who counts under a perspective, in words, in SQL and record by record."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from portal.methods import rules, worddiff
from portal.methods.rule_logic import given_role
from portal.methods.specification_cases.case import Case, Page, Row, Value, table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

VOCABULARY = rules.Vocabulary(
    roles={"doctor": "Doctor", "nurse": "Nurse", "physio": "Physiotherapist"},
    groups={"clinical": "Clinical roles"},
    group_of_role={"doctor": "clinical", "nurse": "clinical", "physio": "therapies"},
    perspectives={"core": "Clinical core"},
    perspective_rules={"core": {"role": ["doctor", "nurse"]}},
)
WIDER: rules.Rule = {"any": [{"perspective": "core"}, {"all": [{"role": ["physio"]}, {"share_at_least": 200}]}]}


def _sentences(rows: Sequence[Mapping[str, Value]]) -> list[Row]:
    return [
        {"sentence": text}
        for row in rows
        for text in rules.to_sentences(rules.parse(json.loads(str(row["rule"]))), VOCABULARY)
    ]


def _who(rows: Sequence[Mapping[str, Value]]) -> list[Row]:
    resolved = rules.resolve(WIDER, VOCABULARY)
    return [{"record": row["record"], "counts": "yes" if rules.evaluate(resolved, row) else "no"} for row in rows]


def _roles(rows: Sequence[Mapping[str, Value]]) -> list[Row]:
    resolved = rules.resolve(WIDER, VOCABULARY)
    found: list[Row] = []
    for row in rows:
        answer, rest = rules.membership_of_role(resolved, str(row["role"]))
        found.append({"role": row["role"], "counts": answer, "where": rules.to_sql(rest) if rest else ""})
    return found


def _faults(rows: Sequence[Mapping[str, Value]]) -> list[Row]:
    found: list[Row] = []
    for row in rows:
        rule: Any = json.loads(str(row["rule"]))
        faults = rules.validate(rule, VOCABULARY)
        found.append({"fault": faults[0].message if faults else ""})
    return found


def _named(rows: Sequence[Mapping[str, Value]]) -> list[Row]:
    found: list[Row] = []
    for row in rows:
        rule = json.loads(str(row["rule"]))
        found.append(
            {
                "perspectives": ", ".join(rules.perspectives_named(rule)),
                "roles": ", ".join(rules.roles_named(rule, VOCABULARY)),
                "left_for_a_nurse": str(given_role(rules.resolve(rule, VOCABULARY), "nurse")).lower(),
            }
        )
    return found


def _words(rows: Sequence[Mapping[str, Value]]) -> list[Row]:
    found: list[Row] = []
    for row in rows:
        pieces = worddiff.word_difference(str(row["before"]), str(row["after"]))
        marks = {worddiff.SAME: "{}", worddiff.GONE: "[−{}−]", worddiff.ADDED: "[+{}+]"}
        text = " ".join(marks[piece.kind].format(piece.text.strip()) for piece in pieces)
        found.append({"difference": text, "changed": "yes" if worddiff.has_changed(pieces) else "no"})
    return found


CASES = (
    Case(
        "A rule in sentences",
        "What an editor builds is data; what a reader sees is written from it.",
        table(
            "rule",
            (json.dumps(WIDER),),
            (json.dumps({"not": {"group": ["clinical"]}}),),
        ),
        _sentences,
        table(
            "sentence",
            ("A post counts when at least one of these holds:",),
            ("1. It counts under “Clinical core” (core).",),
            ("2. All of these hold:",),
            ("2.1. The role is Physiotherapist.",),
            ("2.2. At least 20% of the working time is spent on occupational health.",),
            ("A post counts when it is not so that the role belongs to Clinical roles.",),
        ),
    ),
    Case(
        "Who counts",
        "The first rule above, asked of four posts. Share of time in occupational health is in thousandths.",
        table(
            "record role_code oh_share_milli",
            ("a nurse, a tenth of the time", "nurse", 100),
            ("a physiotherapist, a fifth of the time", "physio", 200),
            ("a physiotherapist, less than a fifth", "physio", 199),
            ("a manager", "manager", 1000),
        ),
        _who,
        table(
            "record counts",
            ("a nurse, a tenth of the time", "yes"),
            ("a physiotherapist, a fifth of the time", "yes"),
            ("a physiotherapist, less than a fifth", "no"),
            ("a manager", "no"),
        ),
    ),
    Case(
        "Does a role count?",
        "Always, never, or it depends; then the condition that is left is shown as every engine is asked it.",
        table("role", ("nurse",), ("physio",), ("manager",)),
        _roles,
        table(
            "role counts where",
            ("nurse", "always", ""),
            ("physio", "depends", "oh_share_milli >= 200"),
            ("manager", "never", ""),
        ),
    ),
    Case(
        "What a rule names",
        "The perspectives that it builds on, the roles that can matter to it, and what is left of it for a nurse.",
        table("rule", (json.dumps(WIDER),), (json.dumps({"role": ["physio"]}),)),
        _named,
        table(
            "perspectives roles left_for_a_nurse", ("core", "doctor, nurse, physio", "true"), ("", "physio", "false")
        ),
    ),
    Case(
        "Rules that are refused",
        "A name that nobody knows, a rule that nobody meets, a rule that everybody meets without saying so.",
        table(
            "rule",
            (json.dumps({"role": ["doctr"]}),),
            (json.dumps({"all": [{"role": ["nurse"]}, {"role": ["doctor"]}]}),),
            (json.dumps({"any": [{"role": ["nurse"]}, {"not": {"role": ["nurse"]}}]}),),
        ),
        _faults,
        table(
            "fault",
            ("There is no role “doctr”.",),
            ("The conditions contradict each other: nobody can meet them.",),
            ("Everybody meets these conditions. Choose “everyone” to say so.",),
        ),
    ),
    Case(
        "What changed in a text",
        "Between two versions of a role, words that went are struck and words that came are marked.",
        table(
            "before after",
            ("Runs clinics and audits.", "Runs health clinics and audits."),
            ("Runs clinics.", "Runs clinics."),
        ),
        _words,
        table(
            "difference changed",
            ("Runs [+health+] clinics and audits.", "yes"),
            ("Runs clinics.", "no"),
        ),
    ),
)

PAGE = Page(
    "perspectives",
    "Perspectives: who counts",
    """
A perspective is a written rule about a post: its role, registration, qualifications, functions, contract, and the share
of time in occupational health. The rule is data. It is checked when it is written, shown to readers as sentences, pinned
to the meaning that its names had when it was published, and compiled to one condition that every engine is asked.
""",
    CASES,
)
