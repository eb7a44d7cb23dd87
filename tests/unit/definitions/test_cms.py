"""Editing in the CMS: forms, preview, review by a second person, the rule builder."""

import json

import pytest
from django.contrib.auth.models import Group, Permission
from django.urls import reverse

from portal.definitions import blocks, hooks
from portal.definitions.models import Perspective, PerspectiveVersion, Role, RoleVersion, Withdrawal
from portal.definitions.starting_content import _ensure_workflow, _load_lists
from tests.factories import definitions as make

pytestmark = pytest.mark.django_db(databases=["default", "submissions"])


@pytest.fixture
def team():
    """An editor and an approver in their groups, with the workflow in place."""
    _load_lists()
    _ensure_workflow()
    people = {}
    for name, group in (("editor", "Editors"), ("second", "Approvers")):
        user = make.person(name, "access_admin")
        user.groups.add(Group.objects.get(name=group))
        people[name] = user
    return people


@pytest.fixture
def role(team):
    from portal.definitions import actions

    return actions.create_role(by=team["editor"], **make.role_fields("tech", title="Technician"))


def review(client, user, role, **data: str):
    client.force_login(user)
    address = reverse("definitions_review", args=[role._meta.model_name, role.pk])
    if not data:
        return client.get(address).content.decode()
    return client.post(f"{address}decide/", data, follow=True).content.decode()


def submit(role, user):
    role.get_workflow().start(role, user)
    return Role.objects.get(pk=role.pk)


def test_the_form_has_no_publish_button_and_a_way_to_the_review(client, team, role):
    team["editor"].user_permissions.add(Permission.objects.get(codename="publish_role"))
    client.force_login(team["editor"])
    page = client.get(reverse("wagtailsnippets_definitions_role:edit", args=[role.pk])).content.decode()
    assert "action-publish" not in page
    assert "Review and effect" in page
    assert "Crosswalk" in page


def test_posting_the_publish_action_by_hand_saves_a_draft_only(client, team, role):
    team["editor"].user_permissions.add(Permission.objects.get(codename="publish_role"))
    client.force_login(team["editor"])
    streams = {f"{name}-count": "0" for name in (
        "description", "inclusion", "exclusion", "registers", "qualifications", "classifications", "sources", "crosswalk",
    )}  # fmt: skip
    data = {
        **{name: str(value) for name, value in make.role_fields("tech", title="By hand").items()},
        **streams,
        "change_class": "new",
        "other_titles": "",
        "change_note": "",
        "action-publish": "1",
    }
    response = client.post(reverse("wagtailsnippets_definitions_role:edit", args=[role.pk]), data)
    assert response.status_code == 302
    assert Role.objects.get().get_latest_revision_as_object().title == "By hand"
    assert not RoleVersion.objects.exists()


def test_second_person_reviews_and_publishes(client, team, role):
    assert "has not been submitted" in review(client, team["second"], role)
    role = submit(role, team["editor"])
    page = review(client, team["second"], role)
    assert "Approve and publish" in page
    assert "Editor wrote part of it" in page
    page = review(client, team["second"], role, choice="approve")
    assert "Version 1 of “Technician (tech)” is published." in page
    assert RoleVersion.objects.get().approved_by == team["second"]
    assert client.get("/definitions/roles/tech/").status_code == 200


def test_author_sees_why_not_and_cannot(client, team, role):
    team["editor"].groups.add(Group.objects.get(name="Approvers"))
    role = submit(role, team["editor"])
    page = review(client, team["editor"], role)
    assert "a second person has to approve" in page
    assert "Approve and publish" not in page
    assert "a second person has to approve" in review(client, team["editor"], role, choice="approve")
    assert not RoleVersion.objects.exists()


