"""The register starts with 28 roles, four perspectives and a second family, once."""

import csv

import pytest

from portal.core.models import AuditEvent
from portal.definitions.models import PerspectiveVersion, ReferenceList, RoleVersion
from portal.definitions.querysets import label_index, resolve_label
from portal.definitions.starting_content import load_starting_content
from portal.methods import rule_logic

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture
def register():
    return load_starting_content()


def test_it_loads_once(register):
    assert register == {"reference lists": 9, "roles": 53, "perspectives": 7}
    assert load_starting_content() == {"reference lists": 0, "roles": 0, "perspectives": 0}
    assert RoleVersion.objects.latest_per_role("oh").count() == 28
    assert RoleVersion.objects.latest_per_role("pcn").count() == 25
    assert [version.code for version in PerspectiveVersion.objects.current("oh")] == ["D1", "D2", "D3", "D4"]
    assert ReferenceList.objects.count() == 9


def test_the_machine_is_the_author_and_the_approver_is_named(register):
    version = RoleVersion.objects.get(code="tech")
    assert (version.authors, version.approved_by, version.number) == (["system"], None, 1)
    event = AuditEvent.objects.get(action="publish_role", object_id=str(version.pk))
    assert event.actor_label == "system"
    assert event.detail["approved_by"] == version.approver_label


def test_every_contested_cell_is_decided(register):
    contested = {
        "D1": {"doc-none", "tech", "edu"},
        "D2": {"counsel", "hs", "vr", "case", "audio", "tox", "wellbeing", "admin", "edu"},
        "D3": {"admin"},
        "D4": {
            "doc-none",
            "nur-oh-spec",
            "nur-oh-pract",
            "nur-screen",
            "nur-manager",
            "physio",
            "ot",
            "psych-occ",
            "edu",
        },
    }
    for version in PerspectiveVersion.objects.current("oh"):
        assert contested[version.code] <= {decision["role"] for decision in version.content["decisions"]}


VERDICTS = {
    "D1": {"doc-specialist": "always", "nur-scphn": "always", "physio": "never", "tech": "never", "hs": "never"},
    "D2": {"tech": "always", "hyg": "always", "ergo": "always", "counsel": "depends", "hs": "never"},
    "D3": {"hs": "always", "wellbeing": "always", "edu": "always", "admin": "depends"},
    "D4": {
        "nur-scphn": "always",
        "doc-trainee": "always",
        "tech": "never",
        "counsel": "never",
        "nur-oh-spec": "depends",
    },
}


def test_membership_follows_the_facts(register):
    for perspective, verdicts in VERDICTS.items():
        membership = PerspectiveVersion.objects.get(code=perspective).membership
        assert {code: membership[code]["verdict"] for code in verdicts} == verdicts


def test_narrower_perspectives_lie_within_wider_ones(register):
    rule = {version.code: version.resolved_rule for version in PerspectiveVersion.objects.current("oh")}
    for narrow, wide in (("D1", "D2"), ("D2", "D3"), ("D4", "D3")):
        assert not rule_logic.satisfiable({"all": [rule[narrow], {"not": rule[wide]}]})
        assert rule_logic.satisfiable({"all": [rule[wide], {"not": rule[narrow]}]})


def test_every_label_of_the_real_files_resolves(register, shared_data):
    labels = label_index("pcn")
    triples = set()
    for file in sorted((shared_data / "workforce").glob("pcn_individual_level_*.csv")):
        with file.open(encoding="cp1252", newline="") as rows:
            triples |= {
                (row["STAFF_GROUP"], row["STAFF_ROLE"], row["DETAILED_STAFF_ROLE"]) for row in csv.DictReader(rows)
            }
    groups = {
        "Directors": "directors",
        "Other Admin/Non-clinical staff": "admin-non-clinical",
        "Other Direct Patient Care staff": "direct-patient-care",
    }
    assert len(triples) > 25
    for group, role, detailed in triples:
        match = labels.find(detailed, within=role)
        assert match is not None, (role, detailed)
        assert match.group == groups[group], (role, detailed, match)


def test_old_labels_and_ambiguous_ones(register):
    assert resolve_label("Medical Clinical Director", family="pcn").code == "pcn-medical-clinical-director"
    assert resolve_label("medical  clinical director (gp)", family="pcn").code == "pcn-medical-clinical-director"
    assert resolve_label("Other", family="pcn") is None
    assert (
        resolve_label("Other", family="pcn", within="Other Direct Patient Care").code == "pcn-other-direct-patient-care"
    )
    assert resolve_label("Nursing Associates", family="pcn").group == "direct-patient-care"
    assert resolve_label("Paramedic", family="oh") is None
