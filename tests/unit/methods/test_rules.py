"""The rule language: what it refuses, what it means, and that SQL and Python agree."""

import duckdb
import pytest
from hypothesis import given, settings

from portal.methods import rules
from tests.unit.methods.rule_cases import RECORDS, RULES, WORDS


def faults(rule, code=""):
    return [str(fault) for fault in rules.validate(rule, WORDS, code=code)]


@pytest.mark.parametrize(
    "rule",
    [
        {"everyone": True},
        {"group": ["clinical"]},
        {"any": [{"perspective": "D1"}, {"all": [{"role": ["tech"]}, {"share_at_least": 500}]}]},
        {"all": [{"registration": {"body": "nmc", "part": "part-3"}}, {"not": {"role": ["adm"]}}]},
        {"all": [{"qualification": ["mfom"]}, {"qualification": ["afom"]}]},
        {"all": [{"registration": {"body": "nmc"}}, {"registration": {"body": "nmc", "part": "part-1"}}]},
        {"all": [{"registration": {"body": "nmc"}}, {"registration_status": ["registered"]}]},
    ],
)
def test_sensible_rules_have_no_fault(rule):
    assert faults(rule) == []
    assert rules.parse(rule) is rule


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (None, "exactly one key"),
        ({}, "exactly one key"),
        ({"role": ["doc"], "group": ["clinical"]}, "exactly one key"),
        ({"age": 3}, "not a kind of condition"),
        ({"all": []}, "/all: The group of conditions is empty"),
        ({"any": [{"role": []}]}, "/any/0/role: Choose at least one role"),
        ({"role": ["doc'; DROP TABLE x"]}, "is not a code"),
        ({"qualification": ["a_b"]}, "is not a code"),
        ({"share_at_least": 0}, "from 1 to 1000"),
        ({"share_at_least": 1001}, "from 1 to 1000"),
        ({"share_at_least": True}, "from 1 to 1000"),
        ({"everyone": False}, "takes the value true"),
        ({"registration": {"part": "x"}}, "names a body"),
        ({"role": ["vet"]}, "/role/0: There is no role “vet”"),
        ({"group": ["empty"]}, "No role belongs"),
        ({"registration": {"body": "hcpc"}}, "no registration body “hcpc”"),
        ({"registration": {"body": "gmc", "part": "part-3"}}, "has no part “part-3”"),
        ({"registration_status": []}, "Choose at least one registration status"),
        ({"registration_status": ["expired"]}, "There is no registration status “expired”"),
        ({"perspective": "D9"}, "no published perspective “D9”"),
    ],
)
def test_malformed_and_unknown_rules_are_refused_with_the_place(rule, words):
    found = faults(rule)
    assert found
    assert words in found[0]


@pytest.mark.parametrize(
    "rule",
    [
        {"all": [{"role": ["doc"]}, {"role": ["nur"]}]},
        {"all": [{"role": ["doc"]}, {"group": ["support"]}]},
        {"all": [{"share_at_least": 500}, {"not": {"share_at_least": 200}}]},
        {"all": [{"registration": {"body": "gmc"}}, {"registration": {"body": "nmc"}}]},
        {"all": [{"registration_status": ["suspended"]}, {"registration_status": ["registered"]}]},
        {"all": [{"registration": {"body": "nmc", "part": "part-1"}}, {"not": {"registration": {"body": "nmc"}}}]},
        {"all": [{"qualification": ["mfom"]}, {"not": {"qualification": ["mfom", "afom"]}}]},
        {"all": [{"contract": ["bank"]}, {"not": {"contract": ["bank"]}}]},
        {"not": {"everyone": True}},
        {"any": [{"role": ["doc"]}, {"all": [{"role": ["nur"]}, {"role": ["adm"]}]}]},
    ],
)
def test_contradictions_are_refused(rule):
    assert "nobody can meet them" in faults(rule)[0]


def test_a_rule_that_says_nothing_is_refused():
    assert "Everybody meets" in faults({"any": [{"role": ["doc"]}, {"not": {"role": ["doc"]}}]})[0]
    assert faults({"any": [{"share_at_least": 200}, {"not": {"share_at_least": 200}}]})


def test_circles_are_named():
    words = rules.Vocabulary(
        **{
            **WORDS.__dict__,
            "perspectives": {"D1": "Core", "D2": "Team"},
            "perspective_rules": {"D1": {"role": ["doc"]}, "D2": {"role": ["doc", "nur"]}},
            "builds_on": {"D2": ["D1"], "D1": []},
        },
    )
    assert "D1 → D2 → D1" in str(rules.validate({"perspective": "D2"}, words, code="D1")[0])
    assert rules.validate({"any": [{"perspective": "D1"}, {"role": ["nur"]}]}, words, code="D2") == []


