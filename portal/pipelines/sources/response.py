"""Who was asked and who answered: the organisations of a collection, their size and their items."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from portal.pipelines.layouts import RESPONSE
from portal.pipelines.sources.base import Source
from portal.pipelines.sources.workforce import collections_with_returns, summary_of

if TYPE_CHECKING:
    from pathlib import Path

#: What is counted, from which column of the frame, and of which organisations.
QUANTITIES = {
    "asked": ("1", "TRUE"),
    "answered": ("1", "has_answered"),
    "staff_asked": ("declared_size", "TRUE"),
    "staff_answered": ("declared_size", "has_answered"),
    "items_asked": ("items_asked", "has_answered"),
    "items_answered": ("items_answered", "has_answered"),
}


def _summary(collection: str) -> dict[str, Any]:
    from portal.submissions.frame import frame_digest  # noqa: PLC0415 - sources load without the apps

    return {**summary_of(collection), "frame": frame_digest(collection)}


def _copy(collection: str, sink: Path) -> int:
    from portal.submissions.frame import copy_frame  # noqa: PLC0415 - sources load without the apps

    return copy_frame(collection, sink)


def relation_of(path: Path) -> str:
    """Return SQL that turns one row for each organisation into one for each thing counted of it."""
    read = (
        f"read_csv('{path}', header=true, nullstr='', types={{'declared_size': 'BIGINT', 'items_asked': 'BIGINT', "
        "'items_answered': 'BIGINT', 'has_answered': 'BOOLEAN', 'time_period': 'VARCHAR', "
        "'organisation_size': 'VARCHAR'})"
    )
    parts = [
        f"""SELECT md5(organisation_key || '|{quantity}') AS record_key, NULL::VARCHAR AS worker_key, 0 AS noise_key,
                   organisation_key, organisation_group_key, family, 'aggregate' AS kind,
                   ({number})::INTEGER AS weight_count, 0 AS fte_nano, time_period, collection_code, provider_type,
                   organisation_size, region_code, '{quantity}' AS quantity
            FROM {read} WHERE {condition} AND ({number}) > 0"""  # noqa: S608 - names are ours
        for quantity, (number, condition) in QUANTITIES.items()
    ]
    return f"({' UNION ALL '.join(parts)})"


SOURCE = Source(
    code="response",
    label="Organisations asked for a return",
    layout=RESPONSE,
    collections=collections_with_returns,
    summary=_summary,
    copy=_copy,
    relation=relation_of,
)
