"""Tables that readers build: one measure, a dimension down, one across, the others held fixed.

A table is described by a small document that names its version, so its address is its permalink:
nothing needs to be stored, and it shows the same figures for ever.
"""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from portal.datasets.presentation import decimals_of, shown
from portal.datasets.queries import codes_in_use, columns_of, numbers_of, select, texts_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from portal.datasets.models import DatasetVersion

MAX_CELLS = 20_000
MAX_ID = 4000
MAX_DOCUMENT = 20_000


class TableError(ValueError):
    """A table that cannot be built as asked; the message says what to choose."""


@dataclass(frozen=True)
class Choice:
    """What a reader chose."""

    measure: str
    rows: str
    columns: str
    filters: dict[str, str] = field(default_factory=dict)
    sort: str = ""

    def as_id(self, version: DatasetVersion) -> str:
        """Return the permalink's identifier: the choice and its version, packed."""
        document = [
            version.dataset.slug,
            version.number,
            self.measure,
            self.rows,
            self.columns,
            self.filters,
            self.sort,
        ]
        packed = zlib.compress(json.dumps(document, sort_keys=True, separators=(",", ":")).encode(), 9)
        return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def from_id(text: str) -> tuple[str, str, Choice]:
    """Return dataset, version number and choice that an identifier holds."""
    try:
        packed = base64.urlsafe_b64decode(text[:MAX_ID] + "=" * (-len(text) % 4))
        unpacker = zlib.decompressobj()
        document = json.loads(unpacker.decompress(packed, MAX_DOCUMENT))
        slug, number, measure, rows, columns, filters, sort = document
    except (binascii.Error, zlib.error, ValueError, RecursionError, TypeError) as error:
        raise TableError("This is not the address of a table.") from error
    texts = [slug, number, measure, rows, columns, sort]
    if not isinstance(filters, dict) or not all(
        isinstance(value, str) for value in [*texts, *filters, *filters.values()]
    ):
        raise TableError("This is not the address of a table.")
    return slug, number, Choice(measure, rows, columns, filters, sort)


def choice_of(version: DatasetVersion, given: Mapping[str, str]) -> Choice:
    """Return the choice in a form, with a sensible start where nothing was chosen."""
    meta = version.meta
    names = list(meta.by_id)
    first = _start(version)
    columns = (
        given.get("columns")
        if given.get("columns") in names
        else ("time_period" if "time_period" in names else names[-1])
    )
    open_names = [name for name in names if name != columns]
    rows = given.get("rows") if given.get("rows") in open_names else (open_names or names)[-1]
    measure = given["measure"] if given.get("measure") in meta.measure_labels else meta.measures[0].id
    fixed = [name for name in names if name not in {rows, columns}]
    filters = {name: given.get(f"f_{name}", first[name])[:60] for name in fixed}
    filters = {name: code for name, code in filters.items() if code}
    if not any(key.startswith("f_") for key in given):
        # The level follows the codes that are laid out: all regions stand on the level "region".
        filters = {
            name: code for name, code in filters.items() if f"{name.removesuffix('_level')}_code" not in {rows, columns}
        }
    return Choice(measure, str(rows), str(columns), filters, given.get("sort", "")[:80])


def _start(version: DatasetVersion) -> dict[str, str]:
    """Return the codes of one observation that is there: the most total one, of the newest period."""
    table = columns_of(version)
    wanted = {}
    for dimension in version.meta.dimensions:
        used = codes_in_use(version, dimension.id)
        whole = [code for code in used if code in {"all", "country", "total", "E92000001"}]
        default = str(version.metadata.get("default_perspective", "")) if dimension.id == "perspective" else ""
        wanted[dimension.id] = default if default in used else (whole or used)[0]
    if "time_period" in wanted:
        wanted["time_period"] = version.last_period
    if len(select(table, {name: [code] for name, code in wanted.items()})):
        return wanted
    return {name: texts_of(table, name, select(table, {})[:1])[0] for name in wanted}


