"""A collection of made-up staff records, accepted and ready to be run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portal.definitions.models import RoleVersion
from portal.definitions.starting_content import load_starting_content
from portal.submissions.actions import accept_returns, import_returns
from portal.submissions.management.commands.import_returns import pcn_collection
from tests.factories.staff_records import write_pcn_file

if TYPE_CHECKING:
    from pathlib import Path

    from portal.submissions.models import Collection

SERIES = "pcn-headcount"


def accepted_collection(folder: Path, *, period: str = "2022-03", rows: int = 600, seed: int = 1) -> Collection:
    """Import a made-up file of a month and accept its returns."""
    if not RoleVersion.objects.exists():
        load_starting_content()
    collection = pcn_collection(f"pcn-{period}")
    path = write_pcn_file(folder / f"{period}-{seed}.csv", period=period, rows=rows, seed=seed)
    import_returns(by=None, collection=collection, path=path, reason="The file was corrected.")
    accept_returns(by=None, collection=collection)
    return collection
