"""Laying out a table that a reader chose: every cell is one published observation, nothing is added up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from portal.datasets.presentation import decimals_of, shown
from portal.datasets.queries import columns_of, numbers_of, select, texts_of
from portal.datasets.tables import MEASURE, Choice, TableError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from portal.datasets.models import DatasetVersion

MAX_CELLS = 20_000
NOTHING = (None, "z", "")
Cell = tuple[float | None, str, str]  # value, status, measure


@dataclass(frozen=True)
class BuiltTable:
    """A table ready to be shown or written."""

    title: str
    stub: str
    header: list[str]
    rows: list[dict[str, Any]]
    statuses: set[str]


def build(version: DatasetVersion, choice: Choice) -> BuiltTable:
    """Return the table, or refuse (:class:`TableError`) what cannot be one, saying what to choose."""
    meta, table = version.meta, columns_of(version)
    known = {*meta.by_id, MEASURE}
    if {*choice.laid_out, *choice.filters} - known or {*choice.measures} - {*meta.measure_labels}:
        raise TableError("This table asks for something that the version does not have.")
    if choice.rows == choice.columns:
        raise TableError("Choose different dimensions for rows and columns.")
    found = select(table, {**choice.filters, MEASURE: choice.measures})
    if len(found) > MAX_CELLS:
        raise TableError(
            f"The table would have {len(found):,} cells; at most {MAX_CELLS:,} are shown. Fix more dimensions."
        )
    texts = {name: texts_of(table, name, found) for name in {choice.rows, *_across(choice), MEASURE}}
    values = zip(numbers_of(table, "value", found), texts_of(table, "status", found), texts[MEASURE], strict=True)
    places = zip(texts[choice.rows], zip(*(texts[name] for name in _across(choice)), strict=True), strict=True)
    cells = dict(zip(places, values, strict=True))
    if len(cells) < len(found):
        raise TableError(f"Several figures fall into one cell. Choose one of: {', '.join(_loose(version, choice))}.")
    return _laid_out(version, choice, cells)


def _across(choice: Choice) -> list[str]:
    """Return what stands across: the columns, and below each the measures when there are several."""
    is_nested = len(choice.measures) > 1 and MEASURE not in choice.laid_out
    return [choice.columns, MEASURE] if is_nested else [choice.columns]


def _loose(version: DatasetVersion, choice: Choice) -> list[str]:
    held = {*choice.laid_out, *choice.filters}
    return [dimension.label for dimension in version.meta.dimensions if dimension.id not in held]


def _laid_out(version: DatasetVersion, choice: Choice, cells: dict[tuple[str, tuple[str, ...]], Cell]) -> BuiltTable:
    labels, places = _labels(version), decimals_of(version.meta)
    across = [labels[name] for name in _across(choice)]
    acrosses = _in_order(across, {key for _, key in cells})
    downs = [key[0] for key in _in_order([labels[choice.rows]], {(down,) for down, _ in cells})]
    rows = []
    for down in downs:
        row = [cells.get((down, key), NOTHING) for key in acrosses]
        rows.append(
            {
                "code": down,
                "label": labels[choice.rows].get(down, down),
                "values": [value for value, _, _ in row],
                "statuses": [status for _, status, _ in row],
                "texts": [shown(value, status, places.get(measure, 0)) for value, status, measure in row],
            }
        )
    header = [", ".join(names.get(code, code) for names, code in zip(across, key, strict=True)) for key in acrosses]
    statuses = {word for _, status, _ in cells.values() for word in status.split()}
    if len(cells) < len(downs) * len(acrosses):
        statuses.add("z")
    stub = "Measure" if choice.rows == MEASURE else version.meta.by_id[choice.rows].label
    return BuiltTable(_title(version, choice), stub, header, _sorted(rows, choice.sort), statuses)


def _labels(version: DatasetVersion) -> dict[str, Mapping[str, str]]:
    return {**{name: entry.labels for name, entry in version.meta.by_id.items()}, MEASURE: version.meta.measure_labels}


def _in_order(lists: list[Mapping[str, str]], keys: set[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Return the keys as their code lists order them; codes that no list knows stand last."""
    places = [{code: number for number, code in enumerate(names)} for names in lists]
    return sorted(keys, key=lambda key: [place.get(code, len(place)) for place, code in zip(places, key, strict=True)])


def _title(version: DatasetVersion, choice: Choice) -> str:
    first, *others = (version.meta.measure_labels[measure] for measure in choice.measures)
    names = [first, *(name if name[1:2].isupper() else name[:1].lower() + name[1:] for name in others)]
    measures = " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
    axes = [version.meta.by_id[name].label.lower() for name in (choice.rows, choice.columns) if name != MEASURE]
    labels = _labels(version)
    fixed = ", ".join(
        labels[name].get(codes[0], codes[0]) for name, codes in choice.filters.items() if name not in choice.laid_out
    )
    title = f"{measures} by {' and '.join(axes)}"
    return f"{title}: {fixed}" if fixed else title


def _sorted(rows: list[dict[str, Any]], sort: str) -> list[dict[str, Any]]:
    """Sort by ``label`` or by the number of a column; hidden values last either way."""
    name, is_down = sort.removeprefix("-"), sort.startswith("-")
    if name == "label":
        return sorted(rows, key=lambda row: row["label"], reverse=is_down)
    if not name.isdecimal() or not rows or int(name) >= len(rows[0]["values"]):
        return rows
    place, sign = int(name), -1 if is_down else 1
    return sorted(rows, key=lambda row: (row["values"][place] is None, sign * (row["values"][place] or 0)))