@dataclass(frozen=True)
class BuiltTable:
    """A table ready to be shown or written."""

    title: str
    stub: str
    header: list[str]
    rows: list[dict[str, Any]]
    statuses: set[str]


def build(version: DatasetVersion, choice: Choice) -> BuiltTable:
    """Return the table. Every cell is one published observation; nothing is added up."""
    meta, table = version.meta, columns_of(version)
    if {choice.rows, choice.columns, *choice.filters} - set(meta.by_id) or choice.measure not in meta.measure_labels:
        raise TableError("This table asks for something that the version does not have.")
    if choice.rows == choice.columns:
        raise TableError("Choose different dimensions for rows and columns.")
    found = select(table, {**{name: [code] for name, code in choice.filters.items()}, "measure": [choice.measure]})
    if len(found) > MAX_CELLS:
        raise TableError(
            f"The table would have {len(found):,} cells; at most {MAX_CELLS:,} are shown. Fix more dimensions."
        )
    downs, acrosses = texts_of(table, choice.rows, found), texts_of(table, choice.columns, found)
    values, statuses = numbers_of(table, "value", found), texts_of(table, "status", found)
    cells = dict(zip(zip(downs, acrosses, strict=True), zip(values, statuses, strict=True), strict=True))
    if len(cells) < len(found):
        raise TableError(f"Several figures fall into one cell. Choose one of: {', '.join(_loose(version, choice))}.")
    return _laid_out(version, choice, cells)


def _loose(version: DatasetVersion, choice: Choice) -> list[str]:
    held = {choice.rows, choice.columns, *choice.filters}
    return [dimension.label for dimension in version.meta.dimensions if dimension.id not in held]


def _laid_out(
    version: DatasetVersion, choice: Choice, cells: dict[tuple[str, str], tuple[float | None, str]]
) -> BuiltTable:
    by_id, places = version.meta.by_id, decimals_of(version.meta)[choice.measure]
    downs = _in_order(by_id[choice.rows].labels, {down for down, _ in cells})
    acrosses = _in_order(by_id[choice.columns].labels, {across for _, across in cells})
    rows = []
    for down in downs:
        row = [cells.get((down, across), (None, "z")) for across in acrosses]
        label = by_id[choice.rows].labels[down]
        rows.append(
            {
                "code": down,
                "label": label,
                "values": [value for value, _ in row],
                "texts": [shown(*pair, places) for pair in row],
            }
        )
    fixed = ", ".join(by_id[name].labels.get(code, code) for name, code in choice.filters.items())
    title = f"{version.meta.measure_labels[choice.measure]} by {by_id[choice.rows].label.lower()} and {by_id[choice.columns].label.lower()}"
    header = [by_id[choice.columns].labels[across] for across in acrosses]
    statuses = {word for _, status in cells.values() for word in status.split()}
    if len(cells) < len(downs) * len(acrosses):
        statuses.add("z")
    return BuiltTable(
        f"{title}: {fixed}" if fixed else title, by_id[choice.rows].label, header, _sorted(rows, choice.sort), statuses
    )


def _in_order(labels: Mapping[str, str], used: set[str]) -> list[str]:
    return [code for code in labels if code in used]


def _sorted(rows: list[dict[str, Any]], sort: str) -> list[dict[str, Any]]:
    """Sort by ``label`` or by the number of a column; hidden values last either way."""
    name, is_down = sort.removeprefix("-"), sort.startswith("-")
    if name == "label":
        return sorted(rows, key=lambda row: row["label"], reverse=is_down)
    if not name.isdecimal() or not rows or int(name) >= len(rows[0]["values"]):
        return rows
    place, sign = int(name), -1 if is_down else 1
    return sorted(rows, key=lambda row: (row["values"][place] is None, sign * (row["values"][place] or 0)))
