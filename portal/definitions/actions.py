"""Writing, publishing and withdrawing definitions.

There is one way to publish, :func:`publish_revision`; the CMS, its workflow, the schedule and the
two actions named after it all end there. It asks for a second person, checks the whole text, and
writes the immutable version, its crosswalk and the audit event in one transaction.
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from wagtail.actions.publish_revision import PublishRevisionAction
from wagtail.models import Revision

from portal.core.actions import record_event
from portal.core.models import AuditEvent
from portal.definitions import checks, frozen, mappings, vocabulary
from portal.definitions.errors import DefinitionError
from portal.definitions.models import Perspective, PerspectiveVersion, Role, RoleVersion, Withdrawal
from portal.definitions.second_person import contributors, require_second_person
from portal.methods import rules

Definition = Role | Perspective
Version = RoleVersion | PerspectiveVersion


@transaction.atomic
def create_definition(*, by: Any, model: type[Definition], fields: dict[str, Any]) -> Definition:
    """Create the working text of a role or perspective as a draft, with its first revision."""
    definition = model(**fields, live=False)
    _full_clean(definition)
    definition.save()
    definition.save_revision(user=by, log_action="wagtail.create", clean=False)
    record_event(by=by, action=f"create_{model._meta.model_name}", obj=definition)
    return definition


def create_role(*, by: Any, **fields: Any) -> Role:
    """Create a role as a draft."""
    role = create_definition(by=by, model=Role, fields=fields)
    assert isinstance(role, Role)  # noqa: S101 - tells the type checker what the call above made
    return role


def create_perspective(*, by: Any, **fields: Any) -> Perspective:
    """Create a perspective as a draft."""
    perspective = create_definition(by=by, model=Perspective, fields=fields)
    assert isinstance(perspective, Perspective)  # noqa: S101 - tells the type checker what the call above made
    return perspective


@transaction.atomic
def edit_definition(*, by: Any, definition: Definition, changes: dict[str, Any]) -> Revision:
    """Save changes to the working text as a new revision. Refused while the draft is in review."""
    lock = definition.get_lock()
    if lock is not None and lock.for_user(by):
        raise DefinitionError(f"“{definition}” is locked: it is in review or scheduled.")
    draft = definition.get_latest_revision_as_object()
    for name, value in changes.items():
        setattr(draft, name, value)
    _full_clean(draft)
    revision = draft.save_revision(user=by, log_action=True, clean=False)
    record_event(
        by=by, action=f"edit_{definition._meta.model_name}", obj=definition, detail={"fields": sorted(changes)}
    )
    return revision


def publish_role(*, by: Any, role: Role) -> RoleVersion | None:
    """Approve the newest draft of a role and publish it; None when it is scheduled for later."""
    return _revision_to_publish(role).publish(user=by)


def publish_perspective(*, by: Any, perspective: Perspective) -> PerspectiveVersion | None:
    """Approve the newest draft of a perspective and publish it; None when it is scheduled for later."""
    return _revision_to_publish(perspective).publish(user=by)


@transaction.atomic
def publish_revision(
    *,
    by: Any,
    definition: Definition,
    revision: Revision,
    log_action: bool | str = True,
    **_ignored: Any,
) -> Version | None:
    """Publish ``revision`` as the next version, on the word of a second person.

    Without ``by`` only a revision that a second person has approved for this moment is published.
    """
    type(definition).objects.select_for_update().get(pk=definition.pk)  # one publication at a time
    approver = by or _who_approved_schedule(definition, revision)
    require_second_person(definition, approver)
    return _publish(definition, revision, approver=approver, approver_label=str(approver), log_action=log_action)


@transaction.atomic
def publish_starting_content(*, definition: Definition, approver_label: str) -> Version:
    """Publish a definition that the machine wrote, naming who answers for it. First versions only.

    The one way round the second person, for a register that has nobody yet: it refuses a definition
    that any user has touched, or that has a version already.
    """
    if definition.versions.exists() or contributors(definition):
        raise DefinitionError(f"“{definition}” is no longer starting content.")
    revision = _revision_to_publish(definition)
    version = _publish(definition, revision, approver=None, approver_label=approver_label, log_action=False)
    assert version is not None  # noqa: S101 - starting content carries no schedule
    return version


@transaction.atomic
def withdraw_version(*, by: Any, version: Version, reason: str) -> Withdrawal:
    """Withdraw a published version with a public reason. The version itself stays readable."""
    kind = "role" if isinstance(version, RoleVersion) else "perspective"
    if not by.has_perm(f"definitions.publish_{kind}"):
        raise DefinitionError("You do not have the right to withdraw definitions.")
    if not reason.strip():
        raise DefinitionError("A withdrawal needs a public reason.")
    if Withdrawal.objects.filter(**{f"{kind}_version": version}).exists():
        raise DefinitionError(f"{version} is withdrawn already.")
    withdrawal = Withdrawal.objects.create(**{f"{kind}_version": version}, by=by, reason=reason.strip())
    record_event(by=by, action=f"withdraw_{kind}_version", obj=version, reason=reason.strip())
    return withdrawal


def _full_clean(definition: Definition) -> None:
    try:
        definition.full_clean()
    except ValidationError as error:
        raise DefinitionError(*error.messages) from error


def _revision_to_publish(definition: Definition) -> Revision:
    revision = definition.get_latest_revision()
    if revision is None:
        raise DefinitionError(f"“{definition}” has no draft to publish.")
    return revision


def _who_approved_schedule(definition: Definition, revision: Revision) -> Any:
    """Return the person who approved this revision for a moment that has come, or None."""
    if revision.approved_go_live_at is None or revision.approved_go_live_at > timezone.now():
        return None
    kind = definition._meta.model_name
    scheduled = AuditEvent.objects.about(definition).filter(action=f"schedule_{kind}", detail__revision=revision.pk)
    event = scheduled.first()
    from portal.users.models import User  # noqa: PLC0415 - only the schedule needs it

    return User.objects.filter(pk=event.actor_id).first() if event and event.actor_id else None


def _publish(
    definition: Definition,
    revision: Revision,
    *,
    approver: Any,
    approver_label: str,
    log_action: bool | str,
) -> Version | None:
    draft = revision.as_object()
    if reasons := checks.reasons_against(draft):
        raise DefinitionError(*reasons)
    authors = _author_labels(definition)
    later = draft.go_live_at is not None and draft.go_live_at > timezone.now()
    PublishRevisionAction(revision, user=approver, log_action=log_action).execute(skip_permission_checks=True)
    kind = definition._meta.model_name
    if later:
        detail = {"revision": revision.pk, "publish_at": draft.go_live_at.isoformat()}
        record_event(by=approver, action=f"schedule_{kind}", obj=definition, detail=detail)
        return None
    signature = {"authors": authors, "approved_by": approver, "approver_label": approver_label}
    version = _write_version(draft, revision, signature)
    record_event(
        by=approver,
        action=f"publish_{kind}",
        obj=version,
        reason=version.change_note,
        detail={"code": version.code, "version": version.number, "authors": authors, "approved_by": approver_label},
    )
    return version


def _author_labels(definition: Definition) -> list[str]:
    from portal.users.models import User  # noqa: PLC0415 - named here only

    wrote = [pk for pk, part in contributors(definition).items() if part.startswith("wrote")]
    return [str(user) for user in User.objects.filter(pk__in=wrote).order_by("pk")] or ["system"]


def _write_version(draft: Definition, revision: Revision, signature: dict[str, Any]) -> Version:
    previous = draft.latest_version
    common = {
        "number": previous.number + 1 if previous else 1,
        "code": draft.code,
        "family": draft.family,
        "title": draft.title,
        "summary": draft.summary,
        "effective_from": draft.effective_from,
        "change_class": draft.change_class,
        "change_note": draft.change_note,
        "revision_id": revision.pk,
        **signature,
    }
    if isinstance(draft, Role):
        return _write_role_version(draft, previous, common)
    return _write_perspective_version(draft, common)


def _write_role_version(role: Role, previous: RoleVersion | None, common: dict[str, Any]) -> RoleVersion:
    version = RoleVersion.objects.create(
        **common,
        role_id=role.pk,
        group=role.group,
        other_titles=role.titles_list,
        content=frozen.role_content(role),
        search_text=frozen.search_text(role.title, role.code, role.summary, role.titles_list),
    )
    mappings.publish_crosswalk(role, version, previous)
    return version


def _write_perspective_version(perspective: Perspective, common: dict[str, Any]) -> PerspectiveVersion:
    words = vocabulary.of_family(perspective.family)
    rule = perspective.rule_data
    resolved = rules.resolve(rule, words)
    return PerspectiveVersion.objects.create(
        **common,
        perspective_id=perspective.pk,
        used_by=perspective.used_by,
        content=frozen.perspective_content(perspective),
        search_text=frozen.search_text(perspective.title, perspective.code, perspective.summary, []),
        rule=rule,
        resolved_rule=resolved,
        predicate_sql=rules.to_sql(resolved),
        sentences=rules.to_sentences(rule, words),
        pins=vocabulary.role_pins(perspective.family),
        perspective_pins=vocabulary.perspective_pins(rules.perspectives_named(rule)),
        membership=membership(resolved, words),
    )


def membership(resolved: rules.Rule, words: rules.Vocabulary) -> dict[str, dict[str, Any]]:
    """Return for each role whether it counts, and the sentences of what it depends on."""
    found = {}
    for code in sorted(words.roles):
        verdict, rest = rules.membership_of_role(resolved, code)
        found[code] = {"verdict": verdict, "sentences": rules.to_sentences(rest, words) if rest else []}
    return found
