"""Records into the database, many at once, by COPY."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, fields
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from django.db import connections

from portal.submissions import pseudonyms
from portal.submissions.enums import RecordKind, WorkerKeyScope
from portal.submissions.models.records import NOT_KNOWN

if TYPE_CHECKING:
    from portal.submissions.models import Collection, Return, ReturnVersion


@dataclass(slots=True)
class RecordValues:
    """What a record says, before it has pseudonyms and a place in a return version.

    ``registration`` is body and number; only its keyed hash is ever stored.
    """

    role_code: str
    fte_nano: int
    line: int | None = None
    kind: str = RecordKind.RECORD.value
    weight_count: int = 1
    worker_ref: str = ""
    registration: tuple[str, str] | None = None
    registration_key: str | None = None
    role_group: str = ""
    role_label: str = ""
    job_title: str = ""
    job_title_code: str | None = None
    oh_view: str = NOT_KNOWN
    registration_body: str = NOT_KNOWN
    registration_part: str = NOT_KNOWN
    registration_status: str = NOT_KNOWN
    qualifications: str = ""
    functions: str = ""
    oh_share_milli: int = 1000
    weekly_hours_milli: int | None = None
    contract_type: str = NOT_KNOWN
    contract_basis: str = NOT_KNOWN
    region_code: str = NOT_KNOWN
    icb_code: str = NOT_KNOWN
    postcode_district: str = ""
    delivery_mode: str = NOT_KNOWN
    age_band: str = NOT_KNOWN
    birth_year: int | None = None
    sex: str = NOT_KNOWN
    gender: str = NOT_KNOWN
    ethnic_group: str = NOT_KNOWN
    disability: str = NOT_KNOWN
    equality_lists: str = ""
    start_date: dt.date | None = None
    oh_start_year: int | None = None
    leaving_intention: str = NOT_KNOWN
    confirmed_unchanged_on: dt.date | None = None


_KEYED = ("registration",)
_PLAIN = tuple(item.name for item in fields(RecordValues) if item.name not in _KEYED)
_plain_of = attrgetter(*_PLAIN)
COLUMNS = ("version_id", "sequence", "record_key", "worker_key", "noise_key", *_PLAIN)
#: Records that are prepared at a time.
BLOCK = 8_000
_COPY = f"COPY submissions_record ({', '.join(COLUMNS)}) FROM STDIN"
_LIST_WORKERS = """
INSERT INTO submissions_registeredworker (version_id, worker_key, fte_nano)
SELECT version_id, worker_key, sum(fte_nano) FROM submissions_record
WHERE version_id = ANY(%s) AND registration_key IS NOT NULL AND worker_key IS NOT NULL
GROUP BY 1, 2
"""


@dataclass
class RecordCopy:
    """Gives records their keys and writes them to one return version after another."""

    collection: Collection
    _noise: dict[str, int] = field(default_factory=dict)

    def rows(
        self, of_return: Return, version: ReturnVersion, values: Iterable[RecordValues], first: int = 1
    ) -> Iterable[tuple[Any, ...]]:
        """Yield rows for COPY."""
        records = list(values)
        keys = record_keys(of_return, version, first, len(records)).to_list()
        for sequence, record in enumerate(records, start=first):
            record.registration_key = registration_key_of(record)
            worker_key = worker_key_of(self.collection, of_return.organisation_code, record)
            record_key = keys[sequence - first]
            noise = self._noise_of(worker_key) if worker_key else pseudonyms.noise_key(record_key)
            yield (version.pk, sequence, record_key, worker_key, noise, *_plain_of(record))

    def worker_keys(
        self, organisation_code: str, good: pl.DataFrame, registrations: pl.Series | None = None
    ) -> pl.Series:
        """Return the pseudonym of each worker of a frame of records."""
        if self.collection.worker_key_scope == WorkerKeyScope.COLLECTION:
            return pseudonyms.pseudonyms("worker", self.collection.code, of=good["worker_ref"])
        known = self._registrations(good) if registrations is None else registrations
        own = good["worker_ref"].filter(known.is_null())
        return _scattered(
            known.is_null(),
            pseudonyms.pseudonyms("worker", organisation_code, of=own),
            pseudonyms.pseudonyms("worker", of=known.drop_nulls()),
        )

    @staticmethod
    def _registrations(good: pl.DataFrame) -> pl.Series:
        """Return the pseudonym of each registration; None where there is none."""
        # Blanks and case are settled when the number is read.
        body, number = (good[name].cast(pl.String) for name in ("registration_body", "registration_number"))
        numbered = pseudonyms.numbered(body, number)
        without = pl.repeat(None, numbered.null_count(), dtype=pl.String, eager=True)
        return _scattered(numbered.is_null(), without, pseudonyms.pseudonyms("registration", of=numbered.drop_nulls()))

    def blocks(
        self, of_return: Return, version: ReturnVersion, good: pl.DataFrame, first: int = 1
    ) -> Iterator[tuple[bytes, int]]:
        """Yield pieces of a frame of records as COPY takes them, and how many records each holds."""
        for offset in range(0, len(good), BLOCK):
            piece = good.slice(offset, BLOCK)
            registrations = self._registrations(piece)
            worker_keys = self.worker_keys(of_return.organisation_code, piece, registrations)
            sequences = range(first + offset, first + offset + len(piece))
            keyed = piece.with_columns(
                pl.lit(version.pk).alias("version_id"),
                pl.Series("sequence", sequences, dtype=pl.Int64),
                record_keys(of_return, version, first + offset, len(piece)).alias("record_key"),
                worker_keys.alias("worker_key"),
                pseudonyms.noise_keys(worker_keys).alias("noise_key"),
                registrations.alias("registration_key"),
            )
            yield _as_copied(keyed), len(piece)

    def _noise_of(self, worker_key: str) -> int:
        if worker_key not in self._noise:
            self._noise[worker_key] = pseudonyms.noise_key(worker_key)
        return self._noise[worker_key]


def worker_key_of(collection: Collection, organisation_code: str, record: RecordValues) -> str | None:
    """Return the pseudonym of the worker, the same wherever the same person can be recognised.

    A register's number follows a person across employers and years; a provider's own key only
    within that provider; identifiers that are reassigned each time only within the collection.
    """
    if record.kind != RecordKind.RECORD or not (record.worker_ref or record.registration_key):
        return None
    if collection.worker_key_scope == WorkerKeyScope.COLLECTION:
        return pseudonyms.pseudonym("worker", collection.code, record.worker_ref)
    if record.registration_key:
        return pseudonyms.pseudonym("worker", record.registration_key)
    return pseudonyms.pseudonym("worker", organisation_code, record.worker_ref)


def record_keys(of_return: Return, version: ReturnVersion, first: int, count: int) -> pl.Series:
    """Return the pseudonyms of records of a version, from the sequence ``first``."""
    place = (of_return.collection.code, of_return.organisation_code, str(int(of_return.is_test)), str(version.number))
    return pseudonyms.keys_of_sequence("record", *place, first=first, count=count)


def _scattered(where: pl.Series, those: pl.Series, others: pl.Series) -> pl.Series:
    """Return a column of ``those`` where a condition holds, and of ``others`` elsewhere, each in its order."""
    is_those = where.to_numpy()
    place = np.where(is_those, np.cumsum(is_those), len(those) + np.cumsum(~is_those)) - 1
    return pl.concat([those, others]).gather(place)


def _as_copied(keyed: pl.DataFrame) -> bytes:
    """Return records as COPY reads them: a line each, columns as in ``COLUMNS``."""
    texts = [name for name in ("worker_ref", "job_title") if keyed[name].str.contains("\\", literal=True).any()]
    keyed = keyed.with_columns(pl.col(texts).str.replace_all("\\", "\\\\", literal=True)) if texts else keyed
    buffer = io.BytesIO()
    keyed.select(COLUMNS).write_csv(buffer, include_header=False, separator="\t", quote_style="never", null_value="\\N")
    return buffer.getvalue()


def copy_blocks(blocks: Iterable[tuple[bytes, int]]) -> int:
    """Write pieces that are ready for COPY in the current transaction; return how many records they held.

    The next piece is made while the database takes the one before.
    """
    connection = connections["submissions"]
    connection.ensure_connection()
    count = 0
    with (
        ThreadPoolExecutor(max_workers=1) as maker,
        connection.connection.cursor() as cursor,
        cursor.copy(_COPY) as copy,
    ):
        pieces = iter(blocks)
        coming = maker.submit(next, pieces, None)
        while (piece := coming.result()) is not None:
            coming = maker.submit(next, pieces, None)
            copy.write(piece[0])
            count += piece[1]
    return count


def copy_rows(rows: Iterable[tuple[Any, ...]]) -> int:
    """Write rows, columns as in ``COLUMNS``, in the current transaction; return how many."""
    connection = connections["submissions"]
    connection.ensure_connection()
    count = 0
    with connection.connection.cursor() as cursor, cursor.copy(_COPY) as copy:
        for row in rows:
            copy.write_row(row)
            count += 1
    return count


def list_registered_workers(versions: Iterable[int]) -> None:
    """Note who of these versions can be recognised in another return, as they are submitted."""
    with connections["submissions"].cursor() as cursor:
        cursor.execute(_LIST_WORKERS, [list(versions)])


def digest_of(values: Iterable[RecordValues]) -> str:
    """Return a digest of what records say, whatever their order and the layout of their file."""
    names = [name for name in _PLAIN if name not in {"line", "registration_key"}]
    lines = sorted(
        "\x1f".join([str(getattr(record, name)) for name in names] + [str(registration_key_of(record))])
        for record in values
    )
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def registration_key_of(record: RecordValues) -> str | None:
    """Return the pseudonym of the worker's registration, kept already or made from the number."""
    if record.registration is not None:
        return pseudonyms.registration_key(*record.registration)
    return record.registration_key
