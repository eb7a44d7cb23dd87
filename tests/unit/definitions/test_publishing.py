"""Publishing: a second person, every check, versions that nobody can change."""

import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from freezegun import freeze_time
from wagtail.models import Revision, Workflow, WorkflowTask

from portal.core.models import AuditEvent
from portal.definitions import actions
from portal.definitions.errors import DefinitionError, SecondPersonRequiredError
from portal.definitions.models import (
    Crosswalk,
    CrosswalkShare,
    Perspective,
    PerspectiveVersion,
    ReferenceEntry,
    ReferenceList,
    Role,
    RoleVersion,
    SecondPersonApprovalTask,
    Withdrawal,
)
from tests.factories import definitions as make

pytestmark = pytest.mark.django_db


def test_author_writes_another_approves(author, approver):
    role = actions.create_role(by=author, **make.role_fields("tech"))
    assert role.state == "draft"
    assert not RoleVersion.objects.exists()
    version = actions.publish_role(by=approver, role=role)
    assert (version.number, version.authors, version.approved_by) == (1, ["Author"], approver)
    event = AuditEvent.objects.get(action="publish_role")
    assert (event.actor_id, event.detail["version"]) == (approver.pk, 1)
    assert Role.objects.get().state == "published"


def test_author_cannot_approve(author):
    make.person("x")
    author.user_permissions.set(make.approver("spare").user_permissions.all())
    role = actions.create_role(by=author, **make.role_fields("tech"))
    with pytest.raises(SecondPersonRequiredError, match="wrote part"):
        actions.publish_role(by=author, role=role)


def test_superuser_is_no_exception(db):
    boss = make.User.objects.create_superuser("boss@example.org", "a long password")
    role = actions.create_role(by=boss, **make.role_fields("tech"))
    with pytest.raises(SecondPersonRequiredError, match="wrote part"):
        actions.publish_role(by=boss, role=role)
    assert not RoleVersion.objects.exists()


def test_writer_of_an_earlier_revision_cannot_approve(author, colleague):
    role = actions.create_role(by=colleague, **make.role_fields("tech"))
    actions.edit_definition(by=author, definition=role, changes={"summary": "Other words."})
    with pytest.raises(SecondPersonRequiredError):
        actions.publish_role(by=colleague, role=Role.objects.get())


def test_a_deleted_revision_does_not_clear_its_author(author, colleague):
    role = actions.create_role(by=colleague, **make.role_fields("tech"))
    actions.edit_definition(by=author, definition=role, changes={"summary": "Other words."})
    Revision.objects.filter(user=colleague).delete()
    with pytest.raises(SecondPersonRequiredError):
        actions.publish_role(by=colleague, role=Role.objects.get())


def test_writers_of_the_version_before_may_approve_the_next(author, colleague, approver):
    version = make.published_role(colleague, approver, "tech")
    again = make.next_version(author, colleague, version.role, summary="Other words.")
    assert (again.number, again.approved_by) == (2, colleague)


def test_right_to_approve_is_needed_and_nobody_is_nobody(author):
    role = actions.create_role(by=author, **make.role_fields("tech"))
    with pytest.raises(SecondPersonRequiredError, match="right to approve"):
        actions.publish_role(by=make.person("reader"), role=role)
    with pytest.raises(SecondPersonRequiredError, match="needs a person"):
        role.get_latest_revision().publish(user=None)


@pytest.fixture
def workflow(db):
    workflow = Workflow.objects.create(name="Second person")
    task = SecondPersonApprovalTask.objects.create(name="Approve")
    WorkflowTask.objects.create(workflow=workflow, task=task)
    return workflow


def in_group(user, workflow):
    from django.contrib.auth.models import Group

    group, _ = Group.objects.get_or_create(name="Approvers")
    workflow.tasks.first().specific.groups.set([group])
    user.groups.add(group)
    return user


