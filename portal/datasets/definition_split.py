"""The split of a change into definition and real change, as pages show it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from portal.datasets.models import DatasetVersion

KEY = "definition_split"
HIDDEN = "[c]"
NOT_KNOWN = "[x]"


def split_for_readers(version: DatasetVersion, *, perspective: str = "") -> dict[str, Any] | None:
    """Return the split that a version carries, in words; of one perspective, or of all.

    None where the definitions did not change since the version before.
    """
    stored = version.metadata.get(KEY)
    if not stored:
        return None
    rows = [{**row, **_words(row)} for row in stored["figures"] if not perspective or row["perspective"] == perspective]
    return {**stored, "figures": rows, "many": not perspective} if rows else None


def change_words(version: DatasetVersion, *, perspective: str, label: str) -> str:
    """Return “of which definition +20, real +15” for a headline; empty where nothing was split."""
    split = split_for_readers(version, perspective=perspective)
    for row in split["figures"] if split else ():
        if row["label"] == label and row.get("total") is not None:
            period = split["from"]["period_label"]  # type: ignore[index]  # there are rows, so there is a split
            return (
                f"{row['total_text']} on {period} as published: "
                f"definition {row['definition_text']}, real {row['real_text']}"
            )
    return ""


def _words(row: dict[str, Any]) -> dict[str, str]:
    words = {f"{end}_text": HIDDEN if row.get(end) is None else f"{row[end]:,.0f}" for end in ("before", "after")}
    parts = ("total", "definition", "real")
    return words | {f"{part}_text": signed(row.get(part)) for part in parts}


def signed(value: float | None) -> str:
    """Return a difference with its sign; a true minus, as in print."""
    if value is None:
        return NOT_KNOWN
    return "0" if value == 0 else f"{value:+,.0f}".replace("-", "−")
