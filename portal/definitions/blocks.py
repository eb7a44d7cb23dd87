"""Blocks: the structured parts of a role, and the rule builder of a perspective."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.core.validators import URLValidator
from wagtail import blocks

from portal.definitions import choices
from portal.definitions.validators import validate_share

RICH_TEXT_FEATURES = ["bold", "italic", "ol", "ul", "link", "definition"]


# --- The parts of a role ---------------------------------------------------------------------------


class DescriptionBlock(blocks.StreamBlock):
    """What a role does, as structured text."""

    heading = blocks.CharBlock(max_length=120)
    text = blocks.RichTextBlock(features=RICH_TEXT_FEATURES)


class CriterionBlock(blocks.StructBlock):
    """One criterion, with an example of what it means."""

    text = blocks.CharBlock(max_length=500)
    example = blocks.CharBlock(max_length=500, required=False)


class CriteriaBlock(blocks.StreamBlock):
    """Criteria for counting, or for not counting."""

    criterion = CriterionBlock()


class QualificationBlock(blocks.StructBlock):
    """A qualification that a worker in the role holds, and whether it is required."""

    code = blocks.ChoiceBlock(choices=choices.qualifications, label="Qualification")
    required = blocks.BooleanBlock(required=False)
    note = blocks.CharBlock(max_length=500, required=False)


class QualificationsBlock(blocks.StreamBlock):
    """Qualifications of a role."""

    qualification = QualificationBlock()


class RegisterBlock(blocks.StructBlock):
    """A register that verifies the role."""

    register = blocks.ChoiceBlock(choices=choices.registrations)
    specialty = blocks.CharBlock(max_length=120, required=False)
    verifies = blocks.ChoiceBlock(
        choices=[
            ("role", "An entry proves the role"),
            ("profession", "An entry proves the profession only, not the work in occupational health"),
        ],
        default="profession",
    )
    note = blocks.CharBlock(max_length=500, required=False)


class RegistersBlock(blocks.StreamBlock):
    """Registers of a role."""

    register = RegisterBlock()


class ClassificationBlock(blocks.StructBlock):
    """A code of another classification that may stand for the role."""

    code = blocks.ChoiceBlock(choices=choices.classification_codes)
    share = blocks.CharBlock(
        max_length=20,
        required=False,
        validators=[validate_share],
        help_text="The share of the role that has this code, if it is known: 2/3, 0.25 or 25%.",
    )
    note = blocks.CharBlock(max_length=500, required=False)


class ClassificationsBlock(blocks.StreamBlock):
    """Links from a role to SOC 2020 and NHS job roles."""

    link = ClassificationBlock()


class SourceBlock(blocks.StructBlock):
    """Where a statement comes from."""

    statement = blocks.CharBlock(max_length=500)
    source = blocks.CharBlock(max_length=500, required=False)
    # Not a URLBlock: its form field warns about the scheme it will assume.
    url = blocks.CharBlock(required=False, max_length=500, validators=[URLValidator(["https", "http"])])
    confirmed = blocks.BooleanBlock(
        required=False,
        help_text="Tick when the statement was read in the source. Others are shown as still to be confirmed.",
    )


class SourcesBlock(blocks.StreamBlock):
    """Source notes."""

    source = SourceBlock()


class CrosswalkRowBlock(blocks.StructBlock):
    """Which share of an earlier version becomes what."""

    source = blocks.CharBlock(max_length=60, label="From", help_text="A published version, for example “tech v1”.")
    target = blocks.CharBlock(
        max_length=60,
        required=False,
        label="To",
        help_text="“this” for the version being written, another published version such as “hyg v2”, "
        "or empty for work that leaves the register.",
    )
    share = blocks.CharBlock(max_length=20, default="1", validators=[validate_share])
    basis = blocks.CharBlock(max_length=500, label="Where the share comes from")


class CrosswalkBlock(blocks.StreamBlock):
    """The mapping from earlier versions."""

    row = CrosswalkRowBlock()


class DecisionBlock(blocks.StructBlock):
    """A contested case, and how the rule decides it."""

    role = blocks.ChoiceBlock(choices=choices.roles)
    decision = blocks.CharBlock(max_length=300)
    reason = blocks.CharBlock(max_length=700)


class DecisionsBlock(blocks.StreamBlock):
    """Contested cases of a perspective."""

    decision = DecisionBlock()


# --- The rule builder ------------------------------------------------------------------------------


def _conditions() -> list[tuple[str, blocks.Block]]:
    """Return the plain conditions; built afresh for each level, as blocks know their place."""

    def several(source: Any, label: str) -> blocks.MultipleChoiceBlock:
        return blocks.MultipleChoiceBlock(choices=source, label=label, help_text="One of those chosen is enough.")

    share = blocks.DecimalBlock(
        min_value=Decimal("0.1"),
        max_value=100,
        decimal_places=1,
        max_digits=4,
        label="Share of time",
        help_text="At least this share of the working time is spent on occupational health, in percent.",
    )
    return [
        ("everyone", blocks.StaticBlock(label="Everyone", admin_text="Every record counts.")),
        ("role", several(choices.roles, "Role")),
        ("group", several(choices.groups, "Role group")),
        ("registration", blocks.ChoiceBlock(choices=choices.registrations, label="Registration")),
        ("registration_status", several(choices.registration_statuses, "Registration status")),
        ("qualification", several(choices.qualifications, "Qualification")),
        ("function", several(choices.functions, "Function")),
        ("contract", several(choices.contracts, "Contract type")),
        ("share_at_least", share),
        ("perspective", blocks.ChoiceBlock(choices=choices.perspectives, label="Counts in a perspective")),
    ]


def _groups_of(make_inner: type[blocks.StreamBlock]) -> list[tuple[str, blocks.Block]]:
    return [
        ("all", make_inner(label="All of these")),
        ("any", make_inner(label="At least one of these")),
        ("none", make_inner(label="None of these")),
    ]


class InnermostBlock(blocks.StreamBlock):
    """Conditions only."""

    def __init__(self, local_blocks: Any = None, **kwargs: Any) -> None:
        super().__init__(local_blocks or _conditions(), **kwargs)


class InnerBlock(blocks.StreamBlock):
    """Conditions and one more level of groups."""

    def __init__(self, local_blocks: Any = None, **kwargs: Any) -> None:
        super().__init__(local_blocks or [*_conditions(), *_groups_of(InnermostBlock)], **kwargs)


class RuleBlock(blocks.StreamBlock):
    """A rule: a record counts when at least one of the conditions holds."""

    def __init__(self, local_blocks: Any = None, **kwargs: Any) -> None:
        super().__init__(local_blocks or [*_conditions(), *_groups_of(InnerBlock)], **kwargs)


def rule_of(stored: list[dict[str, Any]]) -> dict[str, Any]:
    """Turn the builder's stored blocks into a rule: one condition as it is, several as "any of"."""
    parts = [_node_of(block["type"], block["value"]) for block in stored]
    return parts[0] if len(parts) == 1 else {"any": parts}


