"""People in post, those of a year before who stayed, their ages and when they expect to leave."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from portal.pipelines.layouts import CAREERS
from portal.pipelines.sources.base import Source
from portal.pipelines.sources.workforce import collections_with_returns, summary_of

if TYPE_CHECKING:
    from pathlib import Path


def _summary(collection: str) -> dict[str, Any]:
    from portal.submissions.careers import opening_summary  # noqa: PLC0415 - sources load without the apps

    return {**summary_of(collection), "opening": opening_summary(collection)}


def _copy(collection: str, sink: Path) -> int:
    from portal.submissions.careers import copy_careers  # noqa: PLC0415 - sources load without the apps

    return copy_careers(collection, sink)


SOURCE = Source(
    code="careers",
    label="People in post and who stayed",
    layout=CAREERS,
    collections=collections_with_returns,
    summary=_summary,
    copy=_copy,
)