def test_asking_for_changes_needs_words_and_reopens_the_draft(client, team, role):
    role = submit(role, team["editor"])
    assert "Say what should change" in review(client, team["second"], role, choice="reject")
    assert "went back to its authors" in review(
        client, team["second"], role, choice="reject", comment="Which register?"
    )
    assert Role.objects.get().state == "draft"


def test_an_unfinished_draft_shows_what_is_missing(client, team, role):
    from portal.definitions import actions

    actions.edit_definition(by=team["editor"], definition=role, changes={"summary": ""})
    role = submit(Role.objects.get(), team["editor"])
    page = review(client, team["second"], role)
    assert "Write a summary." in page
    assert "Approve and publish" not in page
    assert "Write a summary." in review(client, team["second"], role, choice="approve")
    assert not RoleVersion.objects.exists()


def test_outsiders_see_nothing(client, team, role):
    outsider = make.person("outsider", "access_admin")
    client.force_login(outsider)
    for name, args in (
        ("definitions_review", ["role", role.pk]),
        ("definitions_spreadsheet", []),
        ("definitions_spreadsheet_xlsx", []),
    ):
        response = client.get(reverse(name, args=args))
        assert response.status_code == 302
        assert response.url == reverse("wagtailadmin_home")


def test_the_review_shows_what_is_affected_and_the_effect(
    client, team, author, approver, nurse, tech, core, monkeypatch
):
    from portal.definitions import actions

    monkeypatch.setattr(hooks, "_usages", [lambda *_: [hooks.Usage("dataset", "OH workforce 1.0.0", "/datasets/oh/")]])
    asked = []

    def effect(family, before, after):
        asked.append((family, before, after))
        return hooks.Effect("March 2026", "1,200", "1,300", "100", "[c]", "Rounded to 5.")

    monkeypatch.setattr(hooks, "_effects", [effect])
    page = review(client, team["second"], nurse.role)
    assert "Perspective D1 (D1), version 1" in page
    assert "OH workforce 1.0.0" in page
    perspective = Perspective.objects.get()
    actions.edit_definition(by=author, definition=perspective, changes={"rule": [{"type": "everyone", "value": None}]})
    page = review(client, team["second"], Perspective.objects.get())
    assert asked == [("oh", "role_code IN ('nurse')", "TRUE")]
    assert "<td>1,300</td>" in page
    assert "[c]" in page


def test_preview_shows_the_public_page_of_the_draft(role):
    response = role.make_preview_request()
    page = response.content.decode()
    assert "Draft: this is how the next version would look." in page
    assert "Technician" in page


def test_preview_of_a_bad_rule_says_why(author, core):
    perspective = Perspective.objects.get()
    perspective.rule = []
    page = perspective.make_preview_request().content.decode()
    assert "This rule cannot be used yet." in page


def test_withdrawing_in_the_cms(client, team, tech):
    address = reverse("definitions_withdraw", args=["role", tech.pk])
    client.force_login(team["second"])
    assert "Public reason" in client.get(address).content.decode()
    client.post(address, {"reason": ""})
    assert not Withdrawal.objects.exists()
    client.post(address, {"reason": "Wrong."})
    assert Withdrawal.objects.get().by == team["second"]
    client.force_login(team["editor"])
    assert client.post(address, {"reason": "Again."}).status_code == 302
    assert Withdrawal.objects.count() == 1


def test_the_terms_for_the_rich_text_picker(client, team, core):
    client.force_login(team["editor"])
    terms = client.get(reverse("definitions_terms")).json()["terms"]
    assert {"kind": "perspective", "code": "D1", "version": 1, "title": "Perspective D1"} in terms
    assert len(terms) == 3


