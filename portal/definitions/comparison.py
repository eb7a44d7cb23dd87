"""Two definitions beside each other, word by word."""

from __future__ import annotations

from dataclasses import dataclass
from html import unescape
from typing import Any

from django.utils.html import strip_tags

from portal.definitions.models import PerspectiveVersion, RoleVersion
from portal.methods.worddiff import Piece, has_changed, word_difference

Version = RoleVersion | PerspectiveVersion


@dataclass(frozen=True)
class FieldDifference:
    """One part of two definitions."""

    label: str
    left: str
    right: str
    pieces: list[Piece]
    changed: bool


def compare(left: Version, right: Version) -> list[FieldDifference]:
    """Return every part that either definition has, with the words that differ."""
    before, after = parts_of(left), parts_of(right)
    found = []
    for label in [*before, *(label for label in after if label not in before)]:
        old, new = before.get(label, ""), after.get(label, "")
        if old or new:
            pieces = word_difference(old, new)
            found.append(FieldDifference(label, old, new, pieces, has_changed(pieces)))
    return found


def parts_of(version: Version) -> dict[str, str]:
    """Return the parts of a definition as plain text, one line for each item."""
    common = {"Title": version.title, "Summary": version.summary}
    own = _role_parts(version) if isinstance(version, RoleVersion) else _perspective_parts(version)
    return {**common, **own, "Sources": _lines(version.content.get("sources", []), _source)}


def _role_parts(version: RoleVersion) -> dict[str, str]:
    content = version.content
    return {
        "Also called": "\n".join(version.other_titles),
        "Group": version.get_group_display(),
        "Description": "\n".join(_text(block["value"]) for block in content.get("description", [])),
        "Who counts": _lines(content.get("inclusion", []), _criterion),
        "Who does not count": _lines(content.get("exclusion", []), _criterion),
        "Qualifications": _lines(content.get("qualifications", []), _qualification),
        "Registers that verify it": _lines(content.get("registers", []), _register),
        "Other classifications": _lines(content.get("classifications", []), _classification),
        "Share counted before": _counted_before(content),
    }


def _counted_before(content: dict[str, Any]) -> str:
    share = content.get("counted_before", "")
    return f"{share} of the people. {content.get('counted_before_basis', '')}".strip() if share else ""


def _perspective_parts(version: PerspectiveVersion) -> dict[str, str]:
    return {
        "Used by": version.used_by,
        "Rule": "\n".join(version.sentences),
        "Contested cases": _lines(version.content.get("decisions", []), _decision),
    }


def _lines(items: list[dict[str, Any]], words: Any) -> str:
    return "\n".join(words(item) for item in items)


def _text(value: str) -> str:
    return unescape(strip_tags(value.replace("</p>", "\n").replace("</li>", "\n"))).strip()


def _criterion(item: dict[str, Any]) -> str:
    return f"{item['text']} For example: {item['example']}" if item.get("example") else item["text"]


def _qualification(item: dict[str, Any]) -> str:
    required = " (required)" if item.get("required") else ""
    return f"{item['title']}{required}{_note(item)}"


def _register(item: dict[str, Any]) -> str:
    place = ": ".join(part for part in (item["body_title"], item["part_title"]) if part)
    proves = "an entry proves the role" if item["verifies"] == "role" else "an entry proves the profession only"
    return f"{place}, {proves}{_note(item)}"


def _classification(item: dict[str, Any]) -> str:
    share = f", {item['share']}" if item.get("share") else ""
    return f"{item['list']} {item['code']} {item['title']}{share}{_note(item)}"


def _decision(item: dict[str, Any]) -> str:
    return f"{item['role']}: {item['decision']} {item['reason']}"


def _source(item: dict[str, Any]) -> str:
    place = f" ({item['source']})" if item.get("source") else ""
    return f"{item['statement']}{place}"


def _note(item: dict[str, Any]) -> str:
    return f". {item['note']}" if item.get("note") else ""