def test_too_many_cases_are_refused_rather_than_waited_for():
    wide = {"all": [{"any": [{"qualification": ["mfom"]}, {"function": ["appointed-doctor"]}]} for _ in range(40)]}
    assert "too many cases" in faults({"all": [wide, {"not": wide}]})[0]


def test_resolving_pins_groups_and_perspectives():
    rule = {"any": [{"perspective": "D1"}, {"group": ["support"]}]}
    assert rules.resolve(rule, WORDS) == {"any": [{"role": ["doc", "nur"]}, {"role": ["adm", "tech"]}]}
    with pytest.raises(rules.RuleError, match="still names a perspective"):
        rules.to_sql({"perspective": "D1"})


def test_sql_is_plain():
    rule = {"any": [{"registration": {"body": "nmc", "part": "part-3"}}, {"not": {"qualification": ["mfom"]}}]}
    assert rules.to_sql(rule) == (
        "((registration_body = 'nmc' AND registration_part = 'part-3') OR (NOT (qualifications LIKE '%|mfom|%')))"
    )
    with pytest.raises(rules.RuleError):
        rules.to_sql({"role": ["x' OR 'a'='a"]})


def test_membership_by_role():
    rule = {"any": [{"role": ["doc"]}, {"all": [{"role": ["tech"]}, {"share_at_least": 500}]}]}
    assert rules.membership_of_role(rule, "doc") == ("always", None)
    assert rules.membership_of_role(rule, "adm") == ("never", None)
    assert rules.membership_of_role(rule, "tech") == ("depends", {"share_at_least": 500})


def test_sentences_read_as_english():
    rule = {
        "any": [
            {"perspective": "D1"},
            {"all": [{"role": ["tech", "adm"]}, {"share_at_least": 255}]},
            {"not": {"registration": {"body": "nmc", "part": "part-3"}}},
            {"not": {"any": [{"qualification": ["mfom"]}]}},
            {"registration_status": ["registered", "suspended"]},
        ],
    }
    assert rules.to_sentences(rule, WORDS) == [
        "A post counts when at least one of these holds:",
        "1. It counts under “Core” (D1).",
        "2. All of these hold:",
        "2.1. The role is one of: Technician; Administrator.",
        "2.2. At least 25.5% of the working time is spent on occupational health.",
        "3. It is not so that the worker is registered with Nursing and Midwifery Council: Part 3.",
        "4. None of these holds:",
        "4.1. The worker holds MFOM.",
        "5. The registration stands as one of: Registered; Suspended.",
    ]
    assert rules.to_sentences({"everyone": True}, WORDS) == ["A post counts when it is in the collection at all."]


@pytest.fixture(scope="module")
def engine():
    with duckdb.connect() as connection:
        columns = ", ".join(f"{name} {'INTEGER' if name == 'oh_share_milli' else 'VARCHAR'}" for name in RECORDS[0])
        connection.execute(f"CREATE TABLE records (n INTEGER, {columns})")
        connection.executemany(
            f"INSERT INTO records VALUES (?, {', '.join('?' for _ in RECORDS[0])})",
            [(number, *record.values()) for number, record in enumerate(RECORDS)],
        )
        yield connection


@pytest.mark.slow
@settings(max_examples=150)
@given(rule=RULES)
def test_sql_python_logic_and_role_membership_agree(engine, rule):
    resolved = rules.resolve(rule, WORDS)
    found = {n for (n,) in engine.execute(f"SELECT n FROM records WHERE {rules.to_sql(resolved)}").fetchall()}
    expected = {n for n, record in enumerate(RECORDS) if rules.evaluate(resolved, record)}
    assert found == expected
    # The solver's verdict on satisfiability is exact: the records above hold a witness of every case.
    assert rules.rule_logic.satisfiable(resolved, WORDS.roles) == bool(expected)
    for role in WORDS.roles:
        verdict, rest = rules.membership_of_role(resolved, role)
        counted = {rules.evaluate(resolved, record) for record in RECORDS if record["role_code"] == role}
        if verdict != "depends":
            assert counted == {verdict == "always"}
        else:
            assert all(
                rules.evaluate(rest, record) == rules.evaluate(resolved, record)
                for record in RECORDS
                if record["role_code"] == role
            )
