"""Tables that readers build: measures, a dimension down, one across, the others held fixed.

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

import numpy as np

from portal.datasets.queries import codes_in_use, columns_of, select, texts_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.http import QueryDict

    from portal.datasets.models import DatasetVersion

MAX_ID = 4000
MAX_DOCUMENT = 20_000
# The measures may be laid out down or across like a dimension.
MEASURE = "measure"
# As many rows as a first table may have.
FEW_ROWS = 60


class TableError(ValueError):
    """A table that cannot be built as asked; the message says what to choose."""


@dataclass(frozen=True)
class Choice:
    """What a reader chose. A filter holds the codes that are shown, or the one that is held fixed."""

    measures: tuple[str, ...]
    rows: str
    columns: str
    filters: dict[str, tuple[str, ...]] = field(default_factory=dict)
    sort: str = ""

    @property
    def laid_out(self) -> set[str]:
        """Return what stands down and across."""
        return {self.rows, self.columns}

    def as_id(self, version: DatasetVersion) -> str:
        """Return the permalink's identifier: the choice and its version, packed."""
        document = [
            version.dataset.slug,
            version.number,
            _packed(self.measures),
            self.rows,
            self.columns,
            {name: _packed(codes) for name, codes in self.filters.items()},
            self.sort,
        ]
        packed = zlib.compress(json.dumps(document, sort_keys=True, separators=(",", ":")).encode(), 9)
        return base64.urlsafe_b64encode(packed).decode().rstrip("=")

    def as_fields(self, version: DatasetVersion) -> list[tuple[str, str]]:
        """Return the choice as the fields of the builder's form."""
        fixed = [name for name in version.meta.by_id if name not in self.laid_out]
        return [
            *[("measure", measure) for measure in self.measures],
            ("rows", self.rows),
            ("columns", self.columns),
            *[(f"f_{name}", (self.filters.get(name) or ("",))[0]) for name in fixed],
            *[(f"c_{name}", code) for name in self.laid_out for code in self.filters.get(name, ())],
        ]


def _packed(texts: tuple[str, ...]) -> Any:
    return texts[0] if len(texts) == 1 else list(texts)


def _unpacked(value: Any) -> tuple[str, ...]:
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not texts or not all(isinstance(text, str) for text in texts):
        raise TypeError
    return tuple(texts)


def from_id(text: str) -> tuple[str, str, Choice]:
    """Return dataset, version number and choice that an identifier holds."""
    try:
        packed = base64.urlsafe_b64decode(text[:MAX_ID] + "=" * (-len(text) % 4))
        document = json.loads(zlib.decompressobj().decompress(packed, MAX_DOCUMENT))
        slug, number, measures, rows, columns, filters, sort = document
        chosen = {name: _unpacked(codes) for name, codes in filters.items()}
        choice = Choice(_unpacked(measures), rows, columns, chosen, sort)
    except (binascii.Error, zlib.error, ValueError, RecursionError, TypeError, AttributeError) as error:
        raise TableError("This is not the address of a table.") from error
    if not all(isinstance(part, str) for part in (slug, number, rows, columns, sort)):
        raise TableError("This is not the address of a table.")
    return slug, number, choice


def choice_of(version: DatasetVersion, given: QueryDict) -> Choice:
    """Return the choice in a form, with a sensible start where nothing was chosen."""
    names = [*version.meta.by_id]
    start = _start(version)
    columns = _one_of([*names, MEASURE], given.get("columns")) or (
        "time_period" if "time_period" in start else names[-1]
    )
    rows = _one_of([*names, MEASURE], given.get("rows"))
    if not rows or rows == columns:
        rows = _first_rows(version, [name for name in names if name != columns] or names)
    filters = {}
    for name in fixed_names(version, {rows, columns}):
        # The level of areas that are laid out is chosen only to see one level of them.
        default = "" if f"{name.removesuffix('_level')}_code" in {rows, columns} else start[name]
        if code := given.get(f"f_{name}", default)[:60]:
            filters[name] = (code,)
    for name in {rows, columns} - {MEASURE}:
        labels = version.meta.by_id[name].labels
        wanted = {*given.getlist(f"c_{name}")}
        if shown := tuple(code for code in labels if code in wanted):
            filters[name] = shown
    measures = _measures(version, given.getlist("measure"), is_laid_out=MEASURE in {rows, columns})
    return Choice(measures, rows, columns, filters, given.get("sort", "")[:80])


def _one_of(names: list[str], wanted: str | None) -> str:
    return wanted if wanted in names else ""


def _measures(version: DatasetVersion, wanted: Iterable[str], *, is_laid_out: bool) -> tuple[str, ...]:
    known = [*version.meta.measure_labels]
    chosen = tuple(measure for measure in known if measure in {*wanted})
    return chosen or (tuple(known) if is_laid_out else (known[0],))


def fixed_names(version: DatasetVersion, laid_out: set[str]) -> list[str]:
    """Return the dimensions that one code is chosen of; not a level that the code beside it tells."""
    fixed = [name for name in version.meta.by_id if name not in laid_out]
    return [name for name in fixed if not any(_tells(version, code, name) for code in fixed)]


def _tells(version: DatasetVersion, code: str, level: str) -> bool:
    """Whether each code of a column occurs on one level only, so that choosing it chooses the level."""
    if code == level or not level.endswith("_level") or code != f"{level.removesuffix('_level')}_code":
        return False
    table = columns_of(version)
    levels, codes = table.codes[level], table.codes[code]
    met = np.zeros(len(levels.values) * len(codes.values), bool)
    met[levels.ids.astype(np.int64) * len(codes.values) + codes.ids] = True
    return int(met.sum()) == len(codes.values)


def _first_rows(version: DatasetVersion, names: list[str]) -> str:
    """Return the dimension that a first table has down: the last with something to compare, and not too much."""
    counts = {name: len(codes_in_use(version, name)) for name in names}
    worth = [name for name in names if 1 < counts[name] <= FEW_ROWS and not name.endswith("_level")]
    return (worth or names)[-1]


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
