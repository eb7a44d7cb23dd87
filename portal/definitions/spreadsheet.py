"""A role as one row of a spreadsheet, and back, without loss.

Lists are lines of a cell; the parts of a line are separated by " | ". The same form serves the
public CSV and the editors' round trip.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from portal.definitions.models import RoleVersion

Row = dict[str, str]

#: Columns that say which text the row came from. They are not edited.
KEY_COLUMNS = ("code", "version")
TEXT_COLUMNS = ("family", "group", "title", "also_called", "summary")
#: column -> (key in the frozen content, field of the working text, block type, parts of a line)
LIST_COLUMNS: dict[str, tuple[str, str, str, tuple[str, ...]]] = {
    "who_counts": ("inclusion", "inclusion", "criterion", ("text", "example")),
    "who_does_not_count": ("exclusion", "exclusion", "criterion", ("text", "example")),
    "qualifications": ("qualifications", "qualifications", "qualification", ("code", "required", "note")),
    "registers": ("registers", "registers", "register", ("register", "specialty", "verifies", "note")),
    "classifications": ("classifications", "classifications", "link", ("code", "share", "note")),
    "sources": ("sources", "sources", "source", ("statement", "source", "url", "confirmed")),
}
CHANGE_COLUMNS = ("effective_from", "change_class", "change_note", "counted_before", "counted_before_basis")
COLUMNS = (*KEY_COLUMNS, *TEXT_COLUMNS, "description", *LIST_COLUMNS, *CHANGE_COLUMNS)
FLAGS = {"required": ("required", "optional"), "confirmed": ("confirmed", "to be confirmed")}
#: A spreadsheet would run these as formulas.
FORMULA = re.compile(r"^'*[=+\-@\t\r]")


def row_of(version: RoleVersion) -> Row:
    """Return the row of a published version."""
    content = {
        **version.content,
        "classifications": [
            {**link, "code": f"{link['list']}:{link['code']}"} for link in version.content.get("classifications", [])
        ],
    }
    return {
        "code": version.code,
        "version": str(version.number),
        "family": version.family,
        "group": version.group,
        "title": version.title,
        "also_called": "\n".join(version.other_titles),
        "summary": version.summary,
        "description": "\n".join(_line([block["type"], block["value"]]) for block in content.get("description", [])),
        **{column: _lines(content.get(key, []), parts) for column, (key, _f, _b, parts) in LIST_COLUMNS.items()},
        "effective_from": version.effective_from.isoformat(),
        "change_class": version.change_class,
        "change_note": version.change_note,
        "counted_before": content.get("counted_before", ""),
        "counted_before_basis": content.get("counted_before_basis", ""),
    }


def fields_of(row: Row) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the fields of the working text that a row stands for, and faults by column."""
    faults: dict[str, str] = {}
    fields: dict[str, Any] = {
        "family": row.get("family", "").strip(),
        "group": row.get("group", "").strip(),
        "title": row.get("title", "").strip(),
        "other_titles": row.get("also_called", ""),
        "summary": row.get("summary", ""),
        "change_class": row.get("change_class", "").strip(),
        "change_note": row.get("change_note", ""),
        "counted_before": row.get("counted_before", "").strip(),
        "counted_before_basis": row.get("counted_before_basis", ""),
    }
    try:
        fields["effective_from"] = dt.date.fromisoformat(row.get("effective_from", "").strip()[:10])
    except ValueError:
        faults["effective_from"] = "Write the date as year-month-day, for example 2027-04-01."
    fields["description"] = _description(row.get("description", ""), faults)
    for column, (_key, field, block, parts) in LIST_COLUMNS.items():
        fields[field] = _blocks(row.get(column, ""), column, block, parts, faults)
    return fields, faults


def _lines(items: list[dict[str, Any]], parts: tuple[str, ...]) -> str:
    return "\n".join(_line([_cell(part, item.get(part, "")) for part in parts]) for item in items)


def _cell(part: str, value: Any) -> str:
    if part in FLAGS:
        return FLAGS[part][0 if value else 1]
    return "" if value is None else str(value)


def _line(parts: list[str]) -> str:
    escaped = [part.replace("\\", "\\\\").replace("|", "\\|").replace("\n", "\\n") for part in parts]
    while len(escaped) > 1 and not escaped[-1]:
        escaped.pop()
    return " | ".join(escaped)


def _parts(line: str) -> list[str]:
    """Split a line at bare bars; a bar, line break or backslash in the text is written with a backslash."""
    parts = [""]
    characters = iter(line)
    for character in characters:
        if character == "\\":
            following = next(characters, "")
            parts[-1] += "\n" if following == "n" else following
        elif character == "|":
            parts.append("")
        else:
            parts[-1] += character
    return [part.strip() for part in parts]


def _description(cell: str, faults: dict[str, str]) -> list[dict[str, Any]]:
    blocks = []
    for number, line in enumerate(_nonempty(cell), start=1):
        kind, *rest = _parts(line)
        if kind not in {"heading", "text"} or len(rest) != 1:
            faults["description"] = f"Line {number}: write “text | …” or “heading | …”."
            continue
        blocks.append({"type": kind, "value": rest[0]})
    return blocks


def _blocks(
    cell: str,
    column: str,
    block: str,
    names: tuple[str, ...],
    faults: dict[str, str],
) -> list[dict[str, Any]]:
    blocks = []
    for number, line in enumerate(_nonempty(cell), start=1):
        parts = _parts(line)
        if len(parts) > len(names):
            faults[column] = f"Line {number}: at most {len(names)} parts: {' | '.join(names)}."
            continue
        value: dict[str, Any] = dict(zip(names, [*parts, *[""] * (len(names) - len(parts))], strict=True))
        for name in FLAGS.keys() & value.keys():
            yes, no = FLAGS[name]
            if value[name] not in {yes, no, ""}:
                faults[column] = f"Line {number}: write “{yes}” or “{no}”."
            value[name] = value[name] == yes
        blocks.append({"type": block, "value": value})
    return blocks


def _nonempty(cell: str) -> list[str]:
    return [line for line in cell.splitlines() if line.strip()]


def guarded(text: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{text}" if FORMULA.match(text) else text


def unguarded(text: str) -> str:
    """Take the guard off again."""
    return text[1:] if text.startswith("'") and FORMULA.match(text[1:]) else text