def _node_of(kind: str, value: Any) -> dict[str, Any]:
    if kind in {"all", "any", "none"}:
        parts = [_node_of(block["type"], block["value"]) for block in value]
        return {"not": {"any": parts}} if kind == "none" else {kind: parts}
    if kind == "everyone":
        return {"everyone": True}
    if kind == "registration":
        body, _slash, part = (value or "").partition("/")
        return {"registration": {"body": body, **({"part": part} if part else {})}}
    if kind == "share_at_least":
        return {kind: int(Decimal(str(value or 0)) * 10)}
    return {kind: value}


def builder_of(rule: dict[str, Any]) -> list[dict[str, Any]]:
    """Turn a rule into the builder's stored blocks. The inverse of :func:`rule_of`."""
    ((operator, value),) = rule.items()
    parts = value if operator == "any" else [rule]
    return [_block_of(part) for part in parts]


def _block_of(rule: dict[str, Any]) -> dict[str, Any]:
    ((operator, value),) = rule.items()
    if operator in {"all", "any"}:
        return {"type": operator, "value": [_block_of(part) for part in value]}
    if operator == "not":
        return {"type": "none", "value": builder_of(value)}
    if operator == "everyone":
        return {"type": operator, "value": None}
    if operator == "registration":
        return {"type": operator, "value": "/".join([value["body"], *([value["part"]] if "part" in value else [])])}
    if operator == "share_at_least":
        return {"type": operator, "value": str(Decimal(value) / 10)}
    return {"type": operator, "value": value}