def test_submitter_cannot_approve_and_nobody_edits_in_review(author, approver, colleague, workflow):
    in_group(approver, workflow)
    in_group(colleague, workflow)
    role = actions.create_role(by=author, **make.role_fields("tech"))
    state = workflow.start(role, colleague)
    role = Role.objects.get()
    assert role.state == "in_review"
    task = role.current_workflow_task
    assert [name for name, *_ in task.get_actions(role, colleague)] == ["reject"]
    with pytest.raises(PermissionDenied, match="second person"):
        task.on_action(state.current_task_state, colleague, "approve")
    with pytest.raises(DefinitionError, match="locked"):
        actions.edit_definition(by=approver, definition=role, changes={"summary": "Sneaked in."})
    task.on_action(role.current_workflow_task_state, approver, "approve")
    assert RoleVersion.objects.get().approved_by == approver


def test_approving_the_task_behind_the_back_publishes_nothing(author, workflow):
    in_group(author, workflow)
    role = actions.create_role(by=author, **make.role_fields("tech"))
    state = workflow.start(role, author)
    with pytest.raises(SecondPersonRequiredError):
        state.current_task_state.specific.approve(user=author)
    assert not RoleVersion.objects.exists()


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"summary": " "}, "Write a summary"),
        ({"effective_from": None}, "from which date"),
        ({"change_class": "widening"}, "first version is new"),
    ],
)
def test_incomplete_drafts_are_not_published(author, approver, fields, reason):
    role = actions.create_role(by=author, **make.role_fields("tech", **fields))
    with pytest.raises(DefinitionError, match=reason):
        actions.publish_role(by=approver, role=role)
    assert not RoleVersion.objects.exists()
    assert not Role.objects.get().live


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"change_note": ""}, "public change note"),
        ({"change_class": "new"}, "Only a first version is new"),
        ({"effective_from": make.START - dt.timedelta(days=1)}, "cannot be in force before version 1"),
        ({"code": "technician"}, "never changes"),
        ({"family": "pcn", "group": "directors"}, "family of a published definition never changes"),
        ({"change_class": "widening"}, "needs a crosswalk"),
    ],
)
def test_bad_next_versions_are_refused(author, approver, tech, changes, reason):
    with pytest.raises(DefinitionError, match=reason):
        make.next_version(author, approver, tech.role, **changes)
    assert RoleVersion.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("code", "two words", "single hyphens"),
        ("code", "a--b", "single hyphens"),
        ("group", "directors", "another family"),
        ("change_class", "redefinition", "Only a perspective"),
    ],
)
def test_fields_are_checked(author, field, value, reason):
    with pytest.raises(DefinitionError, match=reason):
        actions.create_role(
            by=author,
            **make.role_fields("tech", **{field: value})
            if field != "code"
            else {**make.role_fields("x"), "code": value},
        )


# --- The schedule ----------------------------------------------------------------------------------


def test_scheduled_publication_keeps_its_approver_and_its_effective_date(author, approver):
    role = actions.create_role(
        by=author,
        **make.role_fields(
            "tech", go_live_at=timezone.now() + dt.timedelta(days=2), effective_from=dt.date(2030, 1, 1)
        ),
    )
    assert actions.publish_role(by=approver, role=role) is None
    role = Role.objects.get()
    assert role.state == "scheduled"
    assert not RoleVersion.objects.exists()
    call_command("publish_scheduled")
    assert not RoleVersion.objects.exists()
    with freeze_time(timezone.now() + dt.timedelta(days=3)):
        call_command("publish_scheduled")
        version = RoleVersion.objects.get()
        assert version.approved_by == approver
        assert version.is_upcoming
        assert not RoleVersion.objects.in_force().exists()
        assert RoleVersion.objects.in_force(dt.date(2030, 1, 1)).get() == version


