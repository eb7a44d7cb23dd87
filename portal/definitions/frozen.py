"""What a published version holds of the working text: plain data, with every code's title beside it."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from portal.definitions import vocabulary
from portal.definitions.enums import ListSlug
from portal.definitions.validators import as_share

if TYPE_CHECKING:
    from portal.definitions.models import Perspective, Role

ROLE_LISTS = (ListSlug.BODIES, ListSlug.PARTS, ListSlug.QUALIFICATIONS, ListSlug.SOC2020, ListSlug.NHS_JOB_ROLES)
RULE_CODE_FIELDS = ("role",)


def values(stream: Any) -> list[dict[str, Any]]:
    """Return the stored blocks of a StreamField as type and value, without Wagtail's identifiers."""
    return [{"type": block["type"], "value": _plain(block["value"])} for block in stream.get_prep_value()]


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return value if value is None or isinstance(value, (str, int, float, bool)) else str(value)


def role_content(role: Role) -> dict[str, Any]:
    """Return the structured parts of a role."""
    titles = vocabulary.reference_titles(*ROLE_LISTS)
    return {
        "description": values(role.description),
        "inclusion": [block["value"] for block in values(role.inclusion)],
        "exclusion": [block["value"] for block in values(role.exclusion)],
        "qualifications": [_qualification(block["value"], titles) for block in values(role.qualifications)],
        "registers": [_register(block["value"], titles) for block in values(role.registers)],
        "classifications": [_classification(block["value"], titles) for block in values(role.classifications)],
        "sources": [block["value"] for block in values(role.sources)],
        **_counted_before(role),
    }


def _counted_before(role: Role) -> dict[str, str]:
    """Return the share of this edition's people whom the version before counted, where somebody knows it."""
    if not role.counted_before:
        return {}
    return {
        "counted_before": str(as_share(role.counted_before)),
        "counted_before_basis": role.counted_before_basis.strip(),
    }


def perspective_content(perspective: Perspective) -> dict[str, Any]:
    """Return the structured parts of a perspective."""
    return {
        "decisions": [block["value"] for block in values(perspective.decisions)],
        "sources": [block["value"] for block in values(perspective.sources)],
    }


def _qualification(value: dict[str, Any], titles: dict[str, dict[str, str]]) -> dict[str, Any]:
    return {**value, "title": titles[ListSlug.QUALIFICATIONS].get(value["code"], value["code"])}


def _register(value: dict[str, Any], titles: dict[str, dict[str, str]]) -> dict[str, Any]:
    code = value["register"]
    body, _slash, part = code.partition("/")
    return {
        **value,
        "body": body,
        "part": part,
        "body_title": titles[ListSlug.BODIES].get(body, body),
        "part_title": titles[ListSlug.PARTS].get(code, "") if part else "",
    }


def _classification(value: dict[str, Any], titles: dict[str, dict[str, str]]) -> dict[str, Any]:
    slug, _colon, code = value["code"].partition(":")
    return {
        "list": slug,
        "code": code,
        "title": titles.get(slug, {}).get(code, code),
        "share": value.get("share", ""),
        "note": value.get("note", ""),
    }


def classification_shares(content: dict[str, Any]) -> dict[str, Fraction]:
    """Return the sum of the shares known for each classification of a role."""
    sums: dict[str, Fraction] = {}
    for link in content["classifications"]:
        if link["share"]:
            sums[link["list"]] = sums.get(link["list"], Fraction(0)) + as_share(link["share"])
    return sums


def search_text(title: str, code: str, summary: str, other_titles: list[str]) -> str:
    """Return what the register's own search looks through."""
    return " ".join([title, code, *other_titles, summary])
