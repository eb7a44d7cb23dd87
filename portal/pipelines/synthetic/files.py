"""Returns of the synthetic workforce as the files that providers send, with the faults that providers make.

Each fault is one that a check must catch; what :mod:`returns` makes is untidy and valid.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

#: Headings as a provider writes them, and the part of a synthetic record that stands below each.
HEADINGS: dict[str, Callable[[dict[str, Any]], str]] = {
    "Staff number": lambda record: record["worker_ref"],
    "Job title": lambda record: record["job_title"],
    "Role": lambda record: record["role_code"],
    "Share of time in occupational health": lambda record: f"{record['oh_share_milli'] / 10:g}",
    "Registration body": lambda record: record["registration_body"],
    "Registration number": lambda record: record.get("registration", ("", ""))[1].strip(),
    "Contract type": lambda record: record["contract_type"],
    "FTE": lambda record: f"{record['fte_nano'] / 10**9:g}",
    "Region": lambda record: record["region_code"],
    "Sex": lambda record: record["sex"],
    "Age band": lambda record: record["age_band"],
    "Start date": lambda _record: "",
}
#: What goes wrong in the first rows of a faulty file: heading, and what stands there instead.
FAULTS = (
    ("Role", "Wellbeing guru"),
    ("FTE", "37.5"),
    ("FTE", "-0.4"),
    ("Start date", "31/02/2020"),
    ("Contract type", "Perm?"),
    ("Share of time in occupational health", "110"),
    ("Registration number", "PIN pending"),
    ("Job title", ""),
)


def file_of(records: Sequence[dict[str, Any]], *, faulty: bool = False) -> bytes:
    """Return the records of people as a CSV file; a faulty one has each of the faults and a row twice."""
    rows = [
        {heading: value(record) for heading, value in HEADINGS.items()} for record in records if "worker_ref" in record
    ]
    if faulty:
        for row, (heading, wrong) in zip(rows, FAULTS, strict=False):
            row[heading] = wrong
        rows.append(rows[-1])
    sink = io.StringIO()
    writer = csv.DictWriter(sink, fieldnames=list(HEADINGS), lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return sink.getvalue().encode("utf-8-sig")
