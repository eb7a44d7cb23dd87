"""Vacant posts, joiners and leavers that providers returned of their organisation, by role.

A provider that left an answer out is left out of that answer's rate as returned, of its numerator and of
its denominator: the staff beside vacancies are those of providers that answered about vacancies. What it
has of posts and staff is sealed apart, for estimates that fill the answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from portal.pipelines.layouts import FLOWS
from portal.pipelines.sources.base import Question, Source
from portal.pipelines.sources.workforce import collections_with_returns, summary_of

if TYPE_CHECKING:
    from pathlib import Path

_WHOLE = ("posts_filled", "staff_in_post", "vacant_posts", "vacant_posts_over_three_months", "starters", "leavers")
QUESTIONS = {
    "vacancies": Question("filled_post", "filled_post_not_answered", ("vacancy", "long_vacancy")),
    "movements": Question("staff", "staff_not_answered", ("joiner", "leaver")),
}
_VACANCIES, _MOVEMENTS = "vacant_posts IS NOT NULL", "starters IS NOT NULL AND leavers IS NOT NULL"
#: What is counted, from which column, and of which rows: those with the answer that it needs, or without it.
QUANTITIES = {
    "filled_post": ("posts_filled", _VACANCIES),
    "filled_post_not_answered": ("posts_filled", f"NOT ({_VACANCIES})"),
    "vacancy": ("vacant_posts", _VACANCIES),
    "long_vacancy": ("vacant_posts_over_three_months", _VACANCIES),
    "staff": ("staff_in_post", _MOVEMENTS),
    "staff_not_answered": ("staff_in_post", f"NOT ({_MOVEMENTS})"),
    "joiner": ("starters", _MOVEMENTS),
    "leaver": ("leavers", _MOVEMENTS),
}


def _copy(collection: str, sink: Path) -> int:
    from portal.submissions.flows import copy_accepted_flows  # noqa: PLC0415 - sources load without the apps

    return copy_accepted_flows(collection, sink)


def relation_of(path: Path) -> str:
    """Return SQL that turns one row for each organisation and role into one for each thing counted of them."""
    numbers = ", ".join(f"'{name}': 'BIGINT'" for name in _WHOLE)
    read = (
        f"read_csv('{path}', header=true, nullstr='', all_varchar=false, types={{{numbers}, 'time_period': 'VARCHAR'}})"
    )
    parts = [
        f"""SELECT md5(flow_key || '|{quantity}') AS record_key, NULL::VARCHAR AS worker_key, 0 AS noise_key,
                   organisation_key, organisation_group_key, family, 'aggregate' AS kind,
                   {column}::INTEGER AS weight_count, 0 AS fte_nano, time_period, collection_code, provider_type,
                   organisation_size::VARCHAR AS organisation_size, region_code, role_code, role_group,
                   '{quantity}' AS quantity
            FROM {read} WHERE {column} > 0 AND {condition}"""  # noqa: S608 - names are ours
        for quantity, (column, condition) in QUANTITIES.items()
    ]
    return f"({' UNION ALL '.join(parts)})"


SOURCE = Source(
    code="flows",
    label="Vacancies, joiners and leavers in accepted returns",
    layout=FLOWS,
    collections=collections_with_returns,
    summary=summary_of,
    copy=_copy,
    relation=relation_of,
    questions=QUESTIONS,
)
