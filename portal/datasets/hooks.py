"""What feeds of data are asked to carry beside versions of datasets: apps above register it, and nothing is imported."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

#: An entry of a feed, as ``add_item`` of Django’s feeds takes it.
Entry = dict[str, Any]
#: Given the name of a feed ("releases", "revisions", "corrections") and how many entries it has room for.
EntriesFunction = Callable[[str, int], Iterable[Entry]]

_entries: list[EntriesFunction] = []


def register_entries(function: EntriesFunction) -> None:
    """Tell the feeds of data where more entries come from. One query, please."""
    if function not in _entries:
        _entries.append(function)


def entries(name: str, most: int) -> list[Entry]:
    """Return what other apps add to a feed."""
    return [entry for function in _entries for entry in function(name, most)]
