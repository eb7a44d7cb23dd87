"""Who applied for opportunities, from where, and what became of it: decided rounds of a quarter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from portal.pipelines.layouts import Layout
from portal.pipelines.sources.base import Source

if TYPE_CHECKING:
    from pathlib import Path

OPPORTUNITIES = Layout.of(
    "quantity", "region_code", "icb_code", "decile", "fifth", "distance", "relationship", "rule", "nearness", "speed",
    "reason", "question", "answer", "answered", "outcome", "placed", "attended", numbers=["days"],
)  # fmt: skip


def _collections(_family: str) -> list[str]:
    from portal.applications.series import quarters  # noqa: PLC0415 - sources load without the apps

    return quarters()


def _summary(collection: str) -> dict[str, Any]:
    from portal.applications.series import summary  # noqa: PLC0415 - sources load without the apps

    return summary(collection)


def _copy(collection: str, sink: Path) -> int:
    from portal.applications.series import copy_rows  # noqa: PLC0415 - sources load without the apps

    return copy_rows(collection, sink)


SOURCE = Source(
    code="opportunities",
    label="Applications for opportunities, in decided rounds",
    layout=OPPORTUNITIES,
    collections=_collections,
    summary=_summary,
    copy=_copy,
)