def test_the_schedule_fires_by_itself_and_one_that_fails_holds_up_no_other(author, approver, tech, core):
    from django.conf import settings

    from portal.definitions.scheduling import why_sent_back
    from portal.definitions.tasks import publish_due

    moment = timezone.now() + dt.timedelta(days=2)
    first = actions.create_perspective(
        by=author, code="D8", family="oh", title="Technicians", summary="Technicians.", effective_from=make.START,
        rule=[{"type": "role", "value": ["tech"]}], go_live_at=moment,
    )  # fmt: skip
    assert actions.publish_perspective(by=approver, perspective=first) is None
    second = actions.create_role(by=author, **make.role_fields("hyg", go_live_at=moment + dt.timedelta(hours=1)))
    assert actions.publish_role(by=approver, role=second) is None
    actions.withdraw_version(by=approver, version=tech, reason="Wrong.")  # what the rule names is gone
    assert publish_due.apply().get() == 0
    with freeze_time(timezone.now() + dt.timedelta(days=3)):
        assert publish_due.apply().get() == 1
        assert RoleVersion.objects.get(code="hyg").approved_by == approver
        assert not PerspectiveVersion.objects.filter(code="D8").exists()
        first.refresh_from_db()
        assert first.state == "draft"
        assert "no role “tech”" in why_sent_back(first)
        assert publish_due.apply().get() == 0  # it is not tried for ever
    assert AuditEvent.objects.get(action="schedule_perspective_failed").actor_label == "system"
    assert "definitions.publish_due" in {chore["task"] for chore in settings.CELERY_BEAT_SCHEDULE.values()}


def test_a_schedule_that_nobody_approved_is_refused(author):
    role = actions.create_role(by=author, **make.role_fields("tech"))
    Revision.objects.update(approved_go_live_at=timezone.now() - dt.timedelta(minutes=1))
    with pytest.raises(SecondPersonRequiredError, match="needs a person"):
        role.get_latest_revision().publish()


def test_starting_content_is_for_untouched_first_versions_only(author, tech):
    role = actions.create_role(by=author, **make.role_fields("other"))
    with pytest.raises(DefinitionError, match="no longer starting content"):
        actions.publish_starting_content(definition=role, approver_label="nobody")
    with pytest.raises(DefinitionError, match="no longer starting content"):
        actions.publish_starting_content(definition=tech.role, approver_label="nobody")


# --- Withdrawal ------------------------------------------------------------------------------------


def test_withdrawal_needs_right_and_reason_and_happens_once(author, approver, tech):
    second = make.next_version(author, approver, tech.role, summary="Other words.")
    with pytest.raises(DefinitionError, match="right to withdraw"):
        actions.withdraw_version(by=author, version=second, reason="Wrong.")
    with pytest.raises(DefinitionError, match="public reason"):
        actions.withdraw_version(by=approver, version=second, reason="  ")
    actions.withdraw_version(by=approver, version=second, reason="It left out nurses.")
    with pytest.raises(DefinitionError, match="already"):
        actions.withdraw_version(by=approver, version=second, reason="Again.")
    assert RoleVersion.objects.get(number=2).state == "withdrawn"
    assert RoleVersion.objects.get(number=1).state == "published"
    assert RoleVersion.objects.in_force().get().number == 1
    assert make.next_version(author, approver, Role.objects.get(), summary="Third.").number == 3


def test_nothing_is_unpublished_and_a_used_role_is_not_deleted(tech):
    with pytest.raises(DefinitionError, match="Withdraw the version"):
        tech.role.unpublish()
    from django.db.models import ProtectedError

    with pytest.raises(ProtectedError):
        tech.role.delete()


# --- Immutability ----------------------------------------------------------------------------------


@pytest.fixture
def everything(author, approver, tech, core):
    make.next_version(author, approver, tech.role)
    actions.withdraw_version(by=approver, version=core, reason="Wrong.")
    reference = ReferenceList.objects.create(slug="soc-2020", version="2020", title="SOC")
    ReferenceEntry.objects.create(list=reference, code="1", title="One")
    return [RoleVersion, PerspectiveVersion, Crosswalk, CrosswalkShare, Withdrawal, ReferenceList, ReferenceEntry]


def refused():
    return pytest.raises(DatabaseError, match="published rows never change")


