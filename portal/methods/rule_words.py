"""A rule in plain English, for readers and for the editor who builds it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from portal.methods.rules import Rule, Vocabulary


@dataclass(frozen=True)
class Line:
    """One line of an outline, with the lines below it."""

    text: str
    below: tuple[Line, ...] = ()


def to_outline(rule: Rule, vocabulary: Vocabulary) -> Line:
    """Return the rule as a nested outline."""
    ((operator, value),) = rule.items()
    if operator in {"all", "any"}:
        heading = "all of these hold" if operator == "all" else "at least one of these holds"
        return Line(heading, tuple(to_outline(part, vocabulary) for part in value))
    if operator == "not":
        inner = to_outline(value, vocabulary)
        if inner.below:
            opposite = "not all of these hold" if inner.text.startswith("all") else "none of these holds"
            return Line(opposite, inner.below)
        return Line(f"it is not so that {inner.text}")
    return Line(_atom_words(operator, value, vocabulary))


def to_sentences(rule: Rule, vocabulary: Vocabulary) -> list[str]:
    """Return the rule as sentences, one condition each, that read well one below another."""
    outline = to_outline(rule, vocabulary)
    if not outline.below:
        return [f"A post counts when {outline.text}."]
    return [f"A post counts when {outline.text}:", *_numbered(outline.below, "")]


def _numbered(lines: tuple[Line, ...], prefix: str) -> list[str]:
    sentences: list[str] = []
    for number, line in enumerate(lines, start=1):
        mark = f"{prefix}{number}"
        text = line.text[0].upper() + line.text[1:]
        sentences.append(f"{mark}. {text}{':' if line.below else '.'}")
        sentences.extend(_numbered(line.below, f"{mark}."))
    return sentences


def _atom_words(operator: str, value: Any, vocabulary: Vocabulary) -> str:
    if operator == "everyone":
        return "it is in the collection at all"
    if operator == "share_at_least":
        return f"at least {_percent(value)} of the working time is spent on occupational health"
    if operator == "registration":
        return _registration_words(value, vocabulary)
    if operator == "perspective":
        return f"it counts under “{vocabulary.perspectives.get(value, value)}” ({value})"
    known: Mapping[str, str] = {
        "role": vocabulary.roles,
        "group": vocabulary.groups,
        "qualification": vocabulary.qualifications,
        "function": vocabulary.functions,
        "contract": vocabulary.contracts,
        "registration_status": vocabulary.registration_statuses,
    }[operator]
    names = [known.get(code, code) for code in value]
    return _LIST_WORDS[operator] + _one_of(names)


_LIST_WORDS = {
    "role": "the role is ",
    "group": "the role belongs to ",
    "qualification": "the worker holds ",
    "function": "the worker acts as ",
    "contract": "the contract is ",
    "registration_status": "the registration stands as ",
}


def _registration_words(value: Mapping[str, str], vocabulary: Vocabulary) -> str:
    body = vocabulary.bodies.get(value["body"], value["body"])
    if "part" not in value:
        return f"the worker is registered with {body}"
    part = vocabulary.parts.get(value["body"], {}).get(value["part"], value["part"])
    return f"the worker is registered with {body}: {part}"


def _one_of(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"one of: {'; '.join(names)}"


def _percent(thousandths: int) -> str:
    whole, rest = divmod(thousandths, 10)
    return f"{whole}.{rest}%" if rest else f"{whole}%"