def test_the_spreadsheet_page(client, team, tech):
    from django.core.files.uploadedfile import SimpleUploadedFile

    client.force_login(team["editor"])
    address = reverse("definitions_spreadsheet")
    assert client.get(reverse("definitions_spreadsheet_xlsx")).content[:2] == b"PK"
    text = client.get(reverse("definitions_spreadsheet_csv")).content.decode()
    changed = text.replace("What a tech does.", "What technicians do.")

    def send(content, then):
        return client.post(address, {"file": SimpleUploadedFile("roles.csv", content.encode()), "then": then})

    assert "1 changed" in send(changed, "check").content.decode()
    assert Role.objects.get().get_latest_revision_as_object().summary == "What a tech does."
    assert (
        "Nothing was saved"
        in send(changed.replace("technicians", "x").replace(",oh,", ",oz,"), "save").content.decode()
    )
    assert send(changed, "marked").content[:2] == b"PK"
    assert "1 drafts saved" in send(changed, "save").content.decode()
    assert Role.objects.get().get_latest_revision_as_object().summary == "What technicians do."
    assert "columns are missing" in send("a,b\r\n1,2\r\n", "check").content.decode()


RULES = [
    {"everyone": True},
    {"role": ["tech"]},
    {"any": [{"role": ["tech"]}, {"perspective": "D1"}]},
    {"all": [{"group": ["nurses"]}, {"share_at_least": 255}]},
    {"any": [{"registration": {"body": "gmc"}}, {"registration": {"body": "nmc", "part": "part-1"}}]},
    {"any": [{"role": ["a"]}, {"all": [{"role": ["b"]}, {"any": [{"qualification": ["mfom"]}, {"function": ["f"]}]}]}]},
    {"all": [{"contract": ["bank"]}, {"not": {"any": [{"role": ["a"]}, {"role": ["b"]}]}}]},
]


@pytest.mark.parametrize("rule", RULES, ids=json.dumps)
def test_the_builder_holds_any_rule(rule):
    stored = blocks.builder_of(rule)
    assert blocks.rule_of(stored) == rule
    assert blocks.rule_of(blocks.RuleBlock().get_prep_value(blocks.RuleBlock().to_python(stored))) == rule


def test_the_builder_turns_a_single_none_into_a_rule_of_the_same_meaning():
    assert blocks.rule_of(blocks.builder_of({"not": {"role": ["a"]}})) == {"not": {"any": [{"role": ["a"]}]}}


def test_a_perspective_is_built_in_the_form_without_code(client, team, nurse, tech):
    client.force_login(team["editor"])
    data = {
        "code": "D7", "family": "oh", "title": "Nurses mostly", "summary": "Nurses.", "used_by": "",
        "effective_from": "2027-04-01", "change_class": "new", "change_note": "",
        "rule-count": "1", "rule-0-deleted": "", "rule-0-order": "0", "rule-0-type": "all",
        "rule-0-value-count": "2",
        "rule-0-value-0-deleted": "", "rule-0-value-0-order": "0", "rule-0-value-0-type": "role",
        "rule-0-value-0-value": "nurse",
        "rule-0-value-1-deleted": "", "rule-0-value-1-order": "1", "rule-0-value-1-type": "share_at_least",
        "rule-0-value-1-value": "20",
        "decisions-count": "0", "sources-count": "0", "action-submit": "1",
    }  # fmt: skip
    response = client.post(reverse("wagtailsnippets_definitions_perspective:add"), data)
    assert response.status_code == 302, response.content.decode()[:3000]
    perspective = Perspective.objects.get(code="D7")
    assert perspective.rule_data == {"all": [{"role": ["nurse"]}, {"share_at_least": 200}]}
    page = review(client, team["second"], perspective)
    assert "At least 20% of the working time" in page
    review(client, team["second"], perspective, choice="approve")
    version = PerspectiveVersion.objects.get(code="D7")
    assert version.predicate_sql == "(role_code IN ('nurse') AND oh_share_milli >= 200)"
    data = {**data, "code": "D8", "rule-0-value-1-type": "role", "rule-0-value-1-value": "tech"}
    page = client.post(reverse("wagtailsnippets_definitions_perspective:add"), data).content.decode()
    assert not Perspective.objects.filter(code="D8").exists()