def test_published_rows_cannot_be_changed_or_deleted_by_any_route(everything):
    for model in everything:
        row = model.objects.first()
        column = next(field for field in model._meta.concrete_fields if not field.primary_key and not field.is_relation)
        table = model._meta.db_table
        value = {"IntegerField": 99, "PositiveIntegerField": 99, "DateField": "2001-01-01"}.get(
            column.get_internal_type(),
            "2001-01-01 00:00+00" if "Date" in column.get_internal_type() else "x",
        )
        routes = [
            lambda: (setattr(row, column.attname, value), row.save()),  # noqa: B023 - called in this turn
            lambda: model.objects.filter(pk=row.pk).update(**{column.attname: value}),  # noqa: B023 - the same
            lambda: connection.cursor().execute(f"UPDATE {table} SET {column.column} = %s", [value]),  # noqa: B023 - the same
            lambda: connection.cursor().execute(f"DELETE FROM {table}"),  # noqa: B023 - the same
            lambda: model._base_manager.filter(pk=row.pk)._raw_delete("default"),  # noqa: B023 - the same
        ]
        for route in routes:
            with refused(), transaction.atomic():
                route()


def test_a_migration_by_mistake_is_refused(tech):
    from django.db import migrations
    from django.db.migrations.state import ProjectState

    mistake = migrations.RunSQL("UPDATE definitions_roleversion SET title = 'x'")
    with refused(), connection.schema_editor(atomic=True) as editor:
        mistake.database_forwards("definitions", editor, ProjectState(), ProjectState())


def test_editing_the_working_text_leaves_the_version_alone(author, tech):
    before = RoleVersion.objects.values().get()
    actions.edit_definition(by=author, definition=tech.role, changes={"title": "Something else"})
    Role.objects.update(title="By hand")
    assert RoleVersion.objects.values().get() == before


# --- Perspectives ----------------------------------------------------------------------------------


def test_a_perspective_pins_what_it_was_written_against(author, approver, core, tech):
    assert core.pins == {"nurse": 1, "tech": 1}
    assert core.predicate_sql == "role_code IN ('nurse')"
    assert core.membership["tech"]["verdict"] == "never"
    make.next_version(author, approver, tech.role)
    assert PerspectiveVersion.objects.get(code="D1").pins["tech"] == 1


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ([], "empty"),
        ([{"type": "role", "value": ["vet"]}], "no role “vet”"),
        ([{"type": "perspective", "value": "D1"}], "circular"),
        (
            [{"type": "all", "value": [{"type": "role", "value": ["nurse"]}, {"type": "role", "value": ["tech"]}]}],
            "nobody can meet",
        ),
        ([{"type": "role", "value": ["nurse", "tech"]}], "Everybody meets"),
    ],
)
def test_bad_rules_are_refused_with_the_reason(author, core, rule, reason):
    perspective = Perspective.objects.get(code="D1")
    with pytest.raises(DefinitionError, match=reason):
        actions.edit_definition(by=author, definition=perspective, changes={"rule": rule})


@pytest.mark.parametrize(
    ("rule", "claimed", "actual"),
    [
        ([{"type": "everyone", "value": None}], "editorial", "widening"),
        ([{"type": "role", "value": ["tech"]}], "widening", "redefinition"),
        (
            [
                {
                    "type": "all",
                    "value": [{"type": "role", "value": ["nurse"]}, {"type": "share_at_least", "value": "20"}],
                }
            ],
            "editorial",
            "narrowing",
        ),
    ],
)
def test_the_class_of_change_is_worked_out_and_a_wrong_claim_refused(author, approver, core, rule, claimed, actual):
    perspective = Perspective.objects.get(code="D1")
    with pytest.raises(DefinitionError, match=f"it is {actual}"):
        make.next_version(author, approver, perspective, rule=rule, change_class=claimed)
    perspective.refresh_from_db()
    version = make.next_version(author, approver, perspective, rule=rule, change_class=actual)
    assert (version.number, version.is_breaking) == (2, True)


def test_a_widened_role_widens_the_perspective_that_counts_it(author, approver, core, nurse):
    rows = [{"type": "row", "value": {"source": "nurse v1", "target": "this", "share": "1", "basis": "All of them."}}]
    make.next_version(author, approver, nurse.role, change_class="widening", crosswalk=rows)
    perspective = Perspective.objects.get(code="D1")
    with pytest.raises(DefinitionError, match="it is widening"):
        make.next_version(author, approver, perspective, change_class="editorial")
    perspective.refresh_from_db()
    version = make.next_version(author, approver, perspective, change_class="widening")
    assert version.pins["nurse"] == 2
