"""The observations of a version as memory-mapped columns: made once from its Parquet file, shared by processes.

Codes become small integers, so that a filter over a million rows takes well under a millisecond,
and for every code the span of rows that holds it is known, so that most filters look at a part
of the rows only. The files belong to one digest and never change; they may be deleted at any
time and are made again.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from django.conf import settings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

BATCH = 100_000
OPEN_TABLES = 64
FORMAT = "1"
MISSING_INTEGER = np.iinfo(np.int64).min


@dataclass(frozen=True)
class CodeColumn:
    """A column of codes: a small integer a row, the code each stands for, and where each occurs."""

    ids: np.ndarray
    values: tuple[str, ...]
    positions: dict[str, int]
    first: np.ndarray
    last: np.ndarray

    def ids_of(self, codes: Sequence[str]) -> list[int]:
        """Return the integers of the codes that occur."""
        return [self.positions[code] for code in codes if code in self.positions]


@dataclass(frozen=True)
class Columns:
    """The columns of one digest."""

    rows: int
    codes: dict[str, CodeColumn]
    numbers: dict[str, np.ndarray]

    @property
    def names(self) -> list[str]:
        """Return every column."""
        return [*self.codes, *self.numbers]


def open_columns(digest: str, source: Callable[[], Path]) -> Columns:
    """Return the columns of ``digest``, made from the Parquet file that ``source`` finds when first asked for."""
    root = str(settings.CONTENT_STORE_ROOT)
    try:
        return _opened(root, digest)
    except FileNotFoundError:
        _build(source(), _folder(root, digest))
        return _opened(root, digest)


def _folder(root: str, digest: str) -> Path:
    return Path(root) / "columns" / FORMAT / digest


@lru_cache(maxsize=OPEN_TABLES)
def _opened(root: str, digest: str) -> Columns:
    folder = _folder(root, digest)
    about = json.loads((folder / "columns.json").read_text(encoding="utf-8"))
    codes = {}
    for name, values in about["codes"].items():
        spans = np.load(folder / f"{name}.spans.npy")
        positions = {value: number for number, value in enumerate(values)}
        codes[name] = CodeColumn(_mapped(folder / f"{name}.npy"), tuple(values), positions, spans[0], spans[1])
    numbers = {name: _mapped(folder / f"{name}.npy") for name in about["numbers"]}
    return Columns(about["rows"], codes, numbers)


def _mapped(path: Path) -> np.ndarray:
    # As a plain array: np.memmap's own class makes every operation on it slower.
    return np.asarray(np.load(path, mmap_mode="r"))


def _build(parquet: Path, folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix="building-", dir=folder.parent))
    try:
        about: dict[str, Any] = {"codes": {}, "numbers": []}
        with pq.ParquetFile(parquet) as file:
            about["rows"] = file.metadata.num_rows
            for field in file.schema_arrow:
                if pa.types.is_string(field.type):
                    about["codes"][field.name] = _build_codes(file, field.name, draft)
                else:
                    _build_numbers(file, field, draft)
                    about["numbers"].append(field.name)
        (draft / "columns.json").write_text(json.dumps(about), encoding="utf-8")
        if not folder.exists():  # another process may have been quicker; its files are the same
            draft.rename(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _build_codes(file: pq.ParquetFile, name: str, folder: Path) -> list[str]:
    known: dict[str, int] = {}
    parts = [np.zeros(0, np.uint32)]
    for batch in file.iter_batches(batch_size=BATCH, columns=[name]):
        encoded = batch[name].fill_null("").dictionary_encode()
        local = np.array([known.setdefault(value, len(known)) for value in encoded.dictionary.to_pylist()], np.uint32)
        parts.append(local[encoded.indices.to_numpy()])
    values = sorted(known)
    # Integers in the order of the codes, so that sorting integers sorts codes.
    rank = np.zeros(len(values), np.uint32)
    for number, value in enumerate(values):
        rank[known[value]] = number
    ids = rank[np.concatenate(parts)]
    ids = ids.astype(np.uint8 if len(values) <= 2**8 else np.uint16 if len(values) <= 2**16 else np.uint32)
    np.save(folder / f"{name}.npy", ids)
    np.save(folder / f"{name}.spans.npy", _spans(ids, len(values)))
    return values


def _spans(ids: np.ndarray, count: int) -> np.ndarray:
    """Return the first row and the row after the last of each code."""
    first, last = np.zeros(count, np.int64), np.zeros(count, np.int64)
    rows = np.arange(len(ids))
    last[ids] = rows + 1
    first[ids[::-1]] = rows[::-1]
    return np.stack([first, last])


def _build_numbers(file: pq.ParquetFile, field: pa.Field, folder: Path) -> None:
    is_float = pa.types.is_floating(field.type)
    missing = np.nan if is_float else MISSING_INTEGER
    parts = [
        batch[field.name].fill_null(missing).to_numpy(zero_copy_only=False)
        for batch in file.iter_batches(batch_size=BATCH, columns=[field.name])
    ]
    np.save(folder / f"{field.name}.npy", np.concatenate([np.zeros(0, np.float64 if is_float else np.int64), *parts]))
