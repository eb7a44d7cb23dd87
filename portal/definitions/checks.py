"""What a draft must be before it is published, over and above its fields."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from wagtail.fields import StreamField

from portal.definitions import frozen, mappings, vocabulary
from portal.definitions.enums import FIRST_CLASSES, ChangeClass
from portal.definitions.models import Perspective, PerspectiveVersion, Role, RoleVersion
from portal.methods import rule_logic, rules

Definition = Role | Perspective


def reasons_against(draft: Definition) -> list[str]:
    """Return every reason why ``draft`` cannot be published; an empty list means that it can."""
    reasons = [*_field_reasons(draft), *_common_reasons(draft)]
    if reasons:
        return reasons
    return _role_reasons(draft) if isinstance(draft, Role) else _perspective_reasons(draft)


def _field_reasons(draft: Definition) -> list[str]:
    try:
        # Uniqueness is the database's business; the draft is the same row.
        draft.full_clean(validate_unique=False, validate_constraints=False)
    except ValidationError as error:
        return [f"{name}: {message}" for name, messages in error.message_dict.items() for message in messages]
    return [
        reason
        for field in draft._meta.get_fields()
        if isinstance(field, StreamField)
        for reason in _blocks(draft, field)
    ]


def _blocks(draft: Definition, field: StreamField) -> list[str]:
    """Return what is wrong inside a structured part: forms check it, other routes come without a form."""
    try:
        field.stream_block.clean(getattr(draft, field.name))
    except ValidationError as error:
        return [f"{field.verbose_name}: {words}" for words in _words_of(error)]
    return []


def _words_of(error: ValidationError) -> list[str]:
    """Return every message of a nest of block errors."""
    inner = [
        *(getattr(error, "block_errors", None) or {}).values(),
        *([error.non_block_errors] if getattr(error, "non_block_errors", None) else []),
    ]
    if not inner:
        return list(error.messages)
    nested: list[str] = []
    for part in inner:
        for fault in part if isinstance(part, list) else [part]:
            nested.extend(_words_of(fault) if isinstance(fault, ValidationError) else [str(fault)])
    return nested


def _common_reasons(draft: Definition) -> list[str]:
    previous = draft.latest_version
    reasons = []
    if not draft.summary.strip():
        reasons.append("Write a summary.")
    if draft.effective_from is None:
        reasons.append("Say from which date it is in force.")
    elif previous and draft.effective_from < previous.effective_from:
        reasons.append(
            f"It cannot be in force before version {previous.number} is: {previous.effective_from:%d %B %Y}."
        )
    if previous and not draft.change_note.strip():
        reasons.append("Write the public change note: what changed, and why.")
    if previous and draft.code != previous.code:
        reasons.append(f"The code {previous.code} is in use and never changes.")
    if previous and draft.family != previous.family:
        reasons.append("The family of a published definition never changes.")
    if previous is None and draft.change_class not in FIRST_CLASSES:
        reasons.append("A first version is new, or comes from a split or a merge.")
    if previous is not None and draft.change_class == ChangeClass.NEW:
        reasons.append("Only a first version is new. Choose what this edition does to the meaning.")
    return reasons


def _role_reasons(role: Role) -> list[str]:
    reasons = mappings.reasons_against(role)
    sums = frozen.classification_shares(frozen.role_content(role))
    reasons.extend(
        f"The shares of {slug} codes add up to {total}, not to 1." for slug, total in sums.items() if total != 1
    )
    return reasons


def _perspective_reasons(perspective: Perspective) -> list[str]:
    previous = perspective.latest_version
    if previous is None:
        return []
    claimed = perspective.change_class
    actual = change_of_rule(perspective, previous)
    if claimed in (ChangeClass.RETIRED, actual):
        return []
    return [f"This change is not {claimed}: compared with version {previous.number} it is {actual}."]


def change_of_rule(perspective: Perspective, previous: PerspectiveVersion) -> ChangeClass:
    """Return what a draft does to the meaning of a perspective, worked out from the two rules.

    Roles whose own meaning changed since the last version count too: a widened role widens.
    """
    words = vocabulary.of_family(perspective.family)
    new = rules.resolve(perspective.rule_data, words)
    enters = rule_logic.satisfiable({"all": [new, {"not": previous.resolved_rule}]}, words.roles)
    leaves = rule_logic.satisfiable({"all": [previous.resolved_rule, {"not": new}]}, words.roles)
    for change in _role_changes(perspective, previous, new):
        enters = enters or change != ChangeClass.NARROWING
        leaves = leaves or change != ChangeClass.WIDENING
    if enters and leaves:
        return ChangeClass.REDEFINITION
    if enters:
        return ChangeClass.WIDENING
    return ChangeClass.NARROWING if leaves else ChangeClass.EDITORIAL


def _role_changes(perspective: Perspective, previous: PerspectiveVersion, rule: rules.Rule) -> list[ChangeClass]:
    """Return the classes of the role versions published since, of roles that count in either rule."""
    counted = {
        code
        for code in previous.pins
        if rules.membership_of_role(rule, code)[0] != "never"
        or rules.membership_of_role(previous.resolved_rule, code)[0] != "never"
    }
    rows = RoleVersion.objects.published().family(perspective.family).filter(code__in=counted)
    return [
        ChangeClass(version.change_class)
        for version in rows.only("code", "number", "change_class")
        if version.number > previous.pins[version.code] and version.is_breaking
    ]
